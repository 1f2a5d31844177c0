"""What people write: mail as it was triaged, and the clusters of what asks the same."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import Struct

from schemas.results import SupportTriage

CHANNEL = "support"
MAILS = 400
"""kept for the page"""
EXAMPLES = 3
BUCKETS = 12
"""parts of the trend"""
PRIORITIES: tuple[str, ...] = get_args(get_type_hints(SupportTriage)["priority"])


class Support:
    """The last mails, and their clusters."""

    def __init__(self) -> None:
        self._mails: OrderedDict[str, tuple[SupportTriage, int]] = OrderedDict()

    def take(self, record: Struct, at: int) -> set[str]:
        """Apply one mail; the same mail again replaces what was known of it."""
        if not isinstance(record, SupportTriage):
            return set()
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
