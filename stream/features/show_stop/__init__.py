"""Show stop: one person proposes, another who is named confirms; people are notified by alerts."""

from __future__ import annotations

from pathlib import Path

from processors.show_stop import rules
from schemas.show_stop import SHOW_STOP, SHOW_STOPS
from stream.runtime.feature import Access, Feature

FEATURE = Feature(
    name="show_stop",
    results=(SHOW_STOPS,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    venue_section=SHOW_STOP,
    console="console.features.show_stop:FEATURE",
    access={"console": Access(broadcasts=(SHOW_STOPS,), produces=(SHOW_STOPS,))},
)
