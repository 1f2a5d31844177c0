"""Shared season of a bar, and the Bates–Granger combination of two forecasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from processors.bars.forecast_combination import BatesGrangerCombination
from processors.bars.product_similarity import SharePrior
from processors.bars.seasonality import SharedSeason, SharedSeasonState

DAY = datetime(2026, 7, 1, tzinfo=UTC)


def close_evening(shared: SharedSeason, day: int, gin: float = 0.1) -> None:
    for hour, units in ((18, 10.0), (21, 80.0), (23, 30.0)):
        shared.close_slot(DAY + timedelta(days=day, hours=hour), {"beer": units * (1 - gin), "gin": units * gin})


def test_product_sold_early_follows_season_of_the_bar() -> None:
    shared = SharedSeason(slots_per_hour=1)
    for day in range(7):
        close_evening(shared, day)
    shared.close_slot(DAY + timedelta(days=7, hours=18), {"beer": 9.0, "gin": 1.0, "rum": 1.0})
    early, late = (shared.mean("rum", [DAY + timedelta(days=7, hours=hour)]) for hour in (18, 21))
    assert 4 < late / early < 9


def test_share_converges_and_prior_fades() -> None:
    shared = SharedSeason(slots_per_hour=1)
    shared.add_product("gin", SharePrior(0.5, 4.0))
    close_evening(shared, 0)
    first = shared.shares()["gin"]
    for day in range(1, 15):
        close_evening(shared, day)
    assert shared.shares()["gin"] == pytest.approx(0.1, abs=0.01)
    assert shared.shares()["gin"] < first < 0.5


def test_restored_season_gives_the_same_means() -> None:
    shared = SharedSeason(slots_per_hour=1)
    for day in range(9):
        close_evening(shared, day, gin=0.05 * (1 + day % 3))
    restored = SharedSeason(
        msgspec.json.decode(msgspec.json.encode(shared.state), type=SharedSeasonState), slots_per_hour=1
    )
    starts = [DAY + timedelta(days=9, hours=hour) for hour in range(24)]
    assert restored.mean("gin", starts) == shared.mean("gin", starts)


def test_weight_favours_nearer_forecast_despite_outlier() -> None:
    combination = BatesGrangerCombination()
    assert combination.weight == 0.5
    for _ in range(200):
        combination.learn(10.0, 5.0, 10.0, 10.0)
    assert combination.weight > 0.95
    combination.learn(10.0, 5.0, -1e9, 10.0)
    assert combination.weight > 0.5
