"""Zone forecast: growth, steady counts, intervals, restarts, and its evaluation."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from processors.crowd.forecast import OccupancyForecast, ZoneForecaster, chance_to_reach
from processors.crowd.forecast_evaluation import OccupancyFileError, evaluate


def forecaster_after(persons: list[float], step: float = 2.0, inflow: float = 0.0) -> ZoneForecaster:
    zone = ZoneForecaster()
    for number, value in enumerate(persons):
        zone.add(value, inflow, number * step)
    return zone


def test_forecast_is_empty_in_first_minute() -> None:
    assert forecaster_after([100.0] * 20).forecast() == []


def test_forecast_of_steady_count_is_steady() -> None:
    for ahead in forecaster_after([100.0] * 600).forecast():
        assert ahead.mean == pytest.approx(100, abs=2)
        assert ahead.low <= 100 <= ahead.high


def test_forecast_of_rise_continues_and_may_reach_limit() -> None:
    zone = forecaster_after([100 + number * 2 / 6 for number in range(300)])  # ten people a minute
    now, ahead = zone.level, zone.forecast()
    assert now < ahead[0].mean < ahead[1].mean
    assert ahead[0].mean == pytest.approx(now + 10, abs=4)
    assert chance_to_reach(now + 20, 5, now, ahead) > 0.5 > chance_to_reach(now + 150, 5, now, ahead)


def test_interval_width_follows_misses() -> None:
    random = np.random.default_rng(0)
    steady = forecaster_after([float(v) for v in 200 + random.normal(0, 1, 3000)]).forecast()
    varying = forecaster_after([float(v) for v in 200 + 60 * np.sin(np.arange(3000) / 40)]).forecast()
    assert varying[0].high - varying[0].low > 3 * (steady[0].high - steady[0].low)


def test_forecast_continues_after_restart() -> None:
    zone = forecaster_after([100 + number / 5 for number in range(400)])
    restored = msgspec.json.decode(msgspec.json.encode(zone), type=ZoneForecaster)
    for number in range(400, 500):
        zone.add(100 + number / 5, 0.1, number * 2.0)
        restored.add(100 + number / 5, 0.1, number * 2.0)
    assert restored == zone and restored.forecast() == zone.forecast()
    assert len(msgspec.json.encode(zone)) < 6000


def test_gap_restarts_history_and_keeps_models() -> None:
    zone = forecaster_after([100 + number / 5 for number in range(1200)])
    learnt = msgspec.to_builtins(zone.horizons)
    zone.add(50, 0, 1e6)
    assert zone.forecast() == [] and msgspec.to_builtins(zone.horizons) == learnt


def test_limit_chance_of_full_zone_is_one() -> None:
    assert chance_to_reach(100, 5, 120, [OccupancyForecast(1, 90, 80, 100)]) == 1.0


def test_forecast_beats_persistence_on_simulated_evenings() -> None:
    report = evaluate(None, evenings=6)
    for minutes in ("1", "5"):
        figures = report["horizons"][minutes]
        assert figures["mae"] < figures["mae as many as now"]
        assert 0.6 < figures["inside the interval"] <= 1
    assert report["limit"]["foretold"] >= 0.6


def test_occupancy_file_error_names_line(tmp_path: Path) -> None:
    file = tmp_path / "zone.csv"
    rows = [f"2026-07-04T20:{m:02d}:{s:02d}+00:00,front,{100 + m * 10}" for m in range(40) for s in range(0, 60, 10)]
    file.write_text("time,zone,persons\n" + "\n".join(rows))
    assert evaluate(file, limit=400)["limit"]["reached"] == 1
    file.write_text("time,zone,persons\n2026-07-04T20:00:00+00:00,front,-3\n")
    with pytest.raises(OccupancyFileError, match="line 2: persons must be 0 or more"):
        evaluate(file)
