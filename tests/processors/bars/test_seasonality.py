"""Products lend each other the bar's season, and two forecasts are weighed by which was nearer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from processors.bars.forecast_combination import BatesGrangerCombination
from processors.bars.product_similarity import SharePrior
from processors.bars.shared_season import SharedSeason, SharedSeasonState

DAY = datetime(2026, 7, 1, tzinfo=UTC)


def evening(shared: SharedSeason, day: int, gin: float = 0.1) -> None:
    for hour, units in ((18, 10.0), (21, 80.0), (23, 30.0)):
        shared.close(DAY + timedelta(days=day, hours=hour), {"beer": units * (1 - gin), "gin": units * gin})


def test_a_drink_that_was_only_sold_early_is_expected_to_follow_the_bars_evening() -> None:
    shared = SharedSeason(slots_an_hour=1)
    for day in range(7):
        evening(shared, day)
    shared.close(DAY + timedelta(days=7, hours=18), {"beer": 9.0, "gin": 1.0, "rum": 1.0})
    early, late = (shared.mean("rum", [DAY + timedelta(days=7, hours=hour)]) for hour in (18, 21))
    assert 4 < late / early < 9


def test_a_share_that_changes_is_followed_and_the_word_of_kin_fades() -> None:
    shared = SharedSeason(slots_an_hour=1)
    shared.join("gin", SharePrior(0.5, 4.0))
    evening(shared, 0)
    first = shared.shares()["gin"]
    for day in range(1, 15):
        evening(shared, day)
    assert shared.shares()["gin"] == pytest.approx(0.1, abs=0.01)
    assert shared.shares()["gin"] < first < 0.5


def test_it_is_read_back_as_it_was() -> None:
    shared = SharedSeason(slots_an_hour=1)
    for day in range(9):
        evening(shared, day, gin=0.05 * (1 + day % 3))
    again = SharedSeason(
        msgspec.json.decode(msgspec.json.encode(shared.state), type=SharedSeasonState), slots_an_hour=1
    )
    starts = [DAY + timedelta(days=9, hours=hour) for hour in range(24)]
    assert again.mean("gin", starts) == shared.mean("gin", starts)


def test_the_nearer_forecast_is_believed_and_one_wild_value_does_not_turn_it() -> None:
    blend = BatesGrangerCombination()
    assert blend.weight == 0.5
    for _ in range(200):
        blend.learn(10.0, 5.0, 10.0, 10.0)
    assert blend.weight > 0.95
    blend.learn(10.0, 5.0, -1e9, 10.0)
    assert blend.weight > 0.5
