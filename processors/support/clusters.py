"""Incremental clustering of mails: centroids that grow, merge and are forgotten; all of it one row of state.

Group-average linkage, followed online. Every mail is compared after the mean of all mails is taken away, because mails
to one desk have much in common and only the rest tells them apart. A cluster keeps the plain mean of its unit vectors:
a vector times that mean is its average similarity to all members, so a loose cluster does not swallow its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

import msgspec
import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from processors.support.surge import Pace, surge
from processors.support.words import FrequentWords

Vector = NDArray[np.float32]

MOST = 160
"""clusters kept; the row stays below 400 kB"""

JOIN, MERGE = 0.48, 0.58
"""Average similarity from which a mail joins a cluster, and two clusters become one. training/encoder/README.md says
on which mails they were chosen."""

STEADY = 200
"""Mails after which a centroid moves by a constant share: topics drift over a weekend."""

COMMON_MAILS, COMMON_STEADY = 5, 2_000
"""Weight, in mails, of having no common direction before any mail came; and after which the mean moves steadily."""

FORGET_HOURS = 12
"""A cluster that has e times the mails of another is kept so much longer."""

EXAMPLES = 2
"""mails of each language that a cluster keeps to show what it is about"""

REMEMBERED = 1_000
"""clusters that have ended in another one and are still found by their old name"""

_LEAST_SPREAD = 0.05


class Example(Struct, frozen=True):
    """A mail that shows what a cluster is about."""

    text: str
    """masked"""
    language: str = ""
    typical: float = 0.0
    """how like the others of its cluster it was when it came"""
    sender: str = ""
    """digest of the address, so that one person's mails can be taken out"""
    message: str = ""
    """digest of the message's id"""


class Cluster(Struct):
    """Mails that ask for the same."""

    id: str
    centroid: bytes
    """float16, the mean of unit vectors: its length tells how alike the mails are"""
    size: int
    first: datetime
    pace: Pace
    examples: list[Example] = field(default_factory=list)
    """the most typical mails, best first"""
    surge: float = 0.0
    """mails of the last quarter of an hour ÷ what is usual for this cluster, at its last mail"""
    words: FrequentWords = field(default_factory=FrequentWords)
    topics: FrequentWords = field(default_factory=FrequentWords)
    """names of the topics that its mails were put under"""

    @property
    def last(self) -> datetime:
        """Time of the latest mail."""
        return self.pace.at

    @property
    def label(self) -> str:
        """Its most frequent words."""
        return " · ".join(self.words.top(3)) or self.question()[:40]

    def question(self, language: str = "") -> str:
        """The most typical mail, of a language if there is one of it."""
        own = [example.text for example in self.examples if example.language == language]
        return next(iter(own or [example.text for example in self.examples]), "")

    def show(self, example: Example) -> None:
        """Keep a mail as an example if it is more typical than those of its language."""
        same = [other for other in self.examples if other.language == example.language]
        if len(same) >= EXAMPLES:
            least = min(same, key=lambda other: other.typical)
            if least.typical >= example.typical:
                return
            self.examples.remove(least)
        self.examples.append(example)
        self.examples.sort(key=lambda other: -other.typical)


class ClustersState(Struct):
    """All that a restart needs."""

    kept: list[Cluster] = field(default_factory=list)
    mean: bytes = b""
    """float32, of all mails"""
    mails: int = 0
    pace: Pace | None = None
    """of all mails together"""
    since: datetime | None = None
    ended: dict[str, str] = field(default_factory=dict)
    """names of clusters that are no more, and of the clusters that have their mails; the oldest go first"""


class Assigned(Struct, frozen=True):
    """Where a mail went."""

    cluster: Cluster
    new: bool
    similarity: float
    merged: str | None = None
    """name of a cluster that ended in this one by this mail"""


class Clusters:
    """Follows a stream of unit vectors; the same vectors in the same order give the same clusters.

    Args:
        state: changed in place.
        join: average similarity from which a mail joins.
        merge: average similarity from which two clusters become one.
        most: clusters that are kept.

    >>> clusters = Clusters(ClustersState())
    >>> at = datetime(2026, 7, 4, 18)
    >>> a = clusters.assign(np.array([1, 0], np.float32), at, "m1", Example("refund please"), ["refund"])
    >>> b = clusters.assign(np.array([0.8, 0.6], np.float32), at, "m2", Example("my refund"), ["refund"])
    >>> (a.new, b.new, b.cluster.size, b.cluster.label)
    (True, False, 2, 'refund')
    """

    def __init__(self, state: ClustersState, *, join: float = JOIN, merge: float = MERGE, most: int = MOST) -> None:
        self.state = state
        self._join, self._merge, self._most = join, merge, most
        found = [np.frombuffer(cluster.centroid, np.float16).astype(np.float32) for cluster in state.kept]
        self._means: Vector = np.stack(found) if found else np.zeros((0, 0), np.float32)
        self._common: Vector = np.frombuffer(state.mean, np.float32).copy()
        self._weights: Vector = np.ones(1, np.float32)
        self._looser = 0.0

    @property
    def kept(self) -> list[Cluster]:
        """Alive."""
        return self.state.kept

    def current(self, name: str) -> Cluster | None:
        """The cluster of a name, or the one that it ended in; None when it was forgotten."""
        name = self.state.ended.get(name, name)
        return next((cluster for cluster in self.kept if cluster.id == name), None)

    def erase(self, unwanted: Callable[[Example], bool]) -> int:
        """Take examples out; a cluster of one mail whose only example goes is forgotten. Returns how many went."""
        gone = 0
        for index in reversed(range(len(self.kept))):
            cluster = self.kept[index]
            left = [example for example in cluster.examples if not unwanted(example)]
            gone += len(cluster.examples) - len(left)
            if not left and cluster.examples and cluster.size == 1:
                self._drop(index)
            cluster.examples = left
        return gone

    def weigh(self, weights: Vector, looser: float = 0.0) -> None:
        """Compare from now on by weighted vectors.

        Args:
            weights: of each dimension, so that a vector times them is of unit length.
            looser: taken off the similarities that are asked for.
        """
        self._weights, self._looser = weights, looser

    def assign(self, vector: Vector, at: datetime, message: str, example: Example, words: list[str]) -> Assigned:
        """Put one mail into its cluster, or begin a new one.

        Args:
            vector: unit vector of the mail, float32.
            at: when it was sent.
            message: names a new cluster, so that a mail that is read again begins the same one.
            example: its text, masked, and whose it is.
        """
        self._learn_common(vector, at)
        centred = self._centred()
        rest = (vector - self._common) * self._weights
        rest /= max(float(np.linalg.norm(rest)), _LEAST_SPREAD)
        near: Vector = centred @ rest if len(centred) else np.zeros(0, np.float32)
        best = int(near.argmax()) if len(near) else -1
        if best < 0 or near[best] < self._join - self._looser:
            return Assigned(self._begin(vector, at, message, example, words), True, 1.0)
        similarity = float(near[best])
        self._grow(best, vector, at, words)
        cluster = self.kept[best]
        cluster.show(msgspec.structs.replace(example, typical=similarity))
        cluster, merged = self._merge_near(best)
        cluster.surge = self._surge(cluster)
        return Assigned(cluster, False, min(1.0, similarity), merged)

    def _learn_common(self, vector: Vector, at: datetime) -> None:
        state = self.state
        if not len(self._common):
            self._common = np.zeros(len(vector), np.float32)
        state.mails += 1
        weight = np.float32(min(COMMON_MAILS + state.mails, COMMON_STEADY))
        self._common += (vector - self._common) / weight
        state.mean = self._common.tobytes()
        state.since = min(state.since, at) if state.since else at
        state.pace = state.pace or Pace(at)
        state.pace.count(at)

    def _centred(self) -> Vector:
        """Means of the clusters' vectors, each less the common one and then of unit length (k, dimensions)."""
        if not len(self._means):
            return self._means
        common, means = self._common * self._weights, self._means * self._weights
        spread = 1 - 2 * (means @ common) + common @ common
        lengths = np.sqrt(np.maximum(spread, _LEAST_SPREAD)).astype(np.float32)
        out: Vector = (means - common) / lengths[:, None]
        return out

    def _begin(self, vector: Vector, at: datetime, message: str, example: Example, words: list[str]) -> Cluster:
        self._make_room()
        pace = Pace(at)
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
        half = mean.astype(np.float16)
        self.kept[index].centroid = half.tobytes()
        self._means[index] = half.astype(np.float32)

    def _merge_near(self, index: int) -> tuple[Cluster, str | None]:
        """Join a cluster with the one that it has come near to; the larger one keeps its name."""
        centred = self._centred()
        near = centred @ centred[index]
        near[index] = -1
        other = int(near.argmax())
        if near[other] < self._merge - self._looser:
            return self.kept[index], None
        keep, drop = (index, other) if self.kept[index].size >= self.kept[other].size else (other, index)
        kept, dropped = self.kept[keep], self.kept[drop]
        share = dropped.size / (kept.size + dropped.size)
        self._store(keep, self._means[keep] + share * (self._means[drop] - self._means[keep]))
        kept.size += dropped.size
        kept.first = min(kept.first, dropped.first)
        kept.pace.add(dropped.pace)
        kept.words.merge(dropped.words)
        kept.topics.merge(dropped.topics)
        for example in dropped.examples:
            kept.show(example)
        self._drop(drop)
        self._end(dropped.id, kept.id)
        return kept, dropped.id

    def _end(self, old: str, new: str) -> None:
        """Let an old name lead to the new one, and whatever led to the old one, too."""
        ended = self.state.ended
        for name, leads in ended.items():
            if leads == old:
                ended[name] = new
        ended[old] = new
        while len(ended) > REMEMBERED:
            del ended[next(iter(ended))]

    def _drop(self, index: int) -> None:
        del self.kept[index]
        self._means = np.delete(self._means, index, axis=0)

    def _make_room(self) -> None:
        """Forget the cluster that matters least: few mails, and long ago."""
        while len(self.kept) >= self._most:
            newest = max(cluster.last for cluster in self.kept)
            weights = [
                math.log1p(cluster.size) - (newest - cluster.last).total_seconds() / (FORGET_HOURS * 3600)
                for cluster in self.kept
            ]
            self._drop(int(np.argmin(weights)))

    def _surge(self, cluster: Cluster) -> float:
        everything, since = self.state.pace, self.state.since
        if everything is None or since is None:
            return 0.0
        return surge(cluster.pace, everything, since)
