"""Tests of the surplus cache: surplus, claims and sales rates of other bars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from schemas.bars import DemandForecast, HorizonDemand, ProductDemand
from stream.features.bars.surplus import SurplusCache

AT = datetime(2026, 7, 4, 21, tzinfo=UTC)


def forecast(bar: str, sold: float, minute: float = 0, surplus: float | None = None, **fetch: float | str) -> bytes:
    horizon = HorizonDemand(minutes=30, mean=1e6, p05=0, p50=1e6, p95=2e6)  # the expected demand is not a sales rate
    product = ProductDemand(product="beer", sold=sold, horizons=(horizon,), surplus=surplus, **fetch)  # type: ignore[arg-type]
    time = AT + timedelta(minutes=minute)
    return msgspec.json.encode(
        DemandForecast(event_id=bar, bar=bar, time=time, tickets=1, products=(product,), model="m")
    )


def test_cache_uses_latest_forecasts_and_ignores_invalid_records() -> None:
    cache = SurplusCache()
    cache.add_record(forecast("rich", 20.0))
    cache.add_record(forecast("rich", 30.0, minute=15, surplus=90.0))
    assert cache.spare_for("south") == {"rich": {"beer": 90.0}}
    cache.add_record(forecast("north", 5.0, minute=15, fetch=60.0, fetch_from="rich"))
    assert cache.spare_for("south")["rich"] == {"beer": 30.0}, "the earlier result is not cached"
    cache.add_record(b"\xff")
    cache.add_record(None)
    assert cache.rates(AT + timedelta(minutes=20)) == {"rich": {"beer": 40.0}}, (
        "one forecast of the other bar gives no rate"
    )
    assert cache.rates(AT + timedelta(hours=1)) == {}
