"""Lists of recommendations per second for new listeners, beside `implicit` alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from bench.comparison_table import ComparisonRow, compare
from bench.run_result import BenchError, RunResult, read_clocks
from processors.recommendations.arms import MatrixFactorizationArm, collaborative_blend, random_walk
from processors.recommendations.ranking_metrics import best

NUM_LISTENERS = 500
TRAINED_LISTENERS = 1_000
ARTISTS = 1_000
PLAYED = 20
LIST_LENGTH = 20


def plays(listeners: int, seed: int) -> sp.csr_matrix:
    """Return generated plays: each listener plays artists of two of twenty kinds."""
    rng = np.random.default_rng(seed)
    kinds = np.arange(ARTISTS) % 20
    rows, columns = [], []
    for listener in range(listeners):
        weights = np.where(np.isin(kinds, rng.choice(20, 2, replace=False)), 20.0, 1.0)
        rows += [listener] * PLAYED
        columns += list(rng.choice(ARTISTS, PLAYED, replace=False, p=weights / weights.sum()))
    return sp.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(listeners, ARTISTS))


def measure(*, divisor: int, announce: Callable[[str], None]) -> list[ComparisonRow]:
    """Recommend to the same listeners with both, one after the other, each with a fold-in.

    Raises:
        BenchError: a list has an artist that the listener plays.
    """
    announce("recommend: fitting")
    known, new = plays(TRAINED_LISTENERS, 1), plays(NUM_LISTENERS // divisor, 2)
    factorization = MatrixFactorizationArm.fit(known)
    blend = collaborative_blend(factorization, random_walk(known))
    listeners = [new[row] for row in range(new.shape[0])]
    with threadpool_limits(1):
        alone = AlternatingLeastSquares(factors=64, regularization=10.0, alpha=20.0, use_cg=False, num_threads=1)
        alone.fit(known, show_progress=False)
        announce(f"recommend: {len(listeners):,} lists")
        began = read_clocks()
        lists = [best(blend.scores(one), LIST_LENGTH, exclude=one)[0] for one in listeners]
        between = read_clocks()
        reference_lists = [
            alone.recommend(0, one, N=LIST_LENGTH, recalculate_user=True, filter_already_liked_items=True)[0]
            for one in listeners
        ]
        ended = read_clocks()
    for one, ours, theirs in zip(listeners, lists, reference_lists, strict=True):
        if set(one.indices) & (set(ours) | set(theirs)):
            raise BenchError("recommend: a list has an artist that the listener plays")
    measured, reference = (
        RunResult(events=len(listeners), seconds=end[0] - begin[0], cpu_seconds=end[1] - begin[1])
        for begin, end in ((began, between), (between, ended))
    )
    return [
        compare(
            f"recommendations, {ARTISTS:,} artists",
            "lists/s",
            measured,
            "implicit alone: ALS, fold-in, recommend",
            reference,
            notes="ours: three starts of ALS and a random walk; models/recommendations.md has what that brings",
        )
    ]
