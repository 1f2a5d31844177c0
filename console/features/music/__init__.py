"""Music: mood, genre and tempo of each stage, now and over the evening."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, ViewDefinition
from console.features.music import corrections, page
from console.features.music.view import CHANNEL, MusicView
from schemas.music import TAGS
from schemas.venue import Venue


def navigation(user: User, _venue: Venue) -> Iterable[NavigationEntry]:
    """Return the music page."""
    if user.has_role("production"):
        yield NavigationEntry("/music", "music", position=40)


FEATURE = ConsoleFeature(
    name="music",
    folder=Path(__file__).parent,
    routers=(page.router, corrections.router),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=("production",)),),
    views=(ViewDefinition(lambda context: MusicView(context.venue), CHANNEL, replay={TAGS: 1_000}),),
)
