"""What people write: mail as it was triaged, the clusters of what asks the same, and the answers that are approved."""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from datetime import datetime, timedelta
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import Struct

from processors.support.answers import AnswerCatalogue, AnswersFileError
from schemas.support import ApprovedAnswer, SupportTriage, answer_key

log = logging.getLogger(__name__)

CHANNEL = "support"
MAILS = 400
"""kept for the page"""
EXAMPLES = 3
CLUSTERS = 400
"""whose size is remembered for the questions that are asked most"""
BUCKETS = 12
"""parts of the trend"""
PRIORITIES: tuple[str, ...] = get_args(get_type_hints(SupportTriage)["priority"])


class Support:
    """The last mails, and their clusters."""

    def __init__(self, answers: AnswerCatalogue | None = None) -> None:
        self.answers = answers or AnswerCatalogue([])
        self._approved: dict[str, ApprovedAnswer] = {}
        self._mails: OrderedDict[str, tuple[SupportTriage, int]] = OrderedDict()
        self._asked: OrderedDict[str, tuple[int, Counter[str]]] = OrderedDict()

    def take(self, record: Struct, at: int) -> set[str]:
        """Apply one mail; the same mail again replaces what was known of it."""
        if isinstance(record, ApprovedAnswer):
            return self._approve(record)
        if not isinstance(record, SupportTriage):
            return set()
        if record.message not in self._mails:
            self._count(record)
        self._mails.pop(record.message, None)
        self._mails[record.message] = (record, at)
        while len(self._mails) > MAILS:
            self._mails.popitem(last=False)
        return {CHANNEL}

    def state(self, _channel: str = CHANNEL) -> dict[str, Any]:
        """Mails, the urgent first and of those the newest; clusters, the fastest growing first."""
        mails = sorted((mail for mail, _ in self._mails.values()), key=lambda mail: mail.time, reverse=True)
        mails.sort(key=lambda mail: PRIORITIES.index(mail.priority))
        return {
            "at": max((at for _, at in self._mails.values()), default=None),
            "mails": [msgspec.to_builtins(mail) for mail in mails[:100]],
            "clusters": self._clusters(),
            "answers": self._texts(),
        }

    def asked(self) -> dict[str, int]:
        """How many mails ask each topic; a cluster counts for the topic of most of its mails."""
        mails: dict[str, int] = dict.fromkeys(self.answers.by_topic, 0)
        for size, topics in self._asked.values():
            ((topic, _),) = topics.most_common(1)
            mails[topic] = mails.get(topic, 0) + size
        return mails

    def mail(self, message: str) -> SupportTriage | None:
        """One of the last mails."""
        return self._mails.get(message, (None, 0))[0]

    def _approve(self, record: ApprovedAnswer) -> set[str]:
        try:
            self.answers.approve(record)
        except AnswersFileError as error:
            log.warning("an approved answer can't be used: %s", error)
            return set()
        self._approved[answer_key(record.topic, record.language)] = record
        return {CHANNEL}

    def _count(self, mail: SupportTriage) -> None:
        if mail.cluster_ended is not None and mail.cluster is not None:
            _, topics = self._asked.pop(mail.cluster_ended, (0, Counter()))
            if mail.cluster in self._asked:
                self._asked[mail.cluster][1].update(topics)
        if mail.cluster is None or mail.topic is None:
            return
        _, topics = self._asked.pop(mail.cluster, (0, Counter()))
        topics[mail.topic.name] += 1
        self._asked[mail.cluster] = (mail.cluster_size, topics)
        while len(self._asked) > CLUSTERS:
            self._asked.popitem(last=False)

    def _texts(self) -> dict[str, dict[str, Any]]:
        """Every approved answer by topic and language, and who approved it if it was not the file."""
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

    def _clusters(self) -> list[dict[str, Any]]:
        by_cluster: dict[str, list[SupportTriage]] = {}
        for mail, _ in self._mails.values():
            if mail.cluster is not None:
                by_cluster.setdefault(mail.cluster, []).append(mail)
        if not by_cluster:
            return []
        times = [mail.time for mails in by_cluster.values() for mail in mails]
        begin, end = min(times), max(times)
        clusters: list[dict[str, Any]] = []
        for name, mails in by_cluster.items():
            last = mails[-1]
            clusters.append(
                {
                    "id": name,
                    "label": last.cluster_label,
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
        return sorted(clusters, key=lambda cluster: (cluster["surge"], cluster["size"]), reverse=True)[:30]


def _trend(times: list[datetime], begin: datetime, end: datetime) -> list[int]:
    """Mails in equal parts of the time from `begin` to `end`.

    >>> noon = datetime(2026, 7, 4, 12)
    >>> _trend([noon, noon + timedelta(minutes=11), noon + timedelta(minutes=12)], noon, noon + timedelta(minutes=12))
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    """
    width = max((end - begin) / BUCKETS, timedelta(seconds=1))
    counts = [0] * BUCKETS
    for time in times:
        counts[min(BUCKETS - 1, int((time - begin) / width))] += 1
    return counts
