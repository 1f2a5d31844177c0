"""Incremental clustering of mails that ask for the same; all of its state is one JSON row.

In two layers, as in CluStream (Aggarwal et al., 2003): each mail joins a *part*, a micro-cluster of mails that are all
but the same, or starts one; and parts form *clusters*. From time to time all parts are grouped anew by agglomerative
clustering, with no number of clusters given, and the groups take the names of the clusters with which they have most
mails in common. So an early mistake does not last, and a part takes its counts and examples along.

- **Centring.** The mean of all mails is subtracted before every comparison, because mails to one desk have much in
  common and only the rest distinguishes them (as "all but the top" does for word vectors; Mu and Viswanath, 2018).
- **Average linkage.** A part stores the plain mean of its unit vectors. The product of a unit vector and that mean is
  the average cosine with all members (Cutting et al., Scatter/Gather, 1992).
- **Bounded.** Above `MAX_PARTS` the cheapest merges of the same tree are made for good.

A cluster of one mail is a mail that is not grouped yet. docs/models/mail-clustering.md has the formulas and figures.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.support.agglomeration import agglomerate, group_rows, joining_costs
from processors.support.cluster import Cluster, ClusterExample, ClusteringState, ClusterPart
from processors.support.cluster_identity import carry_names
from processors.support.surge import ArrivalRate, surge_ratio

Vector = NDArray[np.float32]

PART_SIMILARITY = 0.7
"""Average cosine from which a mail joins a part."""

NEAR_SIMILARITY = 0.45
"""Average cosine with a part from which a mail joins its cluster, as a part of its own."""

MAX_COST = 0.68
"""Cost (`agglomeration`) from which groups stay apart, once `FULL_MAILS` came.

Chosen with the other constants on the half `choose` of the festival mails and on three public sets;
docs/models/mail-clustering.md has the figures, those on intents of no choice among them."""

FULL_MAILS, GROWTH_EXPONENT = 1_500, 0.15
"""Mails from which the cost applies in full; before, it is multiplied by (mails / `FULL_MAILS`) ** `GROWTH_EXPONENT`,
because the cost grows with the sizes of the groups."""

MAX_PARTS, KEPT_PARTS, MAX_CLUSTERS = 320, 256, 200
"""Parts at which the nearest are merged for good, those that are left, and the upper bound of clusters."""

MIN_GROUPING_MAILS, GROUPING_SHARE, MAX_GROUPING_MAILS = 16, 1 / 8, 125
"""Mails after which parts are grouped anew: this share of all mails, within these bounds."""

MAX_MEAN_MAILS = 200
"""Mails after which the mean of a part moves by a constant share (1/200), because topics drift over a weekend."""

MEAN_PRIOR_MAILS, MAX_MEAN_WEIGHT = 5, 2_000
"""Weight, in mails, of a zero mean before the first mail; and mails after which the mean moves by a constant share."""

_MIN_VARIANCE = 0.05
"""Lower bound of squared lengths, so that a mail equal to the mean is not divided by zero."""


class Assignment(Struct, frozen=True):
    """Cluster of a mail, and what changed when it came."""

    cluster: Cluster
    new: bool
    """True if the mail started the cluster."""
    similarity: float
    """Average similarity of the mail to its part; 1 for a new part."""
    part: ClusterPart
    """Part that the mail is in."""
    ended: dict[str, str]
    """Names of the clusters that ended, and of those that have most of their mails."""
    split: dict[str, str]
    """Names of new clusters, and of those that had most of their mails."""

    def count_topics(self, topics: list[str]) -> None:
        """Count the topics that the mail was classified as."""
        self.part.topics.add(topics)


class IncrementalClustering:
    """Incremental clustering in two layers.

    Deterministic: the same vectors in the same order give the same clusters.

    Args:
        state: changed in place.
        max_cost: cost from which groups stay apart.
        max_parts: parts at which the nearest are merged for good.
        kept_parts: parts that are left then.
        max_clusters: upper bound of clusters.

    >>> clustering = IncrementalClustering(ClusteringState())
    >>> at = datetime(2026, 7, 4, 18)
    >>> example = ClusterExample("my refund", question="Where is my refund?")
    >>> a = clustering.assign(np.array([1, 0], np.float32), at, "m1", example, ["refund"])
    >>> b = clustering.assign(np.array([0.8, 0.6], np.float32), at, "m2", example, ["refund"])
    >>> (a.new, b.new, b.cluster.size, b.cluster.label)
    (True, False, 2, 'Where is my refund?')
    """

    def __init__(
        self,
        state: ClusteringState,
        *,
        max_cost: float = MAX_COST,
        max_parts: int = MAX_PARTS,
        kept_parts: int = KEPT_PARTS,
        max_clusters: int = MAX_CLUSTERS,
    ) -> None:
        self.state = state
        self._max_cost, self._max_parts, self._kept_parts = max_cost, max_parts, kept_parts
        self._max_clusters = max_clusters
        means = [_decode(part.mean) for part in state.parts]
        self._means: Vector = np.stack(means) if means else np.zeros((0, 0), np.float32)
        self._common: Vector = np.frombuffer(state.mean, np.float32).copy()
        self._weights: Vector = np.ones(1, np.float32)
        self._added_cost = 0.0

    @property
    def clusters(self) -> list[Cluster]:
        """Current clusters, those of one mail among them."""
        by_name: dict[str, list[ClusterPart]] = {}
        for part in self.state.parts:
            by_name.setdefault(part.cluster, []).append(part)
        return [Cluster(name, parts) for name, parts in by_name.items()]

    def find(self, name: str) -> list[Cluster]:
        """Return the clusters that have the mails of a name, the one that it has or was merged into first.

        Returns:
            An empty list if the cluster never existed or was forgotten.
        """
        by_name = {cluster.id: cluster for cluster in self.clusters}
        return [by_name[current] for current in self.state.current_names(name) if current in by_name]

    def current_cluster(self, part: str) -> str | None:
        """Return the name of the cluster that has the mails of a part now; None if it was forgotten."""
        current = self.state.parts_merged_into.get(part, part)
        return next((other.cluster for other in self.state.parts if other.id == current), None)

    def erase_examples(self, matches: Callable[[ClusterExample], bool]) -> int:
        """Remove the examples that match; a part of one mail whose only example is removed is removed, too.

        Returns:
            Number of examples that were removed.
        """
        removed = 0
        for index in reversed(range(len(self.state.parts))):
            part = self.state.parts[index]
            before = len(part.examples)
            part.examples = [example for example in part.examples if not matches(example)]
            removed += before - len(part.examples)
            if before and not part.examples and part.size == 1:
                del self.state.parts[index]
                self._means = np.delete(self._means, index, axis=0)
        return removed

    def set_weights(self, weights: Vector, added_cost: float = 0.0) -> None:
        """Set the weights of the dimensions for the next comparisons.

        Args:
            weights: weight of each dimension, such that a weighted mail vector has unit length.
            added_cost: added to the cost from which groups stay apart.
        """
        self._weights, self._added_cost = weights, added_cost

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
        self._update_mean(vector, at, arriving=arriving)
        ended, split = self._group_if_due()
        centred = (vector - self._common) * self._weights
        centred /= max(float(np.linalg.norm(centred)), _MIN_VARIANCE)
        part, similarity = self._find_part(centred, vector, at, name)
        if arriving:
            part.rate.count(at)
        part.first = min(part.first, at)
        part.words.add(words)
        part.add_example(msgspec.structs.replace(example, similarity=similarity))
        parts = [other for other in self.state.parts if other.cluster == part.cluster]
        cluster = Cluster(part.cluster, parts, self._surge(parts))
        return Assignment(cluster, cluster.size == 1, min(1.0, similarity), part, ended, split)

    def _find_part(self, centred: Vector, vector: Vector, at: datetime, name: str) -> tuple[ClusterPart, float]:
        """Return the part that a mail joined or started, and its similarity to it."""
        owner = ""
        if self.state.parts:
            weighted = self._weights * centred
            similarities = (self._means @ weighted - self._common @ weighted) / self._lengths()
            best = int(similarities.argmax())
            part = self.state.parts[best]
            if similarities[best] >= PART_SIMILARITY:
                part.size += 1
                step = (vector - self._means[best]) / min(part.size, MAX_MEAN_MAILS)
                self._set_mean(best, self._means[best] + step)
                return part, float(similarities[best])
            near = similarities[best] >= NEAR_SIMILARITY
            owner = part.cluster if near else self._cheapest_cluster(centred)
        part = ClusterPart(name, b"", 1, at, ArrivalRate(at), owner=owner)
        self.state.parts.append(part)
        self._means = np.vstack([self._means.reshape(-1, len(vector)), vector[None]])
        self._set_mean(len(self._means) - 1, vector)
        return part, 1.0

    def _cheapest_cluster(self, centred: Vector) -> str:
        """Return the cluster that a mail joins at the lowest cost, or an empty name if each costs too much."""
        means = self._centred_means()
        names = list(dict.fromkeys(part.cluster for part in self.state.parts))
        rows = {name: row for row, name in enumerate(names)}
        sizes, sums = np.zeros(len(names)), np.zeros((len(names), means.shape[1]), np.float32)
        for part, mean in zip(self.state.parts, means, strict=True):
            row = rows[part.cluster]
            sizes[row] += part.size
            sums[row] += part.size * mean
        cluster_means = (sums / sizes[:, None]).astype(np.float32)
        costs = joining_costs(cluster_means, sizes, centred)
        cheapest = int(costs.argmin())
        return names[cheapest] if costs[cheapest] <= self._current_max_cost() else ""

    def _group_if_due(self) -> tuple[dict[str, str], dict[str, str]]:
        """Group all parts anew if enough mails came; return the clusters that ended and those that were split off."""
        state = self.state
        interval = min(max(MIN_GROUPING_MAILS, int(state.mails * GROUPING_SHARE)), MAX_GROUPING_MAILS)
        if state.mails - state.grouped_at < interval and len(state.parts) < self._max_parts:
            return {}, {}
        state.grouped_at = state.mails
        sizes = np.array([part.size for part in state.parts], np.float64)
        merges = agglomerate(self._centred_means(), sizes, self._current_max_cost(), self._max_clusters)
        ended, split = carry_names(state.parts, group_rows(len(sizes), merges))
        for new, origin in split.items():
            state.record_split(origin, new)
        for old, target in ended.items():
            state.record_merge(old, target)
        if len(sizes) >= self._max_parts:
            self._merge_parts(group_rows(len(sizes), merges[: len(sizes) - self._kept_parts]))
        return ended, split

    def _merge_parts(self, groups: NDArray[np.int64]) -> None:
        """Merge the parts of each group for good, into the part of that row."""
        parts = self.state.parts
        for index, row in enumerate(groups):
            if row == index:
                continue
            kept, merged = parts[row], parts[index]
            share = merged.size / (kept.size + merged.size)
            self._set_mean(int(row), self._means[row] + share * (self._means[index] - self._means[row]))
            # A part without an owner has its cluster's name as its own: it must not lose it to another name.
            kept.owner = kept.cluster
            kept.absorb(merged)
            self.state.record_part_merge(merged.id, kept.id)
        left = np.unique(groups)
        self.state.parts = [parts[row] for row in left]
        self._means = self._means[left]

    def _current_max_cost(self) -> float:
        growth = min(1.0, self.state.mails / FULL_MAILS) ** GROWTH_EXPONENT
        return float((self._max_cost + self._added_cost) * growth)

    def _update_mean(self, vector: Vector, at: datetime, *, arriving: bool) -> None:
        state = self.state
        if not len(self._common):
            self._common = np.zeros(len(vector), np.float32)
        state.mails += 1
        weight = np.float32(min(MEAN_PRIOR_MAILS + state.mails, MAX_MEAN_WEIGHT))
        self._common += (vector - self._common) / weight
        state.mean = self._common.tobytes()
        if arriving:
            state.since = min(state.since, at) if state.since else at
            state.rate = state.rate or ArrivalRate(at)
            state.rate.count(at)

    def _centred_means(self) -> Vector:
        """Return the means of the parts less the common mean, over the RMS length of their centred members."""
        out: Vector = (self._means - self._common) * self._weights / self._lengths()[:, None]
        return out

    def _lengths(self) -> Vector:
        """Return the RMS length of the centred members of each part.

        For a mean m of unit vectors v and the common mean c, the mean of |v - c|² is 1 - 2 m·c + |c|².
        """
        weighted = self._common * self._weights**2
        variance = 1 - 2 * (self._means @ weighted) + self._common @ weighted
        out: Vector = np.sqrt(np.maximum(variance, _MIN_VARIANCE)).astype(np.float32)
        return out

    def _set_mean(self, index: int, mean: Vector) -> None:
        """Use the float16 value that the row stores, so that a restart continues with exactly the same numbers."""
        self.state.parts[index].mean = mean.astype(np.float16).tobytes()
        self._means[index] = _decode(self.state.parts[index].mean)

    def _surge(self, parts: list[ClusterPart]) -> float:
        all_mail, since = self.state.rate, self.state.since
        if all_mail is None or since is None:
            return 0.0
        return surge_ratio(ArrivalRate.sum_of([part.rate for part in parts]), all_mail, since)


def _decode(stored: bytes) -> Vector:
    return np.frombuffer(stored, np.float16).astype(np.float32)
