"""Mails as they were triaged, clusters of mails that ask the same, and approved answers."""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from datetime import datetime, timedelta
from typing import TypedDict, get_args, get_type_hints

import msgspec
from msgspec import Struct

from processors.support.answers import AnswerCatalogue, AnswersFileError
from schemas.support import ApprovedAnswer, SupportTriage, answer_key

log = logging.getLogger(__name__)

CHANNEL = "support"
MAX_MAILS = 400
"""Mails that are kept for the page."""

SHOWN_MAILS = 100
SHOWN_CLUSTERS = 30
EXAMPLES = 3
"""Mails that are shown of a cluster."""

MAX_COUNTED_CLUSTERS = 400
"""Clusters whose size is kept, to sort questions by how many mails ask them."""

TREND_PARTS = 12
PRIORITIES: tuple[str, ...] = get_args(get_type_hints(SupportTriage)["priority"])


class ShownExample(TypedDict):
    """A mail of a cluster."""

    summary: str
    priority: str
    time: str


class ShownCluster(TypedDict):
    """A cluster as the page gets it; `trend` has the mails in equal parts of the time from `begin` to `end`."""

    id: str
    label: str
    words: list[str]
    size: int
    surge: float
    time: str
    begin: str
    end: str
    topics: list[str]
    trend: list[int]
    examples: list[ShownExample]


class SupportPageState(TypedDict):
    """State of the channel `support`.

    Attributes:
        mails: fields of `SupportTriage`.
        alone: shown mails that are not grouped yet, because no other is like them.
        answers: approved answers by topic and language, with who approved them (None: the answers file).
    """

    at: int | None
    mails: list[dict[str, object]]
    clusters: list[ShownCluster]
    alone: int
    answers: dict[str, dict[str, object]]


class SupportView:
    """The last mails, their clusters, and the approved answers."""

    def __init__(self, answers: AnswerCatalogue | None = None) -> None:
        self.answers = answers or AnswerCatalogue([])
        self._approved: dict[str, ApprovedAnswer] = {}
        self._mails: OrderedDict[str, tuple[SupportTriage, int]] = OrderedDict()
        self._clusters: OrderedDict[str, tuple[int, Counter[str]]] = OrderedDict()
        """Size of each cluster, and how many of its mails have each topic."""

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply an approved answer or one mail; the same mail again replaces its earlier result."""
        if isinstance(record, ApprovedAnswer):
            return self._approve(record)
        if not isinstance(record, SupportTriage):
            return set()
        self._follow(record)
        if record.message not in self._mails:
            self._count(record)
        self._mails.pop(record.message, None)
        self._mails[record.message] = (record, received_at)
        while len(self._mails) > MAX_MAILS:
            self._mails.popitem(last=False)
        return {CHANNEL}

    def state(self, channel: str = CHANNEL) -> SupportPageState:
        """Return the mails, the urgent and of those the newest first, and the clusters, the fastest growing first."""
        mails = sorted((mail for mail, _ in self._mails.values()), key=lambda mail: mail.time, reverse=True)
        mails.sort(key=lambda mail: PRIORITIES.index(mail.priority))
        return {
            "at": max((at for _, at in self._mails.values()), default=None),
            "mails": [msgspec.to_builtins(mail) for mail in mails[:SHOWN_MAILS]],
            "clusters": self._shown_clusters(),
            "alone": sum(one.cluster_size == 1 for one in self._last_of_clusters().values()),
            "answers": self._texts(),
        }

    def mails_by_topic(self) -> dict[str, int]:
        """Return how many mails ask each topic; a cluster counts for the topic of most of its mails."""
        mails: dict[str, int] = dict.fromkeys(self.answers.by_topic, 0)
        for size, topics in self._clusters.values():
            ((topic, _),) = topics.most_common(1)
            mails[topic] = mails.get(topic, 0) + size
        return mails

    def mail(self, message: str) -> SupportTriage | None:
        """Return one of the last mails, or None."""
        return self._mails.get(message, (None, 0))[0]

    def _approve(self, record: ApprovedAnswer) -> set[str]:
        try:
            self.answers.approve(record)
        except AnswersFileError as error:
            log.warning("the approved answer %s can't be used: %s", record.id, error)
            return set()
        self._approved[answer_key(record.topic, record.language)] = record
        return {CHANNEL}

    def _follow(self, mail: SupportTriage) -> None:
        """Move the mails of clusters that ended to those that have them now."""
        ended = dict(mail.clusters_ended)
        if mail.cluster_ended is not None and mail.cluster is not None:
            ended[mail.cluster_ended] = mail.cluster  # written by an earlier version
        for old, new in ended.items():
            size, topics = self._clusters.pop(old, (0, Counter()))
            if new in self._clusters:
                self._clusters[new] = (self._clusters[new][0] + size, self._clusters[new][1] + topics)
        if ended:
            for message, (stored, received_at) in self._mails.items():
                if stored.cluster in ended:
                    moved = msgspec.structs.replace(stored, cluster=ended[stored.cluster])
                    self._mails[message] = (moved, received_at)

    def _count(self, mail: SupportTriage) -> None:
        if mail.cluster is None or mail.topic is None:
            return
        _, topics = self._clusters.pop(mail.cluster, (0, Counter()))
        topics[mail.topic.name] += 1
        self._clusters[mail.cluster] = (mail.cluster_size, topics)
        while len(self._clusters) > MAX_COUNTED_CLUSTERS:
            self._clusters.popitem(last=False)

    def _texts(self) -> dict[str, dict[str, object]]:
        """Return every approved answer by topic and language, and who approved it if it was not the file."""
        return {
            answer_key(topic, language): {
                **text.model_dump(),
                "automatic": answer.automatic,
                "by": approved.by if (approved := self._approved.get(answer_key(topic, language))) else None,
                "withdrawn": approved.withdrawn if approved else False,
            }
            for topic, answer in self.answers.by_topic.items()
            for language in ("es", "en")
            if (text := answer.text(language)) is not None
        }

    def _last_of_clusters(self) -> dict[str, SupportTriage]:
        return {mail.cluster: mail for mail, _ in self._mails.values() if mail.cluster is not None}

    def _shown_clusters(self) -> list[ShownCluster]:
        grouped = {name for name, last in self._last_of_clusters().items() if last.cluster_size > 1}
        by_cluster: dict[str, list[SupportTriage]] = {}
        for mail, _ in self._mails.values():
            if mail.cluster in grouped:
                by_cluster.setdefault(mail.cluster, []).append(mail)
        if not by_cluster:
            return []
        times = [mail.time for mails in by_cluster.values() for mail in mails]
        begin, end = min(times), max(times)
        clusters: list[ShownCluster] = []
        for name, mails in by_cluster.items():
            last = mails[-1]
            clusters.append(
                {
                    "id": name,
                    "label": last.cluster_label,
                    "words": list(last.cluster_words),
                    "size": last.cluster_size,
                    "surge": last.surge,
                    "time": last.time.isoformat(),
                    "begin": begin.isoformat(),
                    "end": end.isoformat(),
                    "topics": sorted({mail.topic.name for mail in mails if mail.topic}),
                    "trend": _trend([mail.time for mail in mails], begin, end),
                    "examples": [
                        {"summary": mail.summary, "priority": mail.priority, "time": mail.time.isoformat()}
                        for mail in mails[: -EXAMPLES - 1 : -1]
                    ],
                }
            )
        return sorted(clusters, key=lambda cluster: (cluster["surge"], cluster["size"]), reverse=True)[:SHOWN_CLUSTERS]


def _trend(times: list[datetime], begin: datetime, end: datetime) -> list[int]:
    """Return the number of mails in equal parts of the time from `begin` to `end`.

    >>> noon = datetime(2026, 7, 4, 12)
    >>> _trend([noon, noon + timedelta(minutes=11), noon + timedelta(minutes=12)], noon, noon + timedelta(minutes=12))
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    """
    width = max((end - begin) / TREND_PARTS, timedelta(seconds=1))
    counts = [0] * TREND_PARTS
    for time in times:
        counts[min(TREND_PARTS - 1, int((time - begin) / width))] += 1
    return counts
