"""Signs: what they show, by alerts and by people, and which displays are silent."""

from __future__ import annotations

from pathlib import Path

from processors.signs import rules
from schemas.alerts import ALERTS
from schemas.signs import SIGN_COMMANDS, SIGN_SILENCES, SIGN_STATES, SIGNS
from stream.runtime.feature import Access, Feature

FEATURE = Feature(
    name="signs",
    topics=(SIGN_COMMANDS, SIGN_STATES),
    results=(SIGN_SILENCES,),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    venue_section=SIGNS,
    agents={"alerts": "stream.features.signs.agents:register"},
    metrics=("stream.features.signs.metrics",),
    console="console.features.signs:FEATURE",
    access={
        "alerts": Access(
            broadcasts=(ALERTS, SIGN_COMMANDS, SIGN_STATES), produces=(SIGN_COMMANDS, SIGN_SILENCES, SIGN_STATES)
        ),
        "console": Access(broadcasts=(SIGN_COMMANDS, SIGN_STATES), produces=(SIGN_COMMANDS, SIGN_STATES)),
    },
)
