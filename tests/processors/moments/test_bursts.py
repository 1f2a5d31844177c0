"""Bursts: planted ones are found in time, and false ones are rare."""

from __future__ import annotations

import numpy as np
import pytest

from processors.moments.bursts import scan

MINUTES, DRAWS = 75, 200


@pytest.mark.parametrize(("base", "dispersion", "most_false"), [(1, 0.0, 0.1), (3, 0.08, 0.4), (8, 0.08, 1.3)])
def test_planted_bursts_are_found_within_two_minutes(base: int, dispersion: float, most_false: float) -> None:
    random = np.random.default_rng(2026)
    found = false = 0
    for _ in range(DRAWS):
        rate = base * (1 + 0.5 * np.sin(np.arange(MINUTES) / 15 + random.uniform(0, 6)))
        if dispersion:
            rate = rate * random.gamma(1 / dispersion, dispersion, MINUTES)
        counts = random.poisson(rate)
        bursts = [one.burst for one in scan(counts.tolist())]
        false += sum(now and not before for before, now in zip([False, *bursts], bursts, strict=False))
        begin = int(random.integers(15, MINUTES - 3))
        counts[begin : begin + 3] += random.poisson(max(8, 4 * base), 3)
        found += any(one.burst for one in scan(counts.tolist())[begin : begin + 2])
    assert found / DRAWS >= 0.9
    assert false / (DRAWS * MINUTES / 60) <= most_false


def test_steady_posts_are_no_burst() -> None:
    assert not any(one.burst for one in scan([4, 5, 3, 4, 6, 4, 5, 3, 4, 5]))
    assert scan([]) == []


def test_expectation_uses_earlier_minutes_only() -> None:
    assert [one.expected for one in scan([2, 3, 2])] == [one.expected for one in scan([2, 3, 2, 90])[:3]]
