"""What the simulation of plans as a signal of demand takes for known, and when."""

from __future__ import annotations

from collections import Counter

import numpy as np

from schemas.ids import SetId
from simulation.crowd_spreading import SimulatedFestival
from simulation.plan_signals import MIN_PLANS, expected_curve, further_growth, known_plans, plans_of, visits_of
from simulation.plan_signals_bars import by_quarter


def test_growth_is_learnt_from_steps_whose_time_has_come() -> None:
    rng = np.random.default_rng(0)
    seen, forecast, expected = (rng.normal(100, 20, 200) for _ in range(3))
    growth = further_growth(seen, forecast, expected, 30)
    changed = seen.copy()
    changed[120:] += 500
    later = further_growth(changed, forecast, expected, 30)
    assert np.array_equal(growth[:120], later[:120])
    assert not np.array_equal(growth[121:], later[121:])


def test_growth_that_always_comes_is_added_in_full() -> None:
    expected = np.concatenate([np.zeros(50), np.linspace(0, 900, 150)])
    growth = further_growth(expected, expected, expected, 30)
    assert not growth[:30].any()
    assert growth[-1] > 0.9 * (expected[-1] - expected[-31])


def test_plans_of_few_people_are_not_known() -> None:
    plans = [[SetId("big")]] * 50 + [[SetId("small")]] * (MIN_PLANS - 1)
    assert known_plans(plans, 1.0, np.random.default_rng(0)) == {"big": 50.0}


def test_everybody_goes_somewhere_at_the_time_of_the_plan() -> None:
    festival = SimulatedFestival.of(1, 50)
    sets, plans = {one.id: one for one in festival.programme}, plans_of(festival)
    assert all(len(plan) == len(set(plan)) for plan in plans)
    visits = visits_of(sets, plans, np.random.default_rng(0))
    assert visits.total() == sum(map(len, plans))
    wanted = Counter(one for plan in plans for one in plan)
    assert visits_of(sets, plans, np.random.default_rng(0), 1.0) == wanted


def test_expected_people_are_there_during_the_set() -> None:
    festival = SimulatedFestival.of(1, 1)
    one = festival.programme[0]
    curve = expected_curve({one.id: one}, {one.id: 80.0}, one.stage)
    assert max(by_quarter(curve)) == 80
    assert curve[-1] == 0
