"""Promotion: production makes and approves variants of a message; attendees' phones ask which one to show."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, ViewDefinition
from console.features.promotion import actions, page, show
from console.features.promotion.actions import MAX_PICTURE_BYTES, PICTURES_PATH
from console.features.promotion.show import PromotionLimit
from console.features.promotion.view import CHANNEL, REPLAY_RECORDS, ROLES, PromotionView
from schemas.promotion import PROMOTION_CAMPAIGNS
from schemas.venue import Venue
from stream.stores.promotion_store import PromotionStore


def navigation(user: User, venue: Venue) -> Iterable[NavigationEntry]:
    """Return the page of campaigns, for production."""
    del venue
    if user.has_role(*ROLES):
        yield NavigationEntry("/promotion", "promotion", position=76)


FEATURE = ConsoleFeature(
    name="promotion",
    folder=Path(__file__).parent,
    routers=(page.router, actions.router, show.router),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=ROLES),),
    views=(ViewDefinition(lambda _context: PromotionView(), CHANNEL, replay={PROMOTION_CAMPAIGNS: REPLAY_RECORDS}),),
    services=(lambda context: PromotionLimit(context.redis), lambda context: PromotionStore(context.redis)),
    long_requests={PICTURES_PATH: MAX_PICTURE_BYTES + 1},
)
