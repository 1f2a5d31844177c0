"""Bars that begin together tell each other what they sold; what each expects must not feed on the others' hopes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from processors.bars.bar import BarState
from processors.bars.product_similarity import neighbour_rates
from processors.bars.sales_rates import SalesRates
from schemas.bars import BarSettings, DemandForecast, ProductDemand, ProductSettings, SaleLine, Ticket

AT = datetime(2026, 7, 4, 18, tzinfo=UTC)
NAMES = ("north", "south", "east")


def forecast(sold: float, minutes: float) -> DemandForecast:
    product = ProductDemand(product="beer", sold=sold)
    return DemandForecast(
        event_id="e", bar="north", time=AT + timedelta(minutes=minutes), tickets=1, products=(product,), model="m"
    )


def test_a_pace_is_of_the_last_hour_and_of_those_who_still_sell() -> None:
    paces = SalesRates()
    for minutes, sold in ((0, 0.0), (30, 100.0), (90, 130.0)):
        paces.take(forecast(sold, minutes))
    assert paces.at(AT + timedelta(minutes=100)) == {"north": {"beer": 30.0}}
    assert paces.at(AT + timedelta(minutes=130)) == {}
    paces.take(forecast(10.0, 0))
    assert paces.at(AT) == {}, "another evening is played, of which little is known yet"


@pytest.mark.parametrize("busiest", [1, 8])
def test_three_bars_that_open_together_expect_what_they_sell(busiest: int) -> None:
    """Each sells a beer a minute (one of them more): an hour ahead is sixty, not thousands."""
    bars = {
        name: BarState(name, BarSettings(id=name, products=[ProductSettings(id="beer", opening_stock=9_999)]), "UTC")
        for name in NAMES
    }
    paces, offset = SalesRates(), 0
    for minute in range(90):
        for name, bar in bars.items():
            time = AT + timedelta(minutes=minute, seconds=len(name))
            elsewhere = neighbour_rates(name, None, paces.at(time), {}) if bar.opens_slot(time) else None
            quantity = float(busiest if name == "east" else 1)
            ticket = Ticket(
                id=f"{name}-{minute}", bar=name, till="1", time=time,
                lines=(SaleLine(product="beer", quantity=quantity),),
            )  # fmt: skip
            told = bar.apply(ticket, offset, ticket.id, None, None, elsewhere)
            offset += 1
            if told is None:
                continue
            paces.take(told)
            (product,) = told.products
            expected = product.horizons[-1].mean
            assert expected < 60 * busiest * 3, f"{name} at minute {minute}"
