"""Cameras: the wall of small live pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, ViewDefinition
from console.features.cameras import page
from console.features.cameras.camera_wall import CHANNEL, CameraWall
from schemas.venue import Venue


def navigation(user: User, venue: Venue) -> Iterable[NavigationEntry]:
    """Return the camera wall, for security, where the venue has cameras."""
    if user.has_role("security") and venue.cameras:
        yield NavigationEntry("/cameras", "cameras", position=10)


FEATURE = ConsoleFeature(
    name="cameras",
    folder=Path(__file__).parent,
    routers=(page.router,),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=("security",), in_api=False),),
    views=(ViewDefinition(lambda context: CameraWall(context.settings, context.venue, context.hub), CHANNEL),),
)
