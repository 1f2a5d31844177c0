"""Companion: the attendees' page, without a login, and the assistant as a page of its own."""

from __future__ import annotations

from pathlib import Path

from console.feature import ConsoleFeature, LiveChannel, ViewDefinition
from console.features.companion import page
from console.features.companion.view import CHANNEL, CompanionView
from schemas.crowd import CROWD
from schemas.programme import PROGRAMME_SETS
from schemas.queues import QUEUE_WAITS
from schemas.routes import PATH_STATES

FEATURE = ConsoleFeature(
    name="companion",
    folder=Path(__file__).parent,
    routers=(page.router,),
    channels=(LiveChannel(CHANNEL, in_api=False),),
    views=(
        ViewDefinition(
            lambda context: CompanionView(context.venue),
            CHANNEL,
            replay={CROWD: 200, QUEUE_WAITS: 500, PROGRAMME_SETS: 5_000, PATH_STATES: 5_000},
        ),
    ),
)
