"""Adaptive smoothing: noise, surges, lag and gaps."""

from __future__ import annotations

import numpy as np

from processors.crowd.smoothing import SmoothedCount


def smooth(values: list[float], step: float = 1.0) -> list[float]:
    smoothed, smoothed_values = SmoothedCount(), []
    for number, value in enumerate(values):
        smoothed = smoothed.update(value, number * step, smoothing_seconds=10, surge_seconds=6)
        assert smoothed.value is not None
        smoothed_values.append(smoothed.value)
    return smoothed_values


def test_smoothing_reduces_noise() -> None:
    random = np.random.default_rng(0)
    values = 100 * (1 + 0.08 * random.normal(size=2000))
    smoothed_values = np.asarray(smooth(values.tolist()))[60:]
    assert smoothed_values.std() < 0.5 * values.std()
    assert abs(smoothed_values.mean() - 100) < 1


def test_smoothing_follows_doubling_within_seconds() -> None:
    delays = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        values = np.where(np.arange(200) < 100, 100, 200) * (1 + 0.08 * random.normal(size=200))
        delays.append(int(np.argmax(np.asarray(smooth(values.tolist()))[100:] >= 190)))
    assert np.mean(delays) < 3 and max(delays) <= 6


def test_smoothing_follows_rise_with_reported_lag() -> None:
    values = [100.0] * 100 + [100.0 + 2 * second for second in range(200)]
    smoothed_values = smooth(values)
    assert (values[-1] - smoothed_values[-1]) / 2 < 3


def test_smoothing_restarts_after_gap_or_clock_reset() -> None:
    smoothed = SmoothedCount(100.0, time=50.0)
    for time in (20.0, 200.0):
        assert smoothed.update(300, time, smoothing_seconds=10, surge_seconds=6).value == 300
