"""Bursts: planted ones are found in time, and false ones are rare."""

from __future__ import annotations

import pytest

from processors.moments.bursts import scan
from training.moments.bursts import measure


@pytest.mark.parametrize(("base", "dispersion", "most_false"), [(1, 0.0, 0.1), (3, 0.08, 0.4), (8, 0.08, 1.3)])
def test_planted_bursts_are_found_within_two_minutes(base: int, dispersion: float, most_false: float) -> None:
    figures = measure(base, dispersion, draws=200, seed=2026)
    assert figures.found >= 0.9
    assert figures.false_an_hour <= most_false


def test_steady_posts_are_no_burst() -> None:
    assert not any(one.burst for one in scan([4, 5, 3, 4, 6, 4, 5, 3, 4, 5]))
    assert scan([]) == []


def test_expectation_uses_earlier_minutes_only() -> None:
    assert [one.expected for one in scan([2, 3, 2])] == [one.expected for one in scan([2, 3, 2, 90])[:3]]
