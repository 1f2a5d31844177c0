"""Calendar features of the demand model, and the effects learnt from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from processors.bars.context_features import calendar_features
from processors.bars.demand import DemandModel
from schemas.calendar import Calendar

BEGIN = datetime(2026, 7, 3, 16, tzinfo=UTC)


def test_calendar_counts_night_to_day_before() -> None:
    days = Calendar.model_validate({"first_day": "2026-07-03", "holidays": ["2026-07-04"], "day_begins": "05:00"})
    assert calendar_features(days, datetime.fromisoformat("2026-07-04T04:59")) == {"first_day": 1.0, "holiday": 0.0}
    assert calendar_features(days, datetime.fromisoformat("2026-07-04T05:00")) == {"first_day": 0.0, "holiday": 1.0}


@pytest.mark.parametrize(("clock", "open_"), [("15:59", 0.0), ("16:00", 1.0), ("02:59", 1.0), ("03:00", 0.0)])
def test_calendar_ground_may_close_after_midnight(clock: str, open_: float) -> None:
    days = Calendar.model_validate({"ground_opens": "16:00", "ground_closes": "03:00"})
    assert calendar_features(days, datetime.fromisoformat(f"2026-07-04T{clock}"))["ground_open"] == open_


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"first_day": "2026-07-04", "last_day": "2026-07-03"}, "before first_day"),
        ({"ground_opens": "16:00"}, "give both"),
        ({"ground_opens": "25:00", "ground_closes": "03:00"}, "ground_opens"),
    ],
)
def test_invalid_calendar_is_rejected(given: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Calendar.model_validate(given)


def sell_evening(demand: DemandModel, day: int, units: int, **context: float) -> None:
    for quarter in range(24):
        at = BEGIN + timedelta(days=day, minutes=15 * quarter)
        demand.advance(at, context)
        demand.add_sale("beer", float(units), at)


def test_constant_feature_is_no_input() -> None:
    with_calendar, without_calendar = DemandModel(), DemandModel()
    sell_evening(with_calendar, 0, 20, first_day=1.0)
    sell_evening(without_calendar, 0, 20)
    sell_evening(with_calendar, 1, 20, first_day=0.0)
    sell_evening(without_calendar, 1, 20)
    assert with_calendar.forecast("beer")[-1].mean == pytest.approx(
        without_calendar.forecast("beer")[-1].mean, rel=0.02
    )


def test_holiday_effect_is_learnt() -> None:
    demand = DemandModel()
    for day in range(16):
        sell_evening(demand, day, 40 if day % 4 == 3 else 20, holiday=float(day % 4 == 3))
    effect = demand.context_effects.effect("beer", {"holiday": 1.0}, {"holiday": 0.0})
    assert 1.4 < effect < 2.6
