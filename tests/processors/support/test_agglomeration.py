"""Merges are the cheapest in order, stop at a cost, and go on while there are too many groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processors.support.agglomeration import SIZE_EXPONENT, agglomerate, group_rows


def grouped_points() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return 24 points around three centres, and sizes."""
    random = np.random.default_rng(3)
    centres = np.repeat(4 * np.eye(3, 8), 8, axis=0)
    return (centres + 0.3 * random.normal(size=(24, 8))).astype(np.float32), random.integers(1, 9, 24).astype(float)


def cheapest_merges(means: NDArray[np.float32], sizes: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return all merges, each found by comparing all pairs again."""
    groups = {row: ([row], sizes[row]) for row in range(len(means))}
    merges = []
    while len(groups) > 1:
        mean = {row: np.average(means[members], axis=0, weights=sizes[members]) for row, (members, _) in groups.items()}
        _, a, b = min(
            (float(((mean[a] - mean[b]) ** 2).sum() * (groups[a][1] * groups[b][1] / (groups[a][1] + groups[b][1]))
             ** SIZE_EXPONENT), a, b)
            for a in groups for b in groups if a < b
        )  # fmt: skip
        merged, size = groups.pop(b)
        groups[a] = (groups[a][0] + merged, groups[a][1] + size)
        merges.append((a, b))
    return merges


def test_merges_are_those_of_comparing_all_pairs() -> None:
    means, sizes = grouped_points()
    merges = agglomerate(means, sizes, np.inf, 1)
    assert [(merge.kept, merge.merged) for merge in merges] == cheapest_merges(means, sizes)


def test_groups_stay_apart_from_a_cost() -> None:
    means, sizes = grouped_points()
    groups = group_rows(24, agglomerate(means, sizes, 6.0, 24))
    assert groups.tolist() == np.repeat(groups[[0, 8, 16]], 8).tolist()
    assert len(set(groups.tolist())) == 3


def test_bound_of_groups_is_kept_at_any_cost() -> None:
    means, sizes = grouped_points()
    assert len(set(group_rows(24, agglomerate(means, sizes, 0.0, 5)).tolist())) == 5


def test_one_or_no_group_is_left_alone() -> None:
    assert agglomerate(np.ones((1, 4), np.float32), np.ones(1), 1.0, 1) == []
    assert agglomerate(np.ones((0, 4), np.float32), np.ones(0), 1.0, 1) == []
