"""Incremental clustering of mails: centroids that grow, merge and are forgotten; all of it one row of state."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from processors.support.words import FrequentWords

Vector = NDArray[np.float32]

MOST = 160
"""clusters kept; the row stays below 200 kB"""

JOIN, MERGE = 0.50, 0.80
"""cosine from which a mail joins a cluster, and from which two clusters become one"""

STEADY = 60
"""Mails after which a centroid moves by a constant share: topics drift over a weekend."""

NOW_MINUTES, USUAL_MINUTES = 15.0, 240.0

FEWEST = 1.5
"""Mails within `NOW_MINUTES` that are usual for any cluster, so that two mails are no surge."""


class Cluster(Struct):
    """Mails that ask for the same."""

    id: str
    centroid: bytes
    """float16, not normalised: its length tells how alike the mails are"""
    size: int
    example: str
    """the first mail, masked"""
    last: datetime
    now: float
    """mails of the last minutes, fading with `NOW_MINUTES`"""
    usual: float
    """the same fading with `USUAL_MINUTES`"""
    words: FrequentWords = field(default_factory=FrequentWords)

    @property
    def label(self) -> str:
        """Its most frequent words."""
        return " · ".join(self.words.top(3)) or self.example[:40]

    def fade(self, at: datetime) -> None:
        """Let the time until `at` pass; a mail that is late changes nothing."""
        minutes = (at - self.last).total_seconds() / 60
        if minutes > 0:
            self.now *= math.exp(-minutes / NOW_MINUTES)
            self.usual *= math.exp(-minutes / USUAL_MINUTES)
            self.last = at

    @property
    def surge(self) -> float:
        """Mails of the last quarter of an hour ÷ what is usual for this cluster."""
        return self.now / max(FEWEST, self.usual * NOW_MINUTES / USUAL_MINUTES)


class Assigned(Struct, frozen=True):
    """Where a mail went."""

    cluster: Cluster
    new: bool
    similarity: float


class Clusters:
    """Follows a stream of unit vectors; the same vectors in the same order give the same clusters.

    >>> clusters = Clusters([])
    >>> at = datetime(2026, 7, 4, 18)
    >>> a = clusters.assign(np.array([1, 0], np.float32), at, "m1", "refund please", ["refund"])
    >>> b = clusters.assign(np.array([0.9, 0.1], np.float32), at, "m2", "my refund", ["refund"])
    >>> (a.new, b.new, b.cluster.size, b.cluster.label)
    (True, False, 2, 'refund')
    """

    def __init__(self, kept: list[Cluster], *, join: float = JOIN, merge: float = MERGE, most: int = MOST) -> None:
        self.kept = kept
        self._join, self._merge, self._most = join, merge, most
        self._centroids = [np.frombuffer(cluster.centroid, np.float16).astype(np.float32) for cluster in kept]

    def assign(self, vector: Vector, at: datetime, message: str, example: str, words: list[str]) -> Assigned:
        """Put one mail into its cluster, or begin a new one.

        Args:
            vector: unit vector of the mail.
            at: when it was sent.
            message: names a new cluster, so that a mail that is read again begins the same one.
            example: its text, masked.
        """
        best, similarity = self._nearest(vector)
        if best is None or similarity < self._join:
            self._make_room()
            cluster = Cluster(message, b"", 0, example, at, 0.0, 0.0)
            self.kept.append(cluster)
            self._centroids.append(vector.copy())
            best, new = len(self.kept) - 1, True
        else:
            cluster, new = self.kept[best], False
        self._grow(best, vector)
        cluster.size += 1
        cluster.words.add(words)
        cluster.fade(at)
        cluster.now += 1
        cluster.usual += 1
        if not new:
            cluster = self._merge_near(best)
        return Assigned(cluster, new, 1.0 if new else similarity)

    def _nearest(self, vector: Vector) -> tuple[int | None, float]:
        if not self.kept:
            return None, 0.0
        centroids = np.stack(self._centroids)
        lengths = np.maximum(np.linalg.norm(centroids, axis=1), 1e-6)
        similarities = centroids @ vector / lengths
        best = int(similarities.argmax())
        return best, float(similarities[best])

    def _grow(self, index: int, vector: Vector) -> None:
        cluster = self.kept[index]
        share = 1 / min(cluster.size + 1, STEADY)
        centroid = self._centroids[index] + share * (vector - self._centroids[index])
        self._store(index, centroid)

    def _store(self, index: int, centroid: Vector) -> None:
        """Keep what the row will hold, so that a restart continues with exactly the same numbers."""
        half = centroid.astype(np.float16)
        self.kept[index].centroid = half.tobytes()
        self._centroids[index] = half.astype(np.float32)

    def _merge_near(self, index: int) -> Cluster:
        """Join a cluster with the one that it has come near to; the larger one keeps its name."""
        cluster, centroid = self.kept[index], self._centroids[index]
        others = np.stack(self._centroids)
        lengths = np.maximum(np.linalg.norm(others, axis=1) * max(float(np.linalg.norm(centroid)), 1e-6), 1e-6)
        near = others @ centroid / lengths
        near[index] = -1
        other = int(near.argmax())
        if near[other] < self._merge or len(self.kept) < 2:
            return cluster
        keep, drop = (index, other) if cluster.size >= self.kept[other].size else (other, index)
        kept, dropped = self.kept[keep], self.kept[drop]
        share = dropped.size / (kept.size + dropped.size)
        self._store(keep, self._centroids[keep] + share * (self._centroids[drop] - self._centroids[keep]))
        last = max(kept.last, dropped.last)
        kept.fade(last)
        dropped.fade(last)
        kept.size += dropped.size
        kept.now += dropped.now
        kept.usual += dropped.usual
        for word, count in dropped.words.counts.items():
            for _ in range(min(count, 20)):
                kept.words.add([word])
        del self.kept[drop], self._centroids[drop]
        return kept

    def _make_room(self) -> None:
        """Forget the cluster that matters least: few mails, and long ago."""
        while len(self.kept) >= self._most:
            newest = max(cluster.last for cluster in self.kept)

            def weight(index: int, newest: datetime = newest) -> float:
                cluster = self.kept[index]
                return math.log1p(cluster.size) - (newest - cluster.last).total_seconds() / (12 * 3600)

            least = min(range(len(self.kept)), key=weight)
            del self.kept[least], self._centroids[least]
