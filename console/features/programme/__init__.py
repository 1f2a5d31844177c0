"""Programme: a public endpoint with acts and sets as they are now, for the companion and the festival's own pages."""

from __future__ import annotations

from pathlib import Path

from console.feature import ConsoleFeature, LiveChannel, ViewDefinition
from console.features.programme import sets
from console.features.programme.view import CHANNEL, REPLAY_RECORDS, ProgrammeView
from schemas.programme import PROGRAMME_SETS

FEATURE = ConsoleFeature(
    name="programme",
    folder=Path(__file__).parent,
    routers=(sets.router,),
    channels=(LiveChannel(CHANNEL, in_api=False),),
    views=(
        ViewDefinition(lambda context: ProgrammeView(context.venue), CHANNEL, replay={PROGRAMME_SETS: REPLAY_RECORDS}),
    ),
)
