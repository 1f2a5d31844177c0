"""Captions: public pages of what is said on each stage, and the page on which people correct lines."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, ViewDefinition
from console.features.captions import corrections, public
from console.features.captions.public import CaptionLimit, OpenPages
from console.features.captions.view import CHANNEL, REPLAY_RECORDS, ROLES, CaptionsView
from schemas.captions import CAPTION_SETTINGS, CAPTIONS
from schemas.venue import Venue


def navigation(user: User, venue: Venue) -> Iterable[NavigationEntry]:
    """Return the page of corrections, in a venue that has a speech feed."""
    if venue.section(CAPTION_SETTINGS).feeds and user.has_role(*ROLES):
        yield NavigationEntry("/captioning", "captioning", position=42)


FEATURE = ConsoleFeature(
    name="captions",
    folder=Path(__file__).parent,
    routers=(public.router, corrections.router),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=ROLES),),
    views=(
        ViewDefinition(
            lambda context: CaptionsView(context.venue, context.hub), CHANNEL, replay={CAPTIONS: REPLAY_RECORDS}
        ),
    ),
    services=(lambda context: CaptionLimit(context.redis), lambda _context: OpenPages()),
)
