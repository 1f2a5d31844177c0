"""Visuals: a moving picture of each stage's sound, for a projector."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, ViewDefinition
from console.features.visuals import page
from console.features.visuals.view import CHANNEL, ROLES, VisualsView, stages_of
from schemas.music import TAGS
from schemas.venue import Venue
from schemas.visuals import STAGE_FRAMES, VISUALS


def navigation(user: User, venue: Venue) -> Iterable[NavigationEntry]:
    """Return the list of stages, in a venue that has visuals."""
    if venue.section(VISUALS) and user.has_role(*ROLES):
        yield NavigationEntry("/visuals", "visuals", position=41)


FEATURE = ConsoleFeature(
    name="visuals",
    folder=Path(__file__).parent,
    routers=(page.router,),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=ROLES, members=stages_of, in_api=False),),
    views=(
        ViewDefinition(
            lambda context: VisualsView(context.venue, context.hub), CHANNEL, replay={STAGE_FRAMES: 1, TAGS: 20}
        ),
    ),
)
