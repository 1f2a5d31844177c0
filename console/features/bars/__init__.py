"""Bars: the page of each bar, with stock, forecast, and what staff report."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, ViewDefinition
from console.features.bars import page, stock
from console.features.bars.view import FAMILY, BarsView
from schemas.bars import DEMAND
from schemas.ids import BarId
from schemas.sources import SOURCE_STATES
from schemas.venue import Venue


def navigation(user: User, venue: Venue) -> Iterable[NavigationEntry]:
    """Return a page for each bar that the user works at."""
    for bar in venue.bars:
        if user.works_at_bar(bar.id):
            yield NavigationEntry(f"/bar/{bar.id}", "bar", position=20, suffix=bar.id, home_of="bar")


def bar_names(venue: Venue) -> Iterable[BarId]:
    """Return the ids of the venue's bars."""
    return (bar.id for bar in venue.bars)


FEATURE = ConsoleFeature(
    name="bars",
    folder=Path(__file__).parent,
    routers=(page.router, stock.router),
    navigation=navigation,
    channels=(
        LiveChannel(
            FAMILY,
            roles=("bar",),
            members=bar_names,
            may_subscribe=lambda user, name: user.works_at_bar(BarId(name)),
        ),
    ),
    views=(
        ViewDefinition(lambda context: BarsView(context.venue), FAMILY, replay={DEMAND: 500, SOURCE_STATES: 1_000}),
    ),
)
