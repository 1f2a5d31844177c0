"""Simulated attendees are the same each time, and choices by taste lose less than uniform ones."""

from __future__ import annotations

from bench.promotion_choices import simulate


def test_choices_lose_less_than_uniform_ones() -> None:
    outcome = simulate(7, 1_500, variants=3)
    assert outcome.regret < 0.9 * outcome.uniform_regret
    assert len(outcome.variants_covered) == 3


def test_same_seed_is_the_same_festival() -> None:
    assert simulate(3, 200) == simulate(3, 200)
    assert simulate(3, 200) != simulate(4, 200)
