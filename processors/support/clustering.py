"""Incremental clustering of mails that ask for the same; all of its state is one JSON row.

Nearest-centroid clustering with average linkage, one mail at a time: a mail joins the cluster to whose members it has
the highest average similarity, or starts one; clusters that come near to each other are merged, clusters of two parts
are split, and old small ones are evicted.

- **Centring.** The mean of all mails is subtracted before every comparison, because mails to one desk have much in
  common and only the rest distinguishes them (as "all but the top" does for word vectors; Mu and Viswanath, 2018).
- **Average linkage.** A cluster stores the plain mean of its unit vectors. The product of a unit vector and that mean
  is the average cosine with all members (Cutting et al., Scatter/Gather, 1992), so that a loose cluster does not
  absorb its neighbours.
- **Splitting.** The mails of a cluster are assigned to the nearer of two means (sequential 2-means; MacQueen, 1967).
  The second mean starts from one mail, or from a cluster that was merged into this one. When the two parts are unlike
  enough, the cluster is split.

docs/models/mail-clustering.md has the formulas and the figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.support.cluster import Cluster, ClusterExample, ClusteringState, ClusterPart, add_example
from processors.support.surge import ArrivalRate, surge_ratio

Vector = NDArray[np.float32]

JOIN_SIMILARITY, MERGE_SIMILARITY = 0.48, 0.58
"""Average cosine from which a mail joins a cluster, and from which two clusters are merged.

Chosen on the half `choose` of the festival mails and three public sets; training/encoder/README.md has the figures."""

SPLIT_COSINE, MIN_PART_MAILS = 0.65, 4
"""Cosine of the means of two parts below which a cluster is split, and mails that each part must have."""

MAX_PART_RATIO = 16
"""Ratio of the sizes of the two parts above which the smaller one is taken for a stray mail and given up."""

MAX_CENTROID_WEIGHT = 200
"""Mails after which a centroid moves by a constant share (1/200), because topics drift over a weekend."""

MEAN_PRIOR_MAILS, MAX_MEAN_WEIGHT = 5, 2_000
"""Weight, in mails, of a zero mean before the first mail; and mails after which the mean moves by a constant share."""

MAX_CLUSTERS = 160
"""Upper bound of clusters; the row stays below 900 kB."""

EVICTION_HOURS = 12
"""Hours by which a cluster outlives one with 1/e of its mails."""

_MIN_VARIANCE = 0.05
"""Lower bound of squared lengths, so that a mail equal to the mean is not divided by zero."""


class Assignment(Struct, frozen=True):
    """Cluster of a mail, and what the mail changed."""

    cluster: Cluster
    new: bool
    """True if the mail started the cluster."""
    similarity: float
    """Average similarity of the mail to the cluster; 1 for a new cluster."""
    merged: str | None = None
    """Name of a cluster that was merged into this one."""
    split: tuple[str, str] | None = None
    """Names of the cluster that was split, and of the new one."""
    part: ClusterPart | None = None
    """Second part of the cluster, if the mail is in it."""

    def count_topics(self, topics: list[str]) -> None:
        """Count the topics that the mail was classified as."""
        self.cluster.topics.add(topics)
        if self.part is not None:
            self.part.topics.add(topics)


class IncrementalClustering:
    """Incremental nearest-centroid clustering with merging and splitting.

    Deterministic: the same vectors in the same order give the same clusters.

    Args:
        state: changed in place.
        join: average similarity from which a mail joins a cluster.
        merge: average similarity from which two clusters are merged.
        split: cosine of the means of two parts below which a cluster is split.
        max_clusters: upper bound of clusters.

    >>> clustering = IncrementalClustering(ClusteringState())
    >>> at = datetime(2026, 7, 4, 18)
    >>> a = clustering.assign(np.array([1, 0], np.float32), at, "m1", ClusterExample("refund please"), ["refund"])
    >>> b = clustering.assign(np.array([0.8, 0.6], np.float32), at, "m2", ClusterExample("my refund"), ["refund"])
    >>> (a.new, b.new, b.cluster.size, b.cluster.label)
    (True, False, 2, 'refund')
    """

    def __init__(
        self,
        state: ClusteringState,
        *,
        join: float = JOIN_SIMILARITY,
        merge: float = MERGE_SIMILARITY,
        split: float = SPLIT_COSINE,
        max_clusters: int = MAX_CLUSTERS,
    ) -> None:
        self.state = state
        self._join, self._merge, self._split, self._max_clusters = join, merge, split, max_clusters
        centroids = [_decode(cluster.centroid) for cluster in state.clusters]
        self._means: Vector = np.stack(centroids) if centroids else np.zeros((0, 0), np.float32)
        self._common: Vector = np.frombuffer(state.mean, np.float32).copy()
        self._weights: Vector = np.ones(1, np.float32)
        self._reduction = 0.0
        self._arriving = True

    @property
    def clusters(self) -> list[Cluster]:
        """Current clusters."""
        return self.state.clusters

    def find(self, name: str) -> list[Cluster]:
        """Return the clusters that have the mails of a name, the one that it has or was merged into first.

        Returns:
            An empty list if the cluster was evicted or never existed.
        """
        by_id = {cluster.id: cluster for cluster in self.clusters}
        return [by_id[current] for current in self.state.current_names(name) if current in by_id]

    def erase_examples(self, matches: Callable[[ClusterExample], bool]) -> int:
        """Remove the examples that match; a cluster of one mail whose only example is removed is removed, too.

        Returns:
            Number of examples that were removed.
        """
        removed = 0
        for index in reversed(range(len(self.clusters))):
            cluster = self.clusters[index]
            before = len(cluster.all_examples)
            cluster.examples = [example for example in cluster.examples if not matches(example)]
            if cluster.part is not None:
                cluster.part.examples = [example for example in cluster.part.examples if not matches(example)]
            removed += before - len(cluster.all_examples)
            if before and not cluster.all_examples and cluster.size == 1:
                self._remove(index)
        return removed

    def set_weights(self, weights: Vector, threshold_reduction: float = 0.0) -> None:
        """Set the weights of the dimensions for the next comparisons.

        Args:
            weights: weight of each dimension, such that a weighted mail vector has unit length.
            threshold_reduction: subtracted from the similarities for joining and merging.
        """
        self._weights, self._reduction = weights, threshold_reduction

    def assign(
        self,
        vector: Vector,
        at: datetime,
        name: str,
        example: ClusterExample,
        words: list[str],
        *,
        arriving: bool = True,
    ) -> Assignment:
        """Add one mail to its cluster, or start a new one.

        Args:
            vector: unit vector of the mail, float32.
            at: time at which it was sent.
            name: name of a new cluster, derived from the mail, so that a replay starts the same one.
            example: masked text and sender of the mail.
            words: content words of the mail.
            arriving: False for an old mail, which must not count in arrival rates.
        """
        self._arriving = arriving
        self._update_mean(vector, at)
        centroids = self._centred(self._means)
        centred = (vector - self._common) * self._weights
        centred /= max(float(np.linalg.norm(centred)), _MIN_VARIANCE)
        similarities: Vector = centroids @ centred if len(centroids) else np.zeros(0, np.float32)
        best = int(similarities.argmax()) if len(similarities) else -1
        if best < 0 or similarities[best] < self._join - self._reduction:
            return Assignment(self._start(vector, at, name, example, words), True, 1.0)
        similarity = float(similarities[best])
        self._add_mail(best, vector, at, words)
        cluster = self.clusters[best]
        example = msgspec.structs.replace(example, similarity=similarity)
        part = self._assign_part(cluster, vector, at, example, words)
        cluster, split = self._split_if_unlike(best, name, in_part=part is not None)
        merged = None
        if split is None:
            cluster, merged = self._merge_nearest(best)
        cluster.surge = self._surge(cluster)
        in_part = part if cluster.part is part else None
        return Assignment(cluster, False, min(1.0, similarity), merged, split, in_part)

    def _assign_part(
        self, cluster: Cluster, vector: Vector, at: datetime, example: ClusterExample, words: list[str]
    ) -> ClusterPart | None:
        """Assign a mail to the nearer of the two parts; return the second part if the mail is in it."""
        part = cluster.part
        if part is None:
            if cluster.size < 2 * MIN_PART_MAILS:
                add_example(cluster.examples, example)
                return None
            part = cluster.part = ClusterPart(_encode(vector), cluster.centroid, 1, at, ArrivalRate(at))
        else:
            means = np.stack([_decode(part.rest_mean), _decode(part.mean)])
            centred = self._centred(np.vstack([means, vector[None]]))
            if centred[1] @ centred[2] <= centred[0] @ centred[2]:
                add_example(cluster.examples, example)
                rest_size = cluster.size - part.size
                part.rest_mean = _encode(means[0] + (vector - means[0]) / min(rest_size, MAX_CENTROID_WEIGHT))
                if rest_size > MAX_PART_RATIO * part.size:
                    cluster.drop_part()
                return None
            part.size += 1
            part.mean = _encode(means[1] + (vector - means[1]) / min(part.size, MAX_CENTROID_WEIGHT))
        self._count_arrival(part.rate, at)
        part.words.add(words)
        add_example(part.examples, example, limit=1)
        return part

    def _split_if_unlike(self, index: int, name: str, *, in_part: bool) -> tuple[Cluster, tuple[str, str] | None]:
        """Split a cluster whose parts are unlike; return the cluster that has the mail, and the names of both."""
        cluster = self.clusters[index]
        part = cluster.part
        if part is None or min(part.size, cluster.size - part.size) < MIN_PART_MAILS:
            return cluster, None
        centred = self._centred(np.stack([_decode(part.rest_mean), _decode(part.mean)]))
        # The product of two means is the average similarity of their mails; of a mean with itself, that within it.
        within = np.sqrt(np.maximum((centred**2).sum(axis=1), _MIN_VARIANCE))
        if centred[0] @ centred[1] >= self._split * within[0] * within[1]:
            return cluster, None
        new = cluster.split_off(part, name)
        self._means[index] = _decode(cluster.centroid)
        self._evict(keep=cluster)
        self.clusters.append(new)
        self._means = np.vstack([self._means, _decode(new.centroid)[None]])
        self.state.record_split(cluster.id, new.id)
        return new if in_part else cluster, (cluster.id, new.id)

    def _update_mean(self, vector: Vector, at: datetime) -> None:
        state = self.state
        if not len(self._common):
            self._common = np.zeros(len(vector), np.float32)
        state.mails += 1
        weight = np.float32(min(MEAN_PRIOR_MAILS + state.mails, MAX_MEAN_WEIGHT))
        self._common += (vector - self._common) / weight
        state.mean = self._common.tobytes()
        if self._arriving:
            state.since = min(state.since, at) if state.since else at
            state.rate = state.rate or ArrivalRate(at)
            state.rate.count(at)

    def _count_arrival(self, rate: ArrivalRate, at: datetime) -> None:
        if self._arriving:
            rate.count(at)

    def _centred(self, means: Vector) -> Vector:
        """Return means of unit vectors less the common mean, over the RMS length of their centred members.

        For a mean m of unit vectors v and the common mean c, the mean of |v - c|² is 1 - 2 m·c + |c|².

        Args:
            means: (k, dimensions).
        """
        if not len(means):
            return means
        common, means = self._common * self._weights, means * self._weights
        variance = 1 - 2 * (means @ common) + common @ common
        lengths = np.sqrt(np.maximum(variance, _MIN_VARIANCE)).astype(np.float32)
        out: Vector = (means - common) / lengths[:, None]
        return out

    def _start(self, vector: Vector, at: datetime, name: str, example: ClusterExample, words: list[str]) -> Cluster:
        self._evict()
        rate = ArrivalRate(at)
        self._count_arrival(rate, at)
        cluster = Cluster(name, b"", 1, at, rate, [example])
        cluster.words.add(words)
        self.clusters.append(cluster)
        self._means = np.vstack([self._means.reshape(-1, len(vector)), vector[None]])
        self._set_centroid(len(self.clusters) - 1, vector)
        cluster.surge = self._surge(cluster)
        return cluster

    def _add_mail(self, index: int, vector: Vector, at: datetime, words: list[str]) -> None:
        cluster = self.clusters[index]
        cluster.size += 1
        weight = min(cluster.size, MAX_CENTROID_WEIGHT)
        self._set_centroid(index, self._means[index] + (vector - self._means[index]) / weight)
        cluster.words.add(words)
        self._count_arrival(cluster.rate, at)

    def _set_centroid(self, index: int, mean: Vector) -> None:
        """Use the float16 value that the row stores, so that a restart continues with exactly the same numbers."""
        self.clusters[index].centroid = _encode(mean)
        self._means[index] = _decode(self.clusters[index].centroid)

    def _merge_nearest(self, index: int) -> tuple[Cluster, str | None]:
        """Merge a cluster with the nearest one if they are near enough; the larger one keeps its name."""
        centred = self._centred(self._means)
        similarities = centred @ centred[index]
        similarities[index] = -1
        other = int(similarities.argmax())
        if similarities[other] < self._merge - self._reduction:
            return self.clusters[index], None
        larger = self.clusters[index].size >= self.clusters[other].size
        target_index, source_index = (index, other) if larger else (other, index)
        target, source = self.clusters[target_index], self.clusters[source_index]
        target.drop_part()
        target.part = ClusterPart(
            source.centroid, target.centroid, source.size, source.first, source.rate, source.all_examples[:2],
            msgspec.structs.replace(source.words), msgspec.structs.replace(source.topics),
        )  # fmt: skip
        share = source.size / (target.size + source.size)
        mean = self._means[target_index] + share * (self._means[source_index] - self._means[target_index])
        self._set_centroid(target_index, mean)
        target.size += source.size
        target.first = min(target.first, source.first)
        target.rate.merge(source.rate)
        target.words.merge(source.words)
        target.topics.merge(source.topics)
        self._remove(source_index)
        self.state.record_merge(source.id, target.id)
        return target, source.id

    def _remove(self, index: int) -> None:
        del self.clusters[index]
        self._means = np.delete(self._means, index, axis=0)

    def _evict(self, keep: Cluster | None = None) -> None:
        """Remove the cluster with the lowest log(1 + mails) - age / `EVICTION_HOURS` while there are too many."""
        while len(self.clusters) >= self._max_clusters:
            newest = max(cluster.last for cluster in self.clusters)
            weights = [
                math.inf
                if cluster is keep
                else math.log1p(cluster.size) - (newest - cluster.last).total_seconds() / (EVICTION_HOURS * 3600)
                for cluster in self.clusters
            ]
            self._remove(int(np.argmin(weights)))

    def _surge(self, cluster: Cluster) -> float:
        all_mail, since = self.state.rate, self.state.since
        if all_mail is None or since is None:
            return 0.0
        return surge_ratio(cluster.rate, all_mail, since)


def _encode(mean: Vector) -> bytes:
    return mean.astype(np.float16).tobytes()


def _decode(stored: bytes) -> Vector:
    return np.frombuffer(stored, np.float16).astype(np.float32)
