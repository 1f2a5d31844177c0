"""Visuals: the sound of a stage, frame by frame, for the picture that a projector shows."""

from __future__ import annotations

from schemas.music import TAGS
from schemas.visuals import STAGE_FRAMES, VISUALS
from stream.runtime.feature import Access, Feature

FEATURE = Feature(
    name="visuals",
    topics=(STAGE_FRAMES,),
    venue_section=VISUALS,
    metrics=("stream.features.visuals.metrics",),
    console="console.features.visuals:FEATURE",
    access={
        "sources": Access(produces=(STAGE_FRAMES,)),
        "console": Access(broadcasts=(STAGE_FRAMES, TAGS)),
    },
)
