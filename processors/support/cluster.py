"""What is kept of mails that ask for the same: a mean, counts, words, and a few mails that show it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from processors.support.surge import ArrivalRate
from processors.support.words import FrequentWords

EXAMPLES = 2
"""mails of each language that a cluster keeps to show what it is about"""

REMEMBERED = 1_000
"""clusters that have ended in another one, or were split, and are still found by their old name"""


class ClusterExample(Struct, frozen=True):
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


class Subcluster(Struct):
    """The part of a cluster that may become one of its own."""

    mean: bytes
    """float16, of unit vectors"""
    rest: bytes
    """the same of the other mails of the cluster"""
    size: int
    first: datetime
    pace: ArrivalRate
    examples: list[ClusterExample] = field(default_factory=list)
    words: FrequentWords = field(default_factory=FrequentWords)
    topics: FrequentWords = field(default_factory=FrequentWords)


class Cluster(Struct):
    """Mails that ask for the same."""

    id: str
    centroid: bytes
    """float16, the mean of unit vectors: its length tells how alike the mails are"""
    size: int
    first: datetime
    pace: ArrivalRate
    examples: list[ClusterExample] = field(default_factory=list)
    """the most typical mails, best first"""
    surge: float = 0.0
    """mails of the last quarter of an hour ÷ what is usual for this cluster, at its last mail"""
    words: FrequentWords = field(default_factory=FrequentWords)
    topics: FrequentWords = field(default_factory=FrequentWords)
    """names of the topics that its mails were put under"""
    half: Subcluster | None = None
    """its mails are counted above, too; its examples are not"""

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
        own = [example.text for example in self.shown if example.language == language]
        return next(iter(own or [example.text for example in self.shown]), "")

    @property
    def shown(self) -> list[ClusterExample]:
        """All examples, those of its half, too, the most typical first."""
        both = self.examples + (self.half.examples if self.half else [])
        return sorted(both, key=lambda example: -example.typical)

    def whole(self) -> None:
        """Think of it as one again."""
        if self.half is not None:
            for example in self.half.examples:
                show(self.examples, example)
            self.half = None

    def part(self, name: str) -> Cluster:
        """Take the half out as a cluster of its own; the rest keeps the name."""
        half = self.half
        assert half is not None  # noqa: S101 - asked for only where there is one
        new = Cluster(
            name, half.mean, half.size, half.first, half.pace, half.examples, words=half.words, topics=half.topics
        )
        self.half, self.centroid, self.size = None, half.rest, self.size - half.size
        self.pace.less(half.pace)
        self.words.less(half.words)
        self.topics.less(half.topics)
        return new


def show(examples: list[ClusterExample], example: ClusterExample, most: int = EXAMPLES) -> None:
    """Keep a mail as an example if it is more typical than those of its language."""
    same = [other for other in examples if other.language == example.language]
    if len(same) >= most:
        least = min(same, key=lambda other: other.typical)
        if least.typical >= example.typical:
            return
        examples.remove(least)
    examples.append(example)
    examples.sort(key=lambda other: -other.typical)


class ClusteringState(Struct):
    """All that a restart needs."""

    kept: list[Cluster] = field(default_factory=list)
    mean: bytes = b""
    """float32, of all mails"""
    mails: int = 0
    pace: ArrivalRate | None = None
    """of all mails together"""
    since: datetime | None = None
    ended: dict[str, str] = field(default_factory=dict)
    """names of clusters that are no more, and of the clusters that have their mails; the oldest go first"""
    parted: dict[str, list[str]] = field(default_factory=dict)
    """names of clusters that were split, and of the new ones that took some of their mails; the oldest go first"""

    def end(self, old: str, new: str) -> None:
        """Let an old name lead to the new one, and whatever led to the old one, too."""
        for name, leads in self.ended.items():
            if leads == old:
                self.ended[name] = new
        self.ended[old] = new
        for other in self.parted.pop(old, []):
            self.part(new, other)
        while len(self.ended) > REMEMBERED:
            del self.ended[next(iter(self.ended))]

    def part(self, name: str, new: str) -> None:
        """Remember that a new cluster took some of the mails of another."""
        self.parted[name] = [*self.parted.pop(name, []), new]
        while len(self.parted) > REMEMBERED:
            del self.parted[next(iter(self.parted))]

    def leads(self, name: str) -> list[str]:
        """All names that the mails of a name may be under now, first the one that it is or ended in.

        >>> state = ClusteringState()
        >>> state.end("a", "b")
        >>> state.part("b", "c")
        >>> state.leads("a"), state.leads("c")
        (['b', 'c'], ['c'])
        """
        names = [self.ended.get(name, name)]
        for one in names:  # grows while it is read
            further = (self.ended.get(new, new) for new in self.parted.get(one, ()))
            names += [new for new in further if new not in names]
        return names
