"""Moments: posts of each set by minute, beside crowd, sales and sound."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, ViewDefinition
from console.features.moments import page
from console.features.moments.view import CHANNEL, ROLES, MomentsView
from schemas.bars import SALES
from schemas.crowd import CROWD
from schemas.moments import MOMENT_MINUTES
from schemas.music import TAGS
from schemas.programme import PROGRAMME
from schemas.venue import Venue


def navigation(user: User, venue: Venue) -> Iterable[NavigationEntry]:
    """Return the page of moments, in a venue that has a programme."""
    if venue.section(PROGRAMME).sets and user.has_role(*ROLES):
        yield NavigationEntry("/moments", "moments_page", position=76)


FEATURE = ConsoleFeature(
    name="moments",
    folder=Path(__file__).parent,
    routers=(page.router,),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=ROLES),),
    views=(
        ViewDefinition(
            lambda context: MomentsView(context.venue),
            CHANNEL,
            replay={MOMENT_MINUTES: 5_000, CROWD: 3_000, SALES: 5_000, TAGS: 3_000},
        ),
    ),
)
