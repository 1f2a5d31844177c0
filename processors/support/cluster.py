"""Clusters of mails that ask for the same, the parts that they are made of, and the state that is stored in a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, field

from processors.support.surge import ArrivalRate
from processors.support.words import FrequentWords
from schemas.support import ClusterSummary

MAX_REDIRECTS = 1_000
"""Names of merged or split clusters that are stored, so that an old name still finds the mails."""

MAX_SPLITS = 20
"""Names of the clusters that took mails of one cluster, the newest."""

LABEL_CHARACTERS = 60
"""Characters of a label."""


class ClusterExample(Struct, frozen=True):
    """A mail that shows what a cluster is about."""

    text: str
    """Text with personal data masked."""
    language: str = ""
    similarity: float = field(name="typical", default=0.0)
    """Average similarity to the part at the time at which the mail came."""
    sender: str = ""
    """Digest of the sender's address, by which one person's mails can be erased."""
    message: str = ""
    """Digest of the message id."""
    question: str = ""
    """The sentence that asks, shortened, with personal data masked."""


class ClusterPart(Struct):
    """Mails that are so alike that they are never told apart again: a micro-cluster.

    Clusters are made of parts, and a part may pass to another cluster with all that is counted in it.
    """

    id: str
    """Name of the mail that started it."""
    mean: bytes = field(name="centroid")
    """Mean of the unit vectors, float16; its length states how alike the mails are."""
    size: int
    first: datetime
    """Time of the earliest mail."""
    rate: ArrivalRate = field(name="pace")
    examples: list[ClusterExample] = field(default_factory=list)
    """The most typical mail of each language."""
    words: FrequentWords = field(default_factory=FrequentWords)
    topics: FrequentWords = field(default_factory=FrequentWords)
    """Names of the support topics that its mails were classified as."""
    owner: str = field(name="of", default="")
    """Name of its cluster, if that is not its own name."""

    @property
    def cluster(self) -> str:
        """Name of its cluster."""
        return self.owner or self.id

    def absorb(self, other: ClusterPart) -> None:
        """Add the counts and examples of another part; the mean is the caller's."""
        self.size += other.size
        self.first = min(self.first, other.first)
        self.rate.merge(other.rate)
        self.words.merge(other.words)
        self.topics.merge(other.topics)
        for example in other.examples:
            self.add_example(example)

    def add_example(self, example: ClusterExample) -> None:
        """Store a mail as the example of its language if it is more typical than the one before."""
        before = [other for other in self.examples if other.language == example.language]
        if before and before[0].similarity >= example.similarity:
            return
        self.examples = [other for other in self.examples if other.language != example.language]
        self.examples.append(example)
        self.examples.sort(key=lambda other: -other.similarity)


class Cluster:
    """Mails that ask for the same: a view of the parts of one name, as they are now.

    Args:
        id: name.
        parts: its parts, at least one.
        surge: surge ratio at the last mail.
    """

    def __init__(self, id: str, parts: Sequence[ClusterPart], surge: float = 0.0) -> None:
        self.id = id
        self.parts = sorted(parts, key=lambda part: (-part.size, part.first, part.id))
        self.size = sum(part.size for part in parts)
        self.first = min(part.first for part in parts)
        self.surge = surge

    @property
    def rate(self) -> ArrivalRate:
        """Arrival rate of all of its mails."""
        return ArrivalRate.sum_of([part.rate for part in self.parts])

    @property
    def last(self) -> datetime:
        """Time of the latest mail."""
        return max(part.rate.at for part in self.parts)

    @property
    def examples(self) -> list[ClusterExample]:
        """Typical mails: that of the largest part first, because most of the mails are like it."""
        return [example for part in self.parts for example in part.examples]

    @property
    def label(self) -> str:
        """Its most typical question, or its most frequent words if no question is stored."""
        questions = (example.question for example in self.examples if example.question)
        return next(questions, "") or " · ".join(self.keywords) or self.typical_text()[:LABEL_CHARACTERS]

    @property
    def keywords(self) -> list[str]:
        """Its three most frequent words."""
        return _sum_of([part.words for part in self.parts]).top(3)

    @property
    def topic(self) -> str:
        """Most frequent topic of its mails; empty if they have none."""
        return next(iter(_sum_of([part.topics for part in self.parts]).top(1)), "")

    def typical_text(self, language: str = "") -> str:
        """Return the most typical mail, of the language if there is one in it."""
        examples = self.examples
        in_language = [example.text for example in examples if example.language == language]
        return next(iter(in_language or [example.text for example in examples]), "")

    def summary(self) -> ClusterSummary:
        """Return size, topic, label and most typical text."""
        return ClusterSummary(id=self.id, mails=self.size, topic=self.topic, text=self.typical_text(), label=self.label)


def _sum_of(counters: Sequence[FrequentWords]) -> FrequentWords:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter.counts)
    return FrequentWords(total)


class ClusteringState(Struct):
    """Persisted state of the clustering."""

    parts: list[ClusterPart] = field(name="kept", default_factory=list)
    mean: bytes = b""
    """Mean of all mails, float32."""
    mails: int = 0
    grouped_at: int = field(name="grouped", default=0)
    """Value of `mails` when the parts were last grouped."""
    rate: ArrivalRate | None = field(name="pace", default=None)
    """Arrival rate of all mails."""
    since: datetime | None = None
    """Time of the earliest mail."""
    merged_into: dict[str, str] = field(name="ended", default_factory=dict)
    """Names of clusters that ended, and of the clusters that have their mails; oldest first."""
    split_into: dict[str, list[str]] = field(name="parted", default_factory=dict)
    """Names of clusters that were split, and of the new ones that took some of their mails; oldest first."""

    parts_merged_into: dict[str, str] = field(name="joined", default_factory=dict)
    """Names of parts that were merged for good, and of those that have their mails; oldest first."""

    def record_part_merge(self, old: str, new: str) -> None:
        """Redirect the name of a part that was merged into another, and what led to it, too."""
        for name, target in self.parts_merged_into.items():
            if target == old:
                self.parts_merged_into[name] = new
        self.parts_merged_into[old] = new
        while len(self.parts_merged_into) > MAX_REDIRECTS:
            del self.parts_merged_into[next(iter(self.parts_merged_into))]

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
        """Record that a new cluster took some of the mails of another; its name may be one that had ended."""
        self.merged_into.pop(new, None)
        targets = [target for target in self.split_into.pop(name, []) if target != new]
        self.split_into[name] = [*targets, new][-MAX_SPLITS:]
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
