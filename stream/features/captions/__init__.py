"""Captions: what is said on stage, as lines of text in two languages, and people's corrections."""

from __future__ import annotations

from pathlib import Path

from processors.captions import rules
from schemas.captions import CAPTION_SETTINGS, CAPTIONS, CORRECTIONS, SPEECH
from stream.runtime.feature import Access, Feature

FEATURE = Feature(
    name="captions",
    inputs=(SPEECH, CORRECTIONS),
    results=(CAPTIONS,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    venue_section=CAPTION_SETTINGS,
    agents={"captions": "stream.features.captions.agents:register"},
    buffer_events=32,
    metrics=("stream.features.captions.metrics",),
    evaluations=(
        "stream.commands.evaluate_captions:captions",
        "stream.commands.evaluate_translation:translation",
    ),
    console="console.features.captions:FEATURE",
    access={
        "captions": Access(consumes=(SPEECH, CORRECTIONS), broadcasts=(CAPTIONS,), produces=(CAPTIONS,)),
        "sources": Access(produces=(SPEECH,)),
        "console": Access(broadcasts=(CAPTIONS,), produces=(CORRECTIONS,)),
    },
)
