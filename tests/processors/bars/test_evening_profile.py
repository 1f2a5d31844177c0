"""The profile of a festival evening: peaks follow the sets, wherever the clock is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from processors.bars.accuracy import wape
from processors.bars.demand import DemandModel
from processors.bars.demand_state import DemandState
from processors.bars.evening_profile import MAX_EVENINGS, StageSets, counterparts

DOORS = datetime(2030, 7, 5, 18, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
SETS = ((4, 8), (10, 14), (16, 24))
"""Begin and end of the sets in quarters of an hour since the doors opened; the last one is the headliner."""
SLOTS = 30


def sets_at(day: int, moved: int = 0) -> StageSets:
    doors = DOORS + timedelta(days=day)
    return {
        "main": [
            ((doors + (begin + moved) * QUARTER).timestamp(), (doors + (end + moved) * QUARTER).timestamp())
            for begin, end in SETS
        ]
    }


def units_in(slot: int, moved: int = 0) -> dict[str, float]:
    """Return the sales: few during a set, a peak in the first quarters of a break."""
    ends = [end + moved for _, end in SETS if end + moved <= slot]
    playing = any(begin + moved <= slot < end + moved for begin, end in SETS)
    peak = 0.0 if playing or not ends else {0: 90.0, 1: 40.0}.get(slot - max(ends), 5.0)
    return {"beer": 20 + peak, "water": 10 + peak / 3}


def play(
    model: DemandModel, day: int, *, moved: int = 0, known: bool = True, factor: float = 1.0
) -> tuple[list[float], list[float]]:
    """Play one evening; return the units sold and those forecast at the begin of each quarter."""
    sold, forecast = [], []
    for slot in range(SLOTS):
        at = DOORS + timedelta(days=day) + slot * QUARTER
        model.advance(at)
        if known:
            model.set_programme(sets_at(day, moved))
        units = {product: factor * value for product, value in units_in(slot, moved).items()}
        sold.append(sum(units.values()))
        forecast.append(sum(model.mean(product, 1) for product in units))
        for product, value in units.items():
            model.add_sale(product, value, at)
    return sold, forecast


def model_after(evenings: int, *, known: bool = True) -> DemandModel:
    model = DemandModel()
    for day in range(evenings):
        play(model, day, known=known)
    return model


@pytest.mark.parametrize("moved", [0, 4, 3], ids=["same times", "an hour later", "45 minutes later"])
def test_second_evening_is_forecast_by_the_programme(moved: int) -> None:
    error = wape(*play(model_after(1), 1, moved=moved))
    assert error < 0.15
    assert error < 0.4 * wape(*play(model_after(1, known=False), 1, moved=moved, known=False))


def test_clock_stands_in_where_sets_do_not_tell() -> None:
    """The programme moved on paper, but people come as on the evening before."""
    model = model_after(1)
    forecast, sold = [], []
    for slot in range(SLOTS):
        at = DOORS + timedelta(days=1) + slot * QUARTER
        model.advance(at)
        model.set_programme(sets_at(1, 4))
        sold.append(sum(units_in(slot).values()))
        forecast.append(sum(model.mean(product, 1) for product in units_in(slot)))
        for product, value in units_in(slot).items():
            model.add_sale(product, value, at)
    assert wape(sold[12:], forecast[12:]) < 0.3


def test_busier_evening_is_scaled() -> None:
    sold, forecast = play(model_after(1), 1, factor=1.5)
    assert sum(forecast[16:]) == pytest.approx(sum(sold[16:]), rel=0.15)


def test_no_profile_without_a_programme_or_on_the_first_evening() -> None:
    with_sets, without = DemandModel(), DemandModel()
    assert play(with_sets, 0) == play(without, 0, known=False)
    assert model_after(3, known=False).state.evenings.past == []


def test_profile_is_bounded_and_survives_a_restart() -> None:
    model = model_after(MAX_EVENINGS + 3)
    assert len(model.state.evenings.past) == MAX_EVENINGS
    row = msgspec.json.encode(model.state)
    assert len(msgspec.json.encode(model.state.evenings)) < 25_000
    assert len(row) < 65_000
    restored = DemandModel(msgspec.json.decode(row, type=DemandState))
    assert play(restored, MAX_EVENINGS + 3, moved=4) == play(model, MAX_EVENINGS + 3, moved=4)


def test_row_from_before_there_were_profiles_is_read() -> None:
    fields = msgspec.json.decode(msgspec.json.encode(model_after(1).state))
    del fields["evenings"]
    assert msgspec.json.decode(msgspec.json.encode(fields), type=DemandState).evenings.past == []


@pytest.mark.parametrize(
    ("sets", "before", "expected"),
    [
        ([(100, 200)], [(-100, 0)], [-110.0, -100.0, -50.0, 0.0, 30.0]),
        ([(100, 200), (300, 600)], [(100, 400)], [-110.0, -100.0, -50.0, 0.0, 30.0]),
        ([(100, 200)], [], None),
    ],
    ids=["moved", "the longest set corresponds", "no sets"],
)
def test_counterparts(
    sets: Sequence[tuple[float, float]], before: Sequence[tuple[float, float]], expected: list[float] | None
) -> None:
    moments = [90.0, 100.0, 150.0, 200.0, 230.0]
    assert counterparts(moments, sets, before, (0.0, -200.0)) == expected


def test_longer_break_keeps_the_peaks_at_its_ends() -> None:
    sets, before = [(0.0, 60.0), (160.0, 300.0)], [(0.0, 60.0), (90.0, 230.0)]
    assert counterparts([65.0, 110.0, 155.0], sets, before, (0.0, 0.0)) == [65.0, 75.0, 85.0]
