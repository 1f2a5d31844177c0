"""Adaptive smoothing: noise, surges, lag and gaps."""

from __future__ import annotations

import numpy as np

from processors.crowd.smoothing import SmoothedCount


def smooth(values: list[float], step: float = 1.0) -> list[float]:
    smoothed, found = SmoothedCount(), []
    for number, value in enumerate(values):
        smoothed = smoothed.update(value, number * step, smoothing_seconds=10, surge_seconds=6)
        assert smoothed.value is not None
        found.append(smoothed.value)
    return found


def test_smoothing_reduces_noise() -> None:
    random = np.random.default_rng(0)
    values = 100 * (1 + 0.08 * random.normal(size=2000))
    calmed = np.asarray(smooth(values.tolist()))[60:]
    assert calmed.std() < 0.5 * values.std()
    assert abs(calmed.mean() - 100) < 1


def test_smoothing_follows_doubling_within_seconds() -> None:
    late = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        values = np.where(np.arange(200) < 100, 100, 200) * (1 + 0.08 * random.normal(size=200))
        late.append(int(np.argmax(np.asarray(smooth(values.tolist()))[100:] >= 190)))
    assert np.mean(late) < 3 and max(late) <= 6


def test_smoothing_follows_rise_with_reported_lag() -> None:
    values = [100.0] * 100 + [100.0 + 2 * second for second in range(200)]
    found = smooth(values)
    assert (values[-1] - found[-1]) / 2 < 3


def test_smoothing_restarts_after_gap_or_clock_reset() -> None:
    smoothed = SmoothedCount(100.0, time=50.0)
    for time in (20.0, 200.0):
        assert smoothed.update(300, time, smoothing_seconds=10, surge_seconds=6).value == 300
