"""Show stop: the page on which one person proposes and another confirms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, ViewDefinition
from console.features.show_stop import page
from console.features.show_stop.view import CHANNEL, REPLAY_RECORDS, ShowStopView
from console.services import ConsoleServices
from processors.show_stop.steps import is_in_force
from schemas.show_stop import SHOW_STOP, SHOW_STOPS
from schemas.venue import Venue


def navigation(user: User, venue: Venue) -> Iterable[NavigationEntry]:
    """Return the page, where a show stop was agreed, for those who propose and confirm it."""
    if venue.section(SHOW_STOP).is_agreed and page.may_see(user):
        yield NavigationEntry("/show-stop", "show_stop", position=5)


def stops_in_force(services: ConsoleServices) -> Iterable[tuple[str, Mapping[str, str]]]:
    """Yield the show stops that are proposed or confirmed, for the hand-over of a shift."""
    for stop in services.part(ShowStopView).stops():
        if is_in_force(stop):
            word = "show_stop_line_confirmed" if stop.state == "confirmed" else "show_stop_line_proposed"
            yield word, {"stage": stop.stage, "name": stop.by, "trigger": stop.trigger}


FEATURE = ConsoleFeature(
    name="show_stop",
    folder=Path(__file__).parent,
    routers=(page.router,),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=("security", "production")),),
    views=(ViewDefinition(lambda _context: ShowStopView(), CHANNEL, replay={SHOW_STOPS: REPLAY_RECORDS}),),
    shift_report=stops_in_force,
)
