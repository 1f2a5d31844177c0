"""Influencers: production checks a sample of an account's followers; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, NavigationEntry
from console.features.influencers import page
from console.features.influencers.page import CHECK_PATH, MAX_REQUEST_BYTES, ROLES, Checks
from schemas.venue import Venue


def navigation(user: User, venue: Venue) -> Iterable[NavigationEntry]:
    """Return the page, for production."""
    del venue
    if user.has_role(*ROLES):
        yield NavigationEntry("/influencers", "influencers", position=77)


FEATURE = ConsoleFeature(
    name="influencers",
    folder=Path(__file__).parent,
    routers=(page.router,),
    navigation=navigation,
    services=(lambda _context: Checks(),),
    long_requests={CHECK_PATH: MAX_REQUEST_BYTES},
)
