"""Clusters of mails that ask for the same, and the state of the clustering that is stored in one JSON row."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from processors.support.surge import ArrivalRate
from processors.support.words import FrequentWords
from schemas.support import ClusterSummary

EXAMPLES_PER_LANGUAGE = 2
"""Mails of each language that a cluster stores as examples."""

MAX_REDIRECTS = 1_000
"""Names of merged or split clusters that are stored, so that an old name still finds the mails."""


class ClusterExample(Struct, frozen=True):
    """A mail that shows what a cluster is about."""

    text: str
    """Text with personal data masked."""
    language: str = ""
    similarity: float = field(name="typical", default=0.0)
    """Average similarity to the cluster at the time at which the mail came."""
    sender: str = ""
    """Digest of the sender's address, by which one person's mails can be erased."""
    message: str = ""
    """Digest of the message id."""


class ClusterPart(Struct):
    """The second part of a cluster, which may become a cluster of its own."""

    mean: bytes
    """Mean of the unit vectors of its mails, float16."""
    rest_mean: bytes = field(name="rest")
    """Mean of the other mails of the cluster, float16."""
    size: int
    first: datetime
    """Time of the earliest mail."""
    rate: ArrivalRate = field(name="pace")
    examples: list[ClusterExample] = field(default_factory=list)
    words: FrequentWords = field(default_factory=FrequentWords)
    topics: FrequentWords = field(default_factory=FrequentWords)


class Cluster(Struct):
    """Mails that ask for the same."""

    id: str
    centroid: bytes
    """Mean of the unit vectors, float16; its length states how alike the mails are."""
    size: int
    first: datetime
    """Time of the earliest mail."""
    rate: ArrivalRate = field(name="pace")
    examples: list[ClusterExample] = field(default_factory=list)
    """Most typical mails, best first."""
    surge: float = 0.0
    """Surge ratio (`surge_ratio`) at the last mail."""
    words: FrequentWords = field(default_factory=FrequentWords)
    topics: FrequentWords = field(default_factory=FrequentWords)
    """Names of the support topics that its mails were classified as."""
    part: ClusterPart | None = field(name="half", default=None)
    """Second part; its mails are counted in this cluster, too, its examples are not."""

    @property
    def last(self) -> datetime:
        """Time of the latest mail."""
        return self.rate.at

    @property
    def label(self) -> str:
        """Its three most frequent words."""
        return " · ".join(self.words.top(3)) or self.typical_text()[:40]

    def typical_text(self, language: str = "") -> str:
        """Return the most typical mail, of the language if there is one in it."""
        examples = self.all_examples
        in_language = [example.text for example in examples if example.language == language]
        return next(iter(in_language or [example.text for example in examples]), "")

    def summary(self) -> ClusterSummary:
        """Return size, topic and most typical text."""
        return ClusterSummary(
            id=self.id, mails=self.size, topic=next(iter(self.topics.top(1)), ""), text=self.typical_text()
        )

    @property
    def all_examples(self) -> list[ClusterExample]:
        """Examples of both parts, the most typical first."""
        both = self.examples + (self.part.examples if self.part else [])
        return sorted(both, key=lambda example: -example.similarity)

    def drop_part(self) -> None:
        """Give up the second part, and add its examples to those of the cluster."""
        if self.part is not None:
            for example in self.part.examples:
                add_example(self.examples, example)
            self.part = None

    def split_off(self, part: ClusterPart, name: str) -> Cluster:
        """Return the second part as a new cluster; this cluster continues with the rest."""
        new = Cluster(
            name, part.mean, part.size, part.first, part.rate, part.examples, words=part.words, topics=part.topics
        )
        self.part, self.centroid, self.size = None, part.rest_mean, self.size - part.size
        self.rate.subtract(part.rate)
        self.words.subtract(part.words)
        self.topics.subtract(part.topics)
        return new


def add_example(examples: list[ClusterExample], example: ClusterExample, limit: int = EXAMPLES_PER_LANGUAGE) -> None:
    """Store a mail as an example if it is more typical than those of its language."""
    same_language = [other for other in examples if other.language == example.language]
    if len(same_language) >= limit:
        least_typical = min(same_language, key=lambda other: other.similarity)
        if least_typical.similarity >= example.similarity:
            return
        examples.remove(least_typical)
    examples.append(example)
    examples.sort(key=lambda other: -other.similarity)


class ClusteringState(Struct):
    """Persisted state of the clustering."""

    clusters: list[Cluster] = field(name="kept", default_factory=list)
    mean: bytes = b""
    """Mean of all mails, float32."""
    mails: int = 0
    rate: ArrivalRate | None = field(name="pace", default=None)
    """Arrival rate of all mails."""
    since: datetime | None = None
    """Time of the earliest mail."""
    merged_into: dict[str, str] = field(name="ended", default_factory=dict)
    """Names of clusters that ended, and of the clusters that have their mails; oldest first."""
    split_into: dict[str, list[str]] = field(name="parted", default_factory=dict)
    """Names of clusters that were split, and of the new ones that took some of their mails; oldest first."""

    def record_merge(self, old: str, new: str) -> None:
        """Redirect the name of a cluster that ended to the one that has its mails, and what led to it, too."""
        for name, target in self.merged_into.items():
            if target == old:
                self.merged_into[name] = new
        self.merged_into[old] = new
        for other in self.split_into.pop(old, []):
            self.record_split(new, other)
        while len(self.merged_into) > MAX_REDIRECTS:
            del self.merged_into[next(iter(self.merged_into))]

    def record_split(self, name: str, new: str) -> None:
        """Record that a new cluster took some of the mails of another."""
        self.split_into[name] = [*self.split_into.pop(name, []), new]
        while len(self.split_into) > MAX_REDIRECTS:
            del self.split_into[next(iter(self.split_into))]

    def current_names(self, name: str) -> list[str]:
        """Return the names under which the mails of a name may be now, first the one that it has or was merged into.

        >>> state = ClusteringState()
        >>> state.record_merge("a", "b")
        >>> state.record_split("b", "c")
        >>> state.current_names("a"), state.current_names("c")
        (['b', 'c'], ['c'])
        """
        names = [self.merged_into.get(name, name)]
        for current in names:  # grows while it is read
            targets = (self.merged_into.get(new, new) for new in self.split_into.get(current, ()))
            names += [new for new in targets if new not in names]
        return names
