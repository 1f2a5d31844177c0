"""Incremental clustering of mails: centroids that grow, merge, split and are forgotten; all of it one row of state.

Group-average linkage, followed online. Every mail is compared after the mean of all mails is taken away, because mails
to one desk have much in common and only the rest tells them apart. A cluster keeps the plain mean of its unit vectors:
a vector times that mean is its average similarity to all members, so a loose cluster does not swallow its neighbours.
Within each cluster its mails go to the nearer one of two halves (sequential 2-means; MacQueen, 1967), the second of
which begins with one mail, or with a cluster that ended here; when the two are unlike enough they are split.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.support.cluster import Cluster, ClusterExample, ClusteringState, Subcluster, show
from processors.support.surge import ArrivalRate, surge_ratio

Vector = NDArray[np.float32]

MOST = 160
"""clusters kept; the row stays below 900 kB"""

JOIN, MERGE = 0.48, 0.58
"""Average similarity from which a mail joins a cluster, and two clusters become one. training/encoder/README.md says
on which mails they were chosen."""

SPLIT, FEWEST = 0.65, 4
"""Cosine of the means of two halves below which a cluster is split, and mails that each half must have."""

LOPSIDED = 16
"""A half whose rest is so many times larger was a stray mail, and is given up."""

STEADY = 200
"""Mails after which a centroid moves by a constant share: topics drift over a weekend."""

COMMON_MAILS, COMMON_STEADY = 5, 2_000
"""Weight, in mails, of having no common direction before any mail came; and after which the mean moves steadily."""

FORGET_HOURS = 12
"""A cluster that has e times the mails of another is kept so much longer."""

_LEAST_SPREAD = 0.05


class Assignment(Struct, frozen=True):
    """Where a mail went."""

    cluster: Cluster
    new: bool
    similarity: float
    merged: str | None = None
    """name of a cluster that ended in this one by this mail"""
    split: tuple[str, str] | None = None
    """names of the cluster that was split by this mail, and of the new one"""
    half: Subcluster | None = None
    """of the cluster, if the mail went there"""

    def count(self, topics: list[str]) -> None:
        """Remember the topics that the mail was put under."""
        self.cluster.topics.add(topics)
        if self.half is not None:
            self.half.topics.add(topics)


class IncrementalClustering:
    """Follows a stream of unit vectors; the same vectors in the same order give the same clusters.

    Args:
        state: changed in place.
        join: average similarity from which a mail joins.
        merge: average similarity from which two clusters become one.
        split: cosine of the means of two halves below which one becomes two.
        most: clusters that are kept.

    >>> clusters = IncrementalClustering(ClusteringState())
    >>> at = datetime(2026, 7, 4, 18)
    >>> a = clusters.assign(np.array([1, 0], np.float32), at, "m1", ClusterExample("refund please"), ["refund"])
    >>> b = clusters.assign(np.array([0.8, 0.6], np.float32), at, "m2", ClusterExample("my refund"), ["refund"])
    >>> (a.new, b.new, b.cluster.size, b.cluster.label)
    (True, False, 2, 'refund')
    """

    def __init__(
        self,
        state: ClusteringState,
        *,
        join: float = JOIN,
        merge: float = MERGE,
        split: float = SPLIT,
        most: int = MOST,
    ) -> None:
        self.state = state
        self._join, self._merge, self._split, self._most = join, merge, split, most
        found = [_read(cluster.centroid) for cluster in state.kept]
        self._means: Vector = np.stack(found) if found else np.zeros((0, 0), np.float32)
        self._common: Vector = np.frombuffer(state.mean, np.float32).copy()
        self._weights: Vector = np.ones(1, np.float32)
        self._looser = 0.0

    @property
    def kept(self) -> list[Cluster]:
        """Alive."""
        return self.state.kept

    def leads(self, name: str) -> list[Cluster]:
        """The clusters that have the mails of a name now, the one that it is or ended in first; none if forgotten."""
        alive = {cluster.id: cluster for cluster in self.kept}
        return [alive[one] for one in self.state.leads(name) if one in alive]

    def erase(self, unwanted: Callable[[ClusterExample], bool]) -> int:
        """Take examples out; a cluster of one mail whose only example goes is forgotten. Returns how many went."""
        gone = 0
        for index in reversed(range(len(self.kept))):
            cluster = self.kept[index]
            before = len(cluster.shown)
            cluster.examples = [example for example in cluster.examples if not unwanted(example)]
            if cluster.half is not None:
                cluster.half.examples = [example for example in cluster.half.examples if not unwanted(example)]
            gone += before - len(cluster.shown)
            if before and not cluster.shown and cluster.size == 1:
                self._drop(index)
        return gone

    def weigh(self, weights: Vector, looser: float = 0.0) -> None:
        """Compare from now on by weighted vectors.

        Args:
            weights: of each dimension, so that a vector times them is of unit length.
            looser: taken off the similarities that are asked for.
        """
        self._weights, self._looser = weights, looser

    def assign(
        self, vector: Vector, at: datetime, message: str, example: ClusterExample, words: list[str]
    ) -> Assignment:
        """Put one mail into its cluster, or begin a new one.

        Args:
            vector: unit vector of the mail, float32.
            at: when it was sent.
            message: names a new cluster, so that a mail that is read again begins the same one.
            example: its text, masked, and whose it is.
        """
        self._learn_common(vector, at)
        centred = self._centred(self._means)
        rest = (vector - self._common) * self._weights
        rest /= max(float(np.linalg.norm(rest)), _LEAST_SPREAD)
        near: Vector = centred @ rest if len(centred) else np.zeros(0, np.float32)
        best = int(near.argmax()) if len(near) else -1
        if best < 0 or near[best] < self._join - self._looser:
            return Assignment(self._begin(vector, at, message, example, words), True, 1.0)
        similarity = float(near[best])
        self._grow(best, vector, at, words)
        cluster = self.kept[best]
        half = self._halve(cluster, vector, at, msgspec.structs.replace(example, typical=similarity), words)
        cluster, split = self._split_far(best, message, half is not None)
        merged = None
        if split is None:
            cluster, merged = self._merge_near(best)
        cluster.surge = self._surge(cluster)
        return Assignment(cluster, False, min(1.0, similarity), merged, split, half if cluster.half is half else None)

    def _halve(
        self, cluster: Cluster, vector: Vector, at: datetime, example: ClusterExample, words: list[str]
    ) -> Subcluster | None:
        """Count a mail in the half that it is nearer to; returns the half if it went there."""
        half = cluster.half
        if half is None:
            if cluster.size < 2 * FEWEST:
                show(cluster.examples, example)
                return None
            half = cluster.half = Subcluster(_stored(vector), cluster.centroid, 1, at, ArrivalRate(at))
        else:
            means = np.stack([_read(half.rest), _read(half.mean)])
            centred = self._centred(np.vstack([means, vector[None]]))
            if centred[1] @ centred[2] <= centred[0] @ centred[2]:
                show(cluster.examples, example)
                rest = cluster.size - half.size
                half.rest = _stored(means[0] + (vector - means[0]) / min(rest, STEADY))
                if rest > LOPSIDED * half.size:
                    cluster.whole()
                return None
            half.size += 1
            half.mean = _stored(means[1] + (vector - means[1]) / min(half.size, STEADY))
        half.pace.count(at)
        half.words.add(words)
        show(half.examples, example, most=1)
        return half

    def _split_far(self, index: int, name: str, in_half: bool) -> tuple[Cluster, tuple[str, str] | None]:
        """Part the halves of a cluster that would not be put together now; returns the one that has the mail."""
        cluster = self.kept[index]
        half = cluster.half
        if half is None or min(half.size, cluster.size - half.size) < FEWEST:
            return cluster, None
        centred = self._centred(np.stack([_read(half.rest), _read(half.mean)]))
        # A product of two means is the average similarity of their mails, and of a mean with itself how alike its are.
        alike = np.sqrt(np.maximum((centred**2).sum(axis=1), _LEAST_SPREAD))
        if centred[0] @ centred[1] >= self._split * alike[0] * alike[1]:
            return cluster, None
        new = cluster.part(name)
        self._means[index] = _read(cluster.centroid)
        self._make_room(keep=cluster)
        self.kept.append(new)
        self._means = np.vstack([self._means, _read(new.centroid)[None]])
        self.state.part(cluster.id, new.id)
        return new if in_half else cluster, (cluster.id, new.id)

    def _learn_common(self, vector: Vector, at: datetime) -> None:
        state = self.state
        if not len(self._common):
            self._common = np.zeros(len(vector), np.float32)
        state.mails += 1
        weight = np.float32(min(COMMON_MAILS + state.mails, COMMON_STEADY))
        self._common += (vector - self._common) / weight
        state.mean = self._common.tobytes()
        state.since = min(state.since, at) if state.since else at
        state.pace = state.pace or ArrivalRate(at)
        state.pace.count(at)

    def _centred(self, means: Vector) -> Vector:
        """Means of vectors, each less the common one and then of unit length (k, dimensions)."""
        if not len(means):
            return means
        common, means = self._common * self._weights, means * self._weights
        spread = 1 - 2 * (means @ common) + common @ common
        lengths = np.sqrt(np.maximum(spread, _LEAST_SPREAD)).astype(np.float32)
        out: Vector = (means - common) / lengths[:, None]
        return out

    def _begin(self, vector: Vector, at: datetime, message: str, example: ClusterExample, words: list[str]) -> Cluster:
        self._make_room()
        pace = ArrivalRate(at)
        pace.count(at)
        cluster = Cluster(message, b"", 1, at, pace, [example])
        cluster.words.add(words)
        self.kept.append(cluster)
        self._means = np.vstack([self._means.reshape(-1, len(vector)), vector[None]])
        self._store(len(self.kept) - 1, vector)
        cluster.surge = self._surge(cluster)
        return cluster

    def _grow(self, index: int, vector: Vector, at: datetime, words: list[str]) -> None:
        cluster = self.kept[index]
        cluster.size += 1
        self._store(index, self._means[index] + (vector - self._means[index]) / min(cluster.size, STEADY))
        cluster.words.add(words)
        cluster.pace.count(at)

    def _store(self, index: int, mean: Vector) -> None:
        """Keep what the row will hold, so that a restart continues with exactly the same numbers."""
        self.kept[index].centroid = _stored(mean)
        self._means[index] = _read(self.kept[index].centroid)

    def _merge_near(self, index: int) -> tuple[Cluster, str | None]:
        """Join a cluster with the one that it has come near to; the larger one keeps its name."""
        centred = self._centred(self._means)
        near = centred @ centred[index]
        near[index] = -1
        other = int(near.argmax())
        if near[other] < self._merge - self._looser:
            return self.kept[index], None
        keep, drop = (index, other) if self.kept[index].size >= self.kept[other].size else (other, index)
        kept, dropped = self.kept[keep], self.kept[drop]
        kept.whole()
        kept.half = Subcluster(
            dropped.centroid, kept.centroid, dropped.size, dropped.first, dropped.pace, dropped.shown[:2],
            msgspec.structs.replace(dropped.words), msgspec.structs.replace(dropped.topics),
        )  # fmt: skip
        share = dropped.size / (kept.size + dropped.size)
        self._store(keep, self._means[keep] + share * (self._means[drop] - self._means[keep]))
        kept.size += dropped.size
        kept.first = min(kept.first, dropped.first)
        kept.pace.add(dropped.pace)
        kept.words.merge(dropped.words)
        kept.topics.merge(dropped.topics)
        self._drop(drop)
        self.state.end(dropped.id, kept.id)
        return kept, dropped.id

    def _drop(self, index: int) -> None:
        del self.kept[index]
        self._means = np.delete(self._means, index, axis=0)

    def _make_room(self, keep: Cluster | None = None) -> None:
        """Forget the cluster that matters least: few mails, and long ago."""
        while len(self.kept) >= self._most:
            newest = max(cluster.last for cluster in self.kept)
            weights = [
                math.inf
                if cluster is keep
                else math.log1p(cluster.size) - (newest - cluster.last).total_seconds() / (FORGET_HOURS * 3600)
                for cluster in self.kept
            ]
            self._drop(int(np.argmin(weights)))

    def _surge(self, cluster: Cluster) -> float:
        everything, since = self.state.pace, self.state.since
        if everything is None or since is None:
            return 0.0
        return surge_ratio(cluster.pace, everything, since)


def _stored(mean: Vector) -> bytes:
    return mean.astype(np.float16).tobytes()


def _read(stored: bytes) -> Vector:
    return np.frombuffer(stored, np.float16).astype(np.float32)
