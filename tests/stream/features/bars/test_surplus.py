"""What one bars worker hears of the others: what they can spare, what is claimed, and how fast they sell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from schemas.bars import DemandForecast, HorizonDemand, ProductDemand
from stream.features.bars.surplus import SurplusCache

AT = datetime(2026, 7, 4, 21, tzinfo=UTC)


def said(bar: str, sold: float, minute: float = 0, surplus: float | None = None, **fetch: float | str) -> bytes:
    horizon = HorizonDemand(minutes=30, mean=1e6, p05=0, p50=1e6, p95=2e6)  # what it expects is no pace
    product = ProductDemand(product="beer", sold=sold, horizons=(horizon,), surplus=surplus, **fetch)  # type: ignore[arg-type]
    time = AT + timedelta(minutes=minute)
    return msgspec.json.encode(
        DemandForecast(event_id=bar, bar=bar, time=time, tickets=1, products=(product,), model="m")
    )


def test_claims_and_paces_follow_the_newest_word_and_rubbish_is_left_alone() -> None:
    reader = SurplusCache()
    reader.add_record(said("rich", 20.0))
    reader.add_record(said("rich", 30.0, minute=15, surplus=90.0))
    assert reader.spare_for("south") == {"rich": {"beer": 90.0}}
    reader.add_record(said("north", 5.0, minute=15, fetch=60.0, fetch_from="rich"))
    assert reader.spare_for("south")["rich"] == {"beer": 30.0}, "the answer of before is not kept"
    reader.add_record(b"\xff")
    reader.add_record(None)
    assert reader.rates(AT + timedelta(minutes=20)) == {"rich": {"beer": 40.0}}, "of the other too little is known"
    assert reader.rates(AT + timedelta(hours=1)) == {}
