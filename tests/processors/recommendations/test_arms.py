from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from processors.recommendations.arms import (
    Arm,
    MatrixFactorizationArm,
    PopularityArm,
    collaborative_blend,
    cosine_neighbours,
    linear_autoencoder,
    random_walk,
)
from processors.recommendations.ranking_metrics import best, graded_ndcg, recall_and_ndcg
from processors.recommendations.song2vec import PairObjective, SongVectorsArm


def two_scenes(seed: int = 0) -> sp.csr_matrix:
    """60 listeners of two scenes: artists 0 to 9 are played by the first half, 10 to 19 by the second."""
    generator = np.random.default_rng(seed)
    plays = generator.random((60, 20)) < 0.02
    plays[:30, :10] |= generator.random((30, 10)) < 0.5
    plays[30:, 10:] |= generator.random((30, 10)) < 0.5
    return sp.csr_matrix(plays.astype(np.float32))


def arms() -> list[Arm]:
    plays = two_scenes()
    factorization, walk = MatrixFactorizationArm.fit(plays, starts=2), random_walk(plays)
    return [
        factorization,
        walk,
        cosine_neighbours(plays, 5.0),
        linear_autoencoder(plays, 10.0),
        collaborative_blend(factorization, walk),
        SongVectorsArm.fit(plays, dimensions=8),
    ]


@pytest.mark.parametrize("arm", arms(), ids=lambda arm: type(arm).__name__)
def test_new_listener_gets_artists_of_the_same_scene(arm: Arm) -> None:
    liked = sp.csr_matrix(np.eye(20, dtype=np.float32)[[1]] + np.eye(20, dtype=np.float32)[[2]])
    chosen = best(arm.scores(liked), 5, exclude=liked)[0]
    assert (chosen < 10).sum() >= 4
    assert not {1, 2} & set(chosen.tolist())


def test_skip_gram_gradients_are_those_of_its_objective() -> None:
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 3, (6, 6)).astype(np.float32)
    noise = rng.random(6).astype(np.float32)
    vectors = [rng.normal(size=(6, 4)).astype(np.float32) for _ in range(2)]
    objective = PairObjective(sp.csr_matrix(counts), noise)

    def value(inner: np.ndarray, outer: np.ndarray) -> float:
        dots = inner.astype(np.float64) @ outer.T.astype(np.float64)
        drawn = counts.sum(axis=1)[:, None] * noise
        return float(-(counts * np.log1p(np.exp(-dots)) + drawn * np.log1p(np.exp(dots))).sum())

    for which, slopes in enumerate(objective.gradients(vectors)):
        for cell in ((0, 0), (3, 2), (5, 3)):
            moved = [one.astype(np.float64) for one in vectors]
            moved[which][cell] += 1e-5
            assert (value(*moved) - value(*vectors)) / 1e-5 == pytest.approx(slopes[cell], rel=1e-3, abs=1e-3)


def test_song_that_nobody_plays_has_no_vector() -> None:
    plays = sp.csr_matrix(np.array([[1, 1, 0], [1, 1, 0]], np.float32))
    arm = SongVectorsArm.fit(plays, dimensions=4)
    assert not arm.vectors[2].any()
    assert arm.vectors[:2].any(axis=1).all()
    assert not arm.scores(plays)[:, 2].any()


def test_popularity_is_the_same_for_everybody() -> None:
    plays = two_scenes()
    scores = PopularityArm(plays).scores(plays)
    assert (scores == scores[0]).all()
    assert scores[0].sum() == plays.nnz


def test_recall_and_ndcg_by_hand() -> None:
    relevant = sp.csr_matrix(np.array([[1, 0, 1, 0], [0, 0, 0, 0]], np.float32))
    recall, ndcg = recall_and_ndcg(np.array([[1, 0], [1, 0]]), relevant)
    assert recall.tolist() == [0.5]
    assert ndcg == pytest.approx([(1 / np.log2(3)) / (1 + 1 / np.log2(3))])


def test_graded_ndcg_is_one_in_the_ideal_order() -> None:
    gains = np.array([[3.0, 0.0, 1.0]])
    assert graded_ndcg(np.array([[9, 1, 5]], np.float32), gains, 2) == pytest.approx([1.0])
    assert graded_ndcg(np.array([[1, 9, 5]], np.float32), gains, 1) == pytest.approx([0.0])
