"""Sound level at the neighbours' houses: a topic, a worker, an alert and a page, from a package of its own."""

from __future__ import annotations

from pathlib import Path

from pulso_noise.rules import RULES
from pulso_noise.topics import LEVELS, READINGS
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="noise",
    inputs=(READINGS,),
    results=(LEVELS,),
    rules=RULES,
    messages=Path(__file__).parent,
    agents={"noise": "pulso_noise.agents:register"},
    console="pulso_noise.console:FEATURE",
    access={
        "noise": Access(consumes=(READINGS,), produces=(LEVELS,), tables=(StateTopics("levels", (READINGS,)),)),
    },
)
