from __future__ import annotations

import pytest

from simulation import crowd_spreading
from simulation.crowd_spreading import SimulatedFestival, simulate

VISITORS = 150


@pytest.fixture
def festival(monkeypatch: pytest.MonkeyPatch) -> SimulatedFestival:
    small = tuple(capacity * VISITORS // crowd_spreading.VISITORS for capacity in crowd_spreading.CAPACITIES)
    monkeypatch.setattr(crowd_spreading, "CAPACITIES", small)
    return SimulatedFestival.of(1, VISITORS)


def test_prices_spread_people_and_keep_most_of_their_utility(festival: SimulatedFestival) -> None:
    selfish, everyone = simulate(festival, 0.0, 1), simulate(festival, 1.0, 1)
    assert selfish.above > 0.3
    assert everyone.above <= 0.01
    assert everyone.utility >= 0.75 * selfish.utility


def test_simulation_is_the_same_for_the_same_seed(festival: SimulatedFestival) -> None:
    first, second = (simulate(festival, 0.5, 7) for _ in range(2))
    assert (first.utility, first.above, first.visits) == (second.utility, second.above, second.visits)
