"""Choices by declared taste: their probabilities are what is stored, and a tenth stays uniform."""

from __future__ import annotations

from collections import Counter

import pytest

from processors.promotion.choice import UNIFORM_SHARE, Policy, Posterior, posteriors_of, propensities
from schemas.promotion import VariantCount, VariantId

A, B, C = (VariantId(name) for name in "abc")


def count(variant: VariantId, taste: str, shown: int, responses: int) -> VariantCount:
    return VariantCount(variant=variant, taste=taste, shown=shown, responses=responses)


COUNTS = [count(A, "rock", 100, 20), count(B, "rock", 100, 8), count(C, "rock", 30, 3), count(B, "pop", 60, 20)]


def test_choices_are_as_frequent_as_their_propensities() -> None:
    policy = Policy.of([A, B, C], COUNTS, "rock")
    drawn = Counter(policy.choose(seed).variant for seed in range(4_000))
    assert sum(policy.chances.values()) == pytest.approx(1)
    for variant, chance in policy.chances.items():
        assert drawn[variant] / 4_000 == pytest.approx(chance, abs=0.025)
    assert all(policy.choose(seed).propensity == policy.chances[policy.choose(seed).variant] for seed in range(50))


def test_worst_variant_keeps_its_share_of_the_uniform_tenth() -> None:
    chances = propensities({A: Posterior(500, 500), B: Posterior(5, 2_000)})
    assert chances[B] == pytest.approx(UNIFORM_SHARE / 2)
    assert chances[A] == pytest.approx(1 - UNIFORM_SHARE / 2)


def test_taste_decides_and_a_new_one_begins_with_the_others() -> None:
    assert Policy.of([A, B], COUNTS, "rock").chances[A] > 0.85
    assert Policy.of([A, B], COUNTS, "pop").chances[B] > Policy.of([A, B], COUNTS, "rock").chances[B]
    posterior = posteriors_of([A], COUNTS, "jazz")[A]
    assert (posterior.alpha, posterior.beta) == pytest.approx((1 + 4, 1 + 16)), "20 of 100 showings to others count"


def test_same_seed_makes_the_same_choice_and_without_variants_there_is_none() -> None:
    policy = Policy.of([A, B, C], [], "rock")
    assert [policy.choose(seed) for seed in range(20)] == [policy.choose(seed) for seed in range(20)]
    assert len({policy.choose(seed).variant for seed in range(50)}) == 3
    with pytest.raises(ValueError, match="no approved variant"):
        Policy.of([], [], "rock")
