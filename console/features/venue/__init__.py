"""Venue: the editor of the venue file, for admins."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, FeatureContext, NavigationEntry
from console.features.venue import page
from schemas.venue import Venue
from stream.stores.venue_versions import VenueVersions


def navigation(user: User, _venue: Venue) -> Iterable[NavigationEntry]:
    """Return the editor, for admins."""
    if user.has_role("admin"):
        yield NavigationEntry("/venue", "venue", position=95)


def venue_versions(context: FeatureContext) -> VenueVersions:
    """Return the versions of the console's venue file."""
    return VenueVersions(context.settings.venue)


FEATURE = ConsoleFeature(
    name="venue",
    folder=Path(__file__).parent,
    routers=(page.router,),
    navigation=navigation,
    services=(venue_versions,),
    long_requests=dict.fromkeys(page.LONG_PATHS, page.MAX_VENUE_BYTES),
)
