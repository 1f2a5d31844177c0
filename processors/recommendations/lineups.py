"""Scores of other festivals by their line-ups, and simulated line-ups to measure them on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from processors.recommendations.arms import standardized
from processors.recommendations.interactions import Scores

SHARPNESS = 0.5
"""Growth of an act's worth with its standardised score: a festival is worth its acts that the listener would play, and
most acts of any line-up are not among them. Chosen on simulated line-ups of other seeds than those reported."""


def lineup_scores(scores: Scores, lineups: sp.csr_matrix, known: sp.csr_matrix) -> Scores:
    """Return (n, f) scores of festivals: the sum over their acts of an exponential of the act's score.

    Args:
        scores: (n, m) of artists.
        lineups: (f, m) 1 where an artist plays.
        known: (n, m) nonzero where the listener plays the artist already; those are no discovery and do not count.
    """
    worth = np.exp(SHARPNESS * standardized(scores))
    worth[known.nonzero()] = 0
    return np.asarray(worth @ lineups.T.toarray(), np.float32)


def simulated_lineups(
    tags: Sequence[Mapping[str, float]], listeners: NDArray[np.float64], *, festivals: int, acts: int, seed: int
) -> sp.csr_matrix:
    """Return (f, m) line-ups: each festival draws most acts from one tag and the rest from all, known ones more often.

    Args:
        tags: of each artist.
        listeners: (m,) number of listeners of each artist.
        festivals: number of festivals.
        acts: number of acts of each.
        seed: of all draws.
    """
    generator = np.random.default_rng(seed)
    by_tag: dict[str, list[int]] = {}
    for artist, one in enumerate(tags):
        for tag in one:
            by_tag.setdefault(tag, []).append(artist)
    broad = sorted(tag for tag, artists in by_tag.items() if len(artists) >= 2 * acts)
    weights = np.sqrt(listeners)
    rows, columns = [], []
    for festival in range(festivals):
        pool = np.array(by_tag[broad[generator.integers(len(broad))]])
        own = generator.choice(pool, size=acts * 2 // 3, replace=False, p=weights[pool] / weights[pool].sum())
        others = np.setdiff1d(np.arange(len(weights)), own)
        rest = generator.choice(others, size=acts - len(own), replace=False, p=weights[others] / weights[others].sum())
        rows.extend([festival] * acts)
        columns.extend([*own, *rest])
    return sp.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(festivals, len(weights)))
