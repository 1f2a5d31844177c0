"""Sales rates of bars: measured from units sold, so that bars which open together do not confirm each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from processors.bars.bar import BarState, StaticContext
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


def test_rate_is_of_last_hour_and_of_bars_that_sell() -> None:
    rates = SalesRates()
    for minutes, sold in ((0, 0.0), (30, 100.0), (90, 130.0)):
        rates.add_forecast(forecast(sold, minutes))
    assert rates.rates_at(AT + timedelta(minutes=100)) == {"north": {"beer": 30.0}}
    assert rates.rates_at(AT + timedelta(minutes=130)) == {}
    rates.add_forecast(forecast(10.0, 0))
    assert rates.rates_at(AT) == {}, "a replay of another recording starts with too little data"


@pytest.mark.parametrize("busiest", [1, 8])
def test_bars_that_open_together_forecast_their_own_sales(busiest: int) -> None:
    """Sell a beer a minute at each bar (more at one): the forecast of the hour is sixty, not thousands."""
    bars = {
        name: BarState(name, BarSettings(id=name, products=[ProductSettings(id="beer", opening_stock=9_999)]), "UTC")
        for name in NAMES
    }
    rates, offset = SalesRates(), 0
    for minute in range(90):
        for name, bar in bars.items():
            time = AT + timedelta(minutes=minute, seconds=len(name))
            neighbours = neighbour_rates(name, None, rates.rates_at(time), {})
            quantity = float(busiest if name == "east" else 1)
            ticket = Ticket(
                id=f"{name}-{minute}", bar=name, till="1", time=time,
                lines=(SaleLine(product="beer", quantity=quantity),),
            )  # fmt: skip
            result = bar.apply_ticket(ticket, offset, ticket.id, StaticContext(rates=neighbours))
            offset += 1
            if result is None:
                continue
            rates.add_forecast(result)
            (product,) = result.products
            expected = product.horizons[-1].mean
            assert expected < 60 * busiest * 3, f"{name} at minute {minute}"
