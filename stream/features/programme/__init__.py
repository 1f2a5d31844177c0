"""Programme: acts and sets of the festival, as they are now."""

from __future__ import annotations

from schemas.programme import PROGRAMME, PROGRAMME_SETS
from stream.runtime.feature import Access, Feature

FEATURE = Feature(
    name="programme",
    inputs=(PROGRAMME_SETS,),
    venue_section=PROGRAMME,
    console="console.features.programme:FEATURE",
    commands=("stream.commands.programme:register",),
    access={
        "console": Access(broadcasts=(PROGRAMME_SETS,)),
        "operator": Access(produces=(PROGRAMME_SETS,)),
    },
)
