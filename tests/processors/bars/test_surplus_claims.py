"""One surplus, one runner: what a bar was told to fetch is not offered to the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from processors.bars.surplus_claims import SurplusClaims
from schemas.bars import DemandForecast, ProductDemand

AT = datetime(2026, 7, 4, 21, tzinfo=UTC)


def word(bar: str, minute: int, **beer: float | str | None) -> DemandForecast:
    product = ProductDemand(product="beer", sold=1, **beer)  # type: ignore[arg-type]
    return DemandForecast(
        event_id=f"{bar}{minute}",
        bar=bar,
        time=AT + timedelta(minutes=minute),
        tickets=1,
        products=(product,),
        model="m",
    )


def test_what_one_bar_fetches_is_not_there_for_the_next() -> None:
    claims = SurplusClaims()
    claims.take(word("rich", 0, surplus=100.0))
    assert claims.spare_for("north") == {"rich": {"beer": 100.0}}
    claims.take(word("north", 1, fetch=80.0, fetch_from="rich"))
    assert claims.spare_for("south") == {"rich": {"beer": 20.0}, "north": {}}
    assert claims.spare_for("north")["rich"] == {"beer": 100.0}, "its own claim takes nothing from it"


def test_only_the_sources_that_are_asked_for_are_told_of() -> None:
    claims = SurplusClaims()
    for bar in ("rich", "richer"):
        claims.take(word(bar, 0, surplus=100.0))
    claims.take(word("north", 1, fetch=80.0, fetch_from="rich"))
    assert claims.spare_for("south", ["rich", "nobody", "south"]) == {"rich": {"beer": 20.0}}
    assert claims.spare_for("south", []) == {}


def test_of_two_that_were_told_at_once_the_first_keeps_it() -> None:
    claims = SurplusClaims()
    claims.take(word("rich", 0, surplus=100.0))
    claims.take(word("south", 2, fetch=70.0, fetch_from="rich"))
    claims.take(word("north", 3, fetch=80.0, fetch_from="rich"))
    assert claims.spare_for("south")["rich"] == {"beer": 100.0}
    assert claims.spare_for("north")["rich"] == {"beer": 30.0}
    claims.take(word("south", 4, fetch=75.0, fetch_from="rich"))
    assert claims.spare_for("south")["rich"] == {"beer": 100.0}, "told again, it is still the older claim"


def test_a_claim_holds_while_somebody_walks_and_ends_with_the_delivery() -> None:
    claims = SurplusClaims()
    claims.take(word("rich", 0, surplus=100.0))
    claims.take(word("north", 1, fetch=80.0, fetch_from="rich"))
    claims.take(word("north", 2, coming=80.0, coming_from="rich"))
    assert claims.spare_for("south")["rich"] == {"beer": 20.0}
    claims.take(word("north", 3))
    assert claims.spare_for("south")["rich"] == {"beer": 100.0}
    claims.take(word("north", 4, fetch=80.0, fetch_from="store"))
    assert claims.spare_for("south")["rich"] == {"beer": 100.0}


def test_a_bar_that_fell_silent_claims_nothing_any_more() -> None:
    claims = SurplusClaims()
    claims.take(word("north", 0, fetch=80.0, fetch_from="rich"))
    claims.take(word("rich", 61, surplus=100.0))
    assert claims.spare_for("south")["rich"] == {"beer": 100.0}
