"""Surplus that one bar was advised to fetch is not offered to another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from processors.bars.surplus_claims import SurplusClaims
from schemas.bars import DemandForecast, ProductDemand

AT = datetime(2026, 7, 4, 21, tzinfo=UTC)


def forecast(bar: str, minute: int, **beer: float | str | None) -> DemandForecast:
    product = ProductDemand(product="beer", sold=1, **beer)  # type: ignore[arg-type]
    return DemandForecast(
        event_id=f"{bar}{minute}",
        bar=bar,
        time=AT + timedelta(minutes=minute),
        tickets=1,
        products=(product,),
        model="m",
    )


def test_claimed_surplus_is_not_offered_to_another_bar() -> None:
    claims = SurplusClaims()
    claims.add_forecast(forecast("rich", 0, surplus=100.0))
    assert claims.spare_for("north") == {"rich": {"beer": 100.0}}
    claims.add_forecast(forecast("north", 1, fetch=80.0, fetch_from="rich"))
    assert claims.spare_for("south") == {"rich": {"beer": 20.0}, "north": {}}
    assert claims.spare_for("north")["rich"] == {"beer": 100.0}, "its own claim does not reduce it"


def test_surplus_is_limited_to_requested_sources() -> None:
    claims = SurplusClaims()
    for bar in ("rich", "richer"):
        claims.add_forecast(forecast(bar, 0, surplus=100.0))
    claims.add_forecast(forecast("north", 1, fetch=80.0, fetch_from="rich"))
    assert claims.spare_for("south", ["rich", "nobody", "south"]) == {"rich": {"beer": 20.0}}
    assert claims.spare_for("south", []) == {}


def test_older_of_two_claims_has_priority() -> None:
    claims = SurplusClaims()
    claims.add_forecast(forecast("rich", 0, surplus=100.0))
    claims.add_forecast(forecast("south", 2, fetch=70.0, fetch_from="rich"))
    claims.add_forecast(forecast("north", 3, fetch=80.0, fetch_from="rich"))
    assert claims.spare_for("south")["rich"] == {"beer": 100.0}
    assert claims.spare_for("north")["rich"] == {"beer": 30.0}
    claims.add_forecast(forecast("south", 4, fetch=75.0, fetch_from="rich"))
    assert claims.spare_for("south")["rich"] == {"beer": 100.0}, "a repeated claim keeps its age"


def test_claim_lasts_in_transit_and_ends_with_delivery() -> None:
    claims = SurplusClaims()
    claims.add_forecast(forecast("rich", 0, surplus=100.0))
    claims.add_forecast(forecast("north", 1, fetch=80.0, fetch_from="rich"))
    claims.add_forecast(forecast("north", 2, coming=80.0, coming_from="rich"))
    assert claims.spare_for("south")["rich"] == {"beer": 20.0}
    claims.add_forecast(forecast("north", 3))
    assert claims.spare_for("south")["rich"] == {"beer": 100.0}
    claims.add_forecast(forecast("north", 4, fetch=80.0, fetch_from="store"))
    assert claims.spare_for("south")["rich"] == {"beer": 100.0}


def test_claim_of_silent_bar_expires() -> None:
    claims = SurplusClaims()
    claims.add_forecast(forecast("north", 0, fetch=80.0, fetch_from="rich"))
    claims.add_forecast(forecast("rich", 61, surplus=100.0))
    assert claims.spare_for("south")["rich"] == {"beer": 100.0}
