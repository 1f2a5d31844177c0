"""The simulated seasons are the same each time, and proposed prices stay within their limits."""

from __future__ import annotations

from bench.ticket_prices import (
    CAPACITY,
    LIMITS,
    REFERENCE_CENTS,
    fixed_revenues,
    past_seasons,
    proposed_revenue,
    seasons,
)
from processors.tickets.sales import Forecaster


def test_season_of_strong_demand_earns_more_with_proposed_prices() -> None:
    season = max(seasons(12, 7), key=lambda one: one.demand.sum())
    forecaster = Forecaster(past_seasons(8)[:20])
    proposed, steps = proposed_revenue(season, forecaster, LIMITS.elasticity)
    (fixed,) = fixed_revenues(season, [(REFERENCE_CENTS,) * 3], LIMITS.elasticity)
    assert fixed == CAPACITY * REFERENCE_CENTS, "it sells out"
    assert proposed > 1.05 * fixed
    assert 1 <= steps <= 30


def test_seasons_are_the_same_for_the_same_seed() -> None:
    assert [one.demand.sum() for one in seasons(3, 7)] == [one.demand.sum() for one in seasons(3, 7)]
    assert seasons(1, 7)[0].demand.sum() != seasons(1, 8)[0].demand.sum()
