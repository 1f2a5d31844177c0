"""Signs: the page of all signs for security, and the page that a sign's display shows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, ViewDefinition
from console.features.signs import actions, display, page
from console.features.signs.display import DisplayReports, SignLimit
from console.features.signs.view import CHANNEL, REPLAY_RECORDS, ROLES, SignsView
from schemas.signs import SIGN_COMMANDS, SIGN_STATES, SIGNS
from schemas.venue import Venue


def navigation(user: User, venue: Venue) -> Iterable[NavigationEntry]:
    """Return the page of signs, in a venue that has some."""
    if venue.section(SIGNS) and user.has_role(*ROLES):
        yield NavigationEntry("/signs", "signs", position=27)


FEATURE = ConsoleFeature(
    name="signs",
    folder=Path(__file__).parent,
    routers=(page.router, actions.router, display.router),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=ROLES),),
    views=(
        ViewDefinition(
            lambda context: SignsView(context.venue, context.hub),
            CHANNEL,
            replay={SIGN_COMMANDS: REPLAY_RECORDS, SIGN_STATES: 500},
        ),
    ),
    services=(lambda context: SignLimit(context.redis), lambda _context: DisplayReports()),
)
