"""Booking curves, blend, interval, sell-out and evaluation, on events of our own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from processors.tickets.curves import BookingCurve, CurvesError, read_curves
from processors.tickets.evaluation import evaluate
from processors.tickets.forecast import Backtest, TooFewEventsError, forecast, half_width
from processors.tickets.history import merged, read_history, write_history
from processors.tickets.pickup import METHODS

DAYS = (0, 3, 7, 14, 21, 30, 45)
START = date(2025, 1, 1)


def made_event(number: int, generator: np.random.Generator, size: float = 1000) -> BookingCurve:
    final = float(round(size * generator.uniform(0.7, 1.3)))
    steepness = generator.normal(40, 4)
    sold = tuple(float(round(final * np.exp(-day / steepness))) for day in DAYS)
    return BookingCurve(f"e{number}", "all", DAYS, sold, final, START + timedelta(days=7 * number))


@pytest.fixture(scope="module")
def past() -> tuple[BookingCurve, ...]:
    generator = np.random.default_rng(3)
    return tuple(made_event(number, generator) for number in range(40))


def write_events(path: Path, curves: tuple[BookingCurve, ...], dated: bool) -> Path:
    lines = ["event,days_before,sold,final" + (",date" if dated else "")]
    for curve in curves:
        for day, sold in zip(curve.days, curve.sold, strict=True):
            lines.append(f"{curve.event},{day},{sold:g},{curve.final:g}" + (f",{curve.date}" if dated else ""))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def on_sale(days: int, sold: float, capacity: float | None = None) -> BookingCurve:
    return BookingCurve("new", "all", (days, days + 7, days + 14), (sold, sold * 0.8, sold * 0.6), None, None, capacity)


@pytest.mark.parametrize("dated", [True, False])
def test_blend_is_measured_beside_each_method(tmp_path: Path, past: tuple[BookingCurve, ...], dated: bool) -> None:
    report = evaluate(write_events(tmp_path / "e.csv", past, dated), (14, 7))
    row = report["by_days_before"][0]
    assert ("by time" in report["split"]) is dated
    assert row["events"] == (20 if dated else 40)
    assert row["blend"] <= 1.2 * min(row[name] for name in METHODS)
    assert row["blend"] < row["usual"]
    assert row["coverage_90"] >= 0.75
    assert report["wape_7"] < report["wape_14"]


def test_later_events_do_not_change_an_earlier_forecast(tmp_path: Path, past: tuple[BookingCurve, ...]) -> None:
    changed = (*past[:-1], replace(past[-1], final=9.0, sold=(9.0, *past[-1].sold[1:])))
    rows = [
        evaluate(write_events(tmp_path / "e.csv", curves[:-1] if cut else curves, dated=True), (7,))["by_days_before"]
        for curves, cut in ((past, True), (changed, True))
    ]
    assert rows[0] == rows[1]


def test_method_that_fails_is_left_out_of_the_blend() -> None:
    finals = np.array([100.0, 110, 90, 105, 95, 100])
    forecasts = np.tile(finals[:, None] + 1.0, len(METHODS))
    forecasts[:, 1] += 500
    weights = Backtest(forecasts, finals, None).blend_weights()
    assert weights[1] == 0
    assert weights.sum() == pytest.approx(1)
    equal = Backtest(forecasts[:2], finals[:2], None).blend_weights()
    assert equal == pytest.approx(np.full(len(METHODS), 1 / len(METHODS)))


def test_interval_widens_after_misses() -> None:
    calm = np.tile([0.02, -0.03, 0.04, -0.05], 15)
    late = np.concatenate([calm, np.full(6, 0.2)])
    assert half_width(calm, ordered=True) <= 0.05
    assert half_width(late, ordered=True) == pytest.approx(0.2)
    assert half_width(np.array([]), ordered=True) == 1.0


def test_forecast_gives_final_pace_and_sell_out(past: tuple[BookingCurve, ...]) -> None:
    fast = forecast(on_sale(14, 900, capacity=1000), past)
    slow = forecast(on_sale(14, 500, capacity=1000), past)
    assert slow.low <= slow.final <= slow.high <= 1000
    assert fast.pace is not None and slow.pace is not None
    assert fast.pace > 1 > slow.pace
    assert fast.sell_out_chance is not None and slow.sell_out_chance is not None
    assert fast.sell_out_chance > 0.9
    assert slow.sell_out_chance < 0.5
    assert fast.sell_out_days_before is not None
    assert 0 <= fast.sell_out_days_before < 14
    assert slow.sell_out_days_before is None
    assert slow.like_events == 40
    sold_out = forecast(on_sale(14, 1000, capacity=1000), past)
    assert (sold_out.sell_out_chance, sold_out.sell_out_days_before) == (1.0, 14)
    assert forecast(on_sale(14, 500), past).sell_out_chance is None


def test_forecast_reads_events_of_its_type(past: tuple[BookingCurve, ...]) -> None:
    generator = np.random.default_rng(4)
    camping = tuple(replace(made_event(number, generator, 100), type="camping") for number in range(20))
    one = forecast(replace(on_sale(14, 70), type="camping"), (*past, *camping))
    assert one.like_events == 20
    assert one.final < 200


def test_forecast_needs_past_events(past: tuple[BookingCurve, ...]) -> None:
    with pytest.raises(TooFewEventsError, match="needs 3 past events"):
        forecast(on_sale(7, 5), past[:2])
    assert forecast(on_sale(7, 700), past[:3]).high > 700


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("event,days_before,sold,final\n", "no events"),
        ("event,days_before,sold,final\na,-1,2,3\n", "line 2: days_before -1 is not a whole number"),
        ("event,days_before,sold,final\na,1,2,-3\n", "line 2: final -3 is negative"),
        ("event,days_before,sold,final\na,1,2,3\na,0,2,4\n", "the event 'a' differ in final"),
        ("event,days_before,sold,final\na,1,2,3\na,1,3,3\n", "two lines for one day"),
        ("departure_date,origin_destination,target,0_seatssold_sum\nx,A-B,5,5\n", "line 2: departure_date 'x'"),
    ],
)
def test_unusable_curves_are_named(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "e.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CurvesError, match=reason):
        read_curves(path)


def test_wide_departures_are_read_by_date(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        "departure_Date,Origin_Destination,Target,0_SeatsSold_sum,1_SeatsSold_sum,2_SeatsSold_sum\n"
        "2026-02-02T00:00:00.000Z,A-B,9,9,8,\n2026-02-01T00:00:00.000Z,A-B,7,7,6,2\n",
        encoding="utf-8",
    )
    first, second = read_curves(path)
    assert (first.date, first.days, first.final) == (date(2026, 2, 1), (0, 1, 2), 7)
    assert list(second.values(3)) == [9, 8, 8]


def test_history_keeps_events_and_replaces_repeated_ones(tmp_path: Path, past: tuple[BookingCurve, ...]) -> None:
    path = tmp_path / "folder" / "history.json"
    assert read_history(path) == ()
    write_history(path, past)
    assert read_history(path) == past
    again = merged(past, (replace(past[0], final=5.0),))
    assert (len(again), again[0].final) == (40, 5.0)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(CurvesError, match="not a file of"):
        read_history(path)
