"""Bars as their pages receive them, without a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.features.bars.view import BarsView
from schemas.bars import DemandForecast, ProductDemand
from schemas.sources import SourceState
from stream.runtime.settings import ROOT
from stream.runtime.venue_file import read_venue

VENUE = read_venue(ROOT / "deploy" / "venues" / "demo.yaml")
AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def test_bar_shows_two_hours_of_the_present_evening() -> None:
    bars = BarsView(VENUE)

    def sell(sold: float, minutes: float) -> None:
        beer = ProductDemand(product="beer", sold=sold)
        time = AT + timedelta(minutes=minutes)
        bars.apply(DemandForecast(event_id="e", bar="north", time=time, tickets=1, products=(beer,), model="m"), 1)

    for minutes in (-300, -60, 0):
        sell(100 + minutes / 10, minutes)
    (beer,) = bars.state("bar:north")["products"]
    assert beer["past"] == [[-60.0, -6.0], [0.0, 0.0]], "two hours, counted back from now"
    sell(3, -2000)
    assert len(bars.state("bar:north")["products"][0]["past"]) == 1


def test_bar_whose_tills_are_silent_says_so() -> None:
    bars = BarsView(VENUE)

    def state(name: str, *, silent: bool) -> set[str]:
        source = f"tills/{name}"
        return bars.apply(
            SourceState(event_id="s", source=source, kind="tills", name=name, time=AT, silent=silent, since=AT), 1
        )

    assert state("north", silent=True) == {"bar:north"}
    assert (bars.state("bar:north")["silent"], bars.state("bar:south")["silent"]) == (True, False)
    assert state("http", silent=True) == {"bar:south", "bar:east"}, "all rest on the endpoint"
    assert state("north", silent=False) == set()
    assert state("http", silent=False) == {"bar:north", "bar:south", "bar:east"}
    assert not bars.state("bar:north")["silent"]
