"""Slots of the week, ratios to seasons, and forecasts of series that have both."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from processors.bars.demand import DemandModel
from processors.bars.demand_state import DemandState
from processors.bars.seasonal_experts import SeasonRatios
from processors.bars.week_profile import WeekProfile, slot_number

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)


def shape(at: datetime) -> float:
    """Units in a half-hour of a day whose second halves of hours are busier."""
    return (200 + 120 * math.sin(at.hour / 24 * math.tau)) * (1.4 if at.minute else 0.7)


def halfhourly_model(days: int) -> DemandModel:
    model = DemandModel(slot=timedelta(minutes=30), horizons=(1, 2))
    random = np.random.default_rng(1)
    for number in range(48 * days):
        at = BEGIN + timedelta(minutes=30 * number)
        model.add_sale("beer", float(random.poisson(shape(at))), at)
    model.advance(BEGIN + timedelta(days=days))
    return model


def test_halfhourly_shape_is_forecast_within_the_hour() -> None:
    model = halfhourly_model(21)
    first, second = model.forecast("beer")
    now = BEGIN + timedelta(days=21)
    assert first.mean == pytest.approx(shape(now), rel=0.12)
    assert second.mean == pytest.approx(shape(now) + shape(now + timedelta(minutes=30)), rel=0.12)


def test_profile_is_bounded_by_a_week_of_slots() -> None:
    model = halfhourly_model(16)
    series = model.series("beer")
    assert series is not None
    assert len(series.week.slots) == 7 * 48
    assert {len(slot.means) for slot in series.week.slots.values()} == {3}


def test_restored_model_forecasts_the_same() -> None:
    model = halfhourly_model(16)
    state = msgspec.json.decode(msgspec.json.encode(model.state), type=DemandState)
    restored = DemandModel(state, slot=timedelta(minutes=30), horizons=(1, 2))
    assert restored.forecast("beer") == model.forecast("beer")


def test_row_from_before_profiles_is_read() -> None:
    model = halfhourly_model(2)
    row = msgspec.json.decode(msgspec.json.encode(model.state))
    del row["mixtures"]
    for series in row["series"].values():
        del series["week"], series["ratios"]
    for queues in row["pending"].values():
        for due in queues.values():
            for forecast in due:
                del forecast["experts"]
    old = DemandModel(msgspec.convert(row, DemandState, strict=False), slot=timedelta(minutes=30), horizons=(1, 2))
    old.advance(BEGIN + timedelta(days=2, hours=2))
    assert old.forecast("beer")[0].mean > 0


def test_slot_keeps_its_clock_time_over_a_change_of_time() -> None:
    madrid = ZoneInfo("Europe/Madrid")
    before, after = datetime(2026, 3, 22, 20, 30, tzinfo=madrid), datetime(2026, 3, 29, 20, 30, tzinfo=madrid)
    assert slot_number(after, 48) - slot_number(before, 48) == 7 * 48


def test_closed_slot_is_not_taken_for_last_week() -> None:
    profile = WeekProfile()
    profile.add(5, 10.0, 336)
    assert profile.units(5, 336) == 10.0
    assert profile.units(5 + 336, 336) is None
    assert profile.means(6, 336) is None


def test_busy_day_raises_the_season() -> None:
    ratios = SeasonRatios()
    for _ in range(12):
        ratios.add(20.0, {"shared": 10.0})
    forecasts = ratios.forecasts({"shared": 10.0}, level=1.0)
    assert set(forecasts) == {"shared, 6 slots", "shared, 40 slots"}
    assert all(14 < units < 20 for units in forecasts.values())
    assert ratios.forecasts({"new": 5.0}, level=1.0) == {}
