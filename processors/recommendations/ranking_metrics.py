"""Recall and NDCG of the best k of each row of scores."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from processors.recommendations.interactions import Scores


def best(scores: Scores, count: int, exclude: sp.csr_matrix | None = None) -> NDArray[np.int64]:
    """Return (n, count) columns of the best scores of each row, the best first; equal ones in the order of columns.

    Args:
        scores: (n, m).
        count: at most m.
        exclude: (n, m) nonzero where a column must not be chosen.
    """
    if exclude is not None:
        scores = scores.copy()
        scores[exclude.nonzero()] = -np.inf
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]


def recall_and_ndcg(chosen: NDArray[np.int64], relevant: sp.csr_matrix) -> tuple[NDArray[np.float64], ...]:
    """Return recall and NDCG of each row that has something relevant.

    Recall is the share of all relevant columns that were chosen, as LightGCN and its successors report it; NDCG has
    binary gains, and the ideal order of as many relevant columns as fit into k.

    Args:
        chosen: (n, k) columns, the best first.
        relevant: (n, m) nonzero where a column is relevant.
    """
    length = chosen.shape[1]
    discounts = 1 / np.log2(np.arange(2, length + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])
    recalls, ndcgs = [], []
    for row, columns in enumerate(chosen):
        wanted = relevant.indices[relevant.indptr[row] : relevant.indptr[row + 1]]
        if len(wanted) == 0:
            continue
        hits = np.isin(columns, wanted)
        recalls.append(hits.sum() / len(wanted))
        ndcgs.append(discounts[hits].sum() / ideal[min(length, len(wanted))])
    return np.array(recalls), np.array(ndcgs)


def graded_ndcg(scores: Scores, gains: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return NDCG of the best `count` of each row with any gain, for gains that are numbers.

    Args:
        scores: (n, m).
        gains: (n, m), at least 0.
        count: at most m.
    """
    discounts = 1 / np.log2(np.arange(2, count + 2))
    order = best(scores, count)
    reached = (np.take_along_axis(gains, order, axis=1) * discounts).sum(axis=1)
    ideal = (-np.sort(-gains, axis=1)[:, :count] * discounts).sum(axis=1)
    rows = ideal > 0
    return np.asarray(reached[rows] / ideal[rows])
