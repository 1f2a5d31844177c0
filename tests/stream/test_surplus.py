"""What one bars worker hears of the others: what they can spare, what is claimed, and how fast they sell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from schemas.results import DemandForecast, HorizonDemand, ProductDemand
from stream.settings import Settings
from stream.surplus import SurplusReader

AT = datetime(2026, 7, 4, 21, tzinfo=UTC)


def said(bar: str, mean: float, surplus: float | None = None, **fetch: float | str) -> bytes:
    horizon = HorizonDemand(minutes=30, mean=mean, p05=0, p50=mean, p95=2 * mean)
    product = ProductDemand(product="beer", sold=1, horizons=(horizon,), surplus=surplus, **fetch)  # type: ignore[arg-type]
    return msgspec.json.encode(
        DemandForecast(event_id=bar, bar=bar, time=AT, tickets=1, products=(product,), model="m")
    )


def test_claims_and_paces_follow_the_newest_word_and_rubbish_is_left_alone() -> None:
    reader = SurplusReader(Settings())
    reader.take(said("rich", 20.0, surplus=90.0))
    assert reader.spare_for("south") == {"rich": {"beer": 90.0}}
    reader.take(said("north", 5.0, fetch=60.0, fetch_from="rich"))
    assert reader.spare_for("south")["rich"] == {"beer": 30.0}, "the answer of before is not kept"
    reader.take(b"\xff")
    reader.take(None)
    assert reader.paces(AT + timedelta(minutes=10)) == {"rich": {"beer": 40.0}, "north": {"beer": 10.0}}
    assert reader.paces(AT + timedelta(hours=1)) == {}
