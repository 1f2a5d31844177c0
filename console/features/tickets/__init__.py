"""Ticket sales: the page of production, and the public page of prices."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, PageExtension, ViewDefinition
from console.features.tickets import actions, page, people_view
from console.features.tickets.people_view import ExpectedPeopleView
from console.features.tickets.view import CHANNEL, REPLAY_RECORDS, ROLES, TicketsView
from schemas.tickets import TICKET_FORECASTS, TICKET_PRICES, TICKETS
from schemas.venue import Venue


def navigation(user: User, venue: Venue) -> Iterable[NavigationEntry]:
    """Return the page of ticket sales, in a venue that sells tickets."""
    if venue.section(TICKETS).events and user.has_role(*ROLES):
        yield NavigationEntry("/tickets", "tickets_page", position=75)


FEATURE = ConsoleFeature(
    name="tickets",
    folder=Path(__file__).parent,
    routers=(page.router, actions.router),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=ROLES), LiveChannel(people_view.CHANNEL, roles=people_view.ROLES)),
    extensions=(PageExtension(page="bar", scripts=("bar_people.js",), channels=(people_view.CHANNEL,)),),
    views=(
        ViewDefinition(
            lambda context: TicketsView(context.venue),
            CHANNEL,
            replay={TICKET_FORECASTS: REPLAY_RECORDS, TICKET_PRICES: REPLAY_RECORDS},
        ),
        ViewDefinition(
            lambda context: ExpectedPeopleView(context.venue),
            people_view.CHANNEL,
            replay={TICKET_FORECASTS: REPLAY_RECORDS},
        ),
    ),
)
