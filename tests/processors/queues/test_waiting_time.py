"""Waiting time on simulated queues of known truth."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from processors.queues.waiting_time import QueueState, _digamma, _trigamma, service_rate, update, waiting_time

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)


def state_after(minutes: float, *, persons: float, served_per_minute: float) -> QueueState:
    state = QueueState()
    for second in range(0, int(minutes * 60) + 1, 10):
        served = served_per_minute / 6 if second else 0.0
        update(state, second, AT + timedelta(seconds=second), persons, served)
    return state


def test_wait_is_length_over_service_rate() -> None:
    state = state_after(30, persons=24, served_per_minute=3)
    rate = service_rate(state, None)
    assert rate is not None
    assert rate[0] / rate[1] == pytest.approx(3, rel=0.02)
    wait = waiting_time(24, *rate)
    assert wait.low < 8 < wait.high
    assert wait.median == pytest.approx(8, rel=0.05)


def test_wait_interval_covers_simulated_waits() -> None:
    """Simulate queues of random length and rate with counting errors: about 90 % of waits are in the interval."""
    random = np.random.default_rng(3)
    inside = 0
    for _ in range(400):
        rate, persons = random.uniform(1, 10), int(random.integers(5, 80))
        state = QueueState()
        for second in range(0, 1201, 10):
            served = float(random.poisson(rate / 6)) if second else 0.0
            update(state, second, AT + timedelta(seconds=second), float(persons), served)
        counted = persons * float(random.lognormal(0, 0.25))
        estimate = service_rate(state, None)
        assert estimate is not None
        wait = waiting_time(counted, *estimate)
        inside += wait.low <= float(random.gamma(persons, 1 / rate)) <= wait.high
    assert 0.85 <= inside / 400 <= 0.97


def test_wait_follows_a_second_till() -> None:
    state = state_after(30, persons=20, served_per_minute=2)
    for second in range(10, 1201, 10):
        update(state, 10_000 + second, AT + timedelta(minutes=30, seconds=second), 20.0, 4 / 6)
    rate = service_rate(state, None)
    assert rate is not None
    assert 3.3 < rate[0] / rate[1] < 4


def test_wait_without_any_rate_is_unknown() -> None:
    state = QueueState()
    update(state, 0, AT, 12.0, None)
    assert service_rate(state, None) is None
    assert service_rate(state, 2.0) == (6.0, 3.0), "the rate that staff state is enough"


def test_state_ignores_repeated_and_late_counts() -> None:
    state = QueueState()
    assert update(state, 5, AT, 12.0, None)
    assert not update(state, 5, AT, 12.0, None)
    assert not update(state, 6, AT - timedelta(seconds=1), 50.0, None)
    assert state.persons == 12.0


def test_state_of_blind_camera_has_no_persons() -> None:
    state = QueueState()
    update(state, 0, AT, 12.0, None)
    update(state, 1, AT + timedelta(seconds=1), None, None)
    assert state.persons is None
    update(state, 2, AT + timedelta(seconds=60), 30.0, None)
    assert state.persons == 30.0, "the count before the blind time is not used"


def test_empty_queue_has_no_wait() -> None:
    assert waiting_time(0.0, 10.0, 5.0).high == 0.0


def test_polygamma_series_match_known_values() -> None:
    assert _digamma(1) == pytest.approx(-0.5772156649, abs=1e-8)
    assert _trigamma(1) == pytest.approx(math.pi**2 / 6, abs=1e-6)
