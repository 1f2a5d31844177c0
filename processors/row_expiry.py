"""Expiry of state rows by the time of events: a row that no record has changed for long is removed; open ones never.

Each partition has a clock, the latest hour at which its records were received, which never runs back. That time is part
of a record, as its own time is: after a crash, and for what waited in Kafka, it is the same. A record's own time would
not do, since a recording that is played back beside live events, and people's actions on it, are months apart.

A row carries the hour of its partition's clock at which it was last changed, so that its age is the same after a
restart and in another worker. Rows are scanned when the hour of a clock turns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)

MAX_ROWS = 1_000
"""Rows removed or marked at once; the rest follows with the next batches, so that none takes long."""

_HEAD = re.compile(rb'\{"version":\d+')
_HOUR = re.compile(rb'\{"version":\d+,"changed_hour":(\d+)')

Keep = Callable[[str, bytes], timedelta | None]
"""Returns the time that a row is kept after its last change, by its key and content; None while it is open."""

Rows = Iterable[tuple[bytes, bytes]]
"""Keys and rows of a table."""


def hour_number(time: datetime) -> int:
    """Return the number of the hour since 1970.

    >>> from datetime import UTC
    >>> hour_number(datetime(1970, 1, 2, 3, 59, tzinfo=UTC))
    27
    """
    return int(time.timestamp() // 3600)


def changed_hour(row: bytes) -> int | None:
    """Return the hour at which a row was last changed; None where it has none.

    >>> changed_hour(b'{"version":1,"changed_hour":495123,"offset":7}'), changed_hour(b'{"version":1}')
    (495123, None)
    """
    found = _HOUR.match(row)
    return int(found[1]) if found else None


def with_changed_hour(row: bytes, hour: int) -> bytes:
    """Return a row without an hour with one behind its version; a row without a version gets version 1.

    >>> with_changed_hour(b'{"version":2,"offset":7}', 495123), with_changed_hour(b'{}', 1)
    (b'{"version":2,"changed_hour":495123,"offset":7}', b'{"version":1,"changed_hour":1}')
    """
    head = _HEAD.match(row)
    start, rest = (head[0], row[head.end() :]) if head else (b'{"version":1', row[1:])
    separator = b"" if rest[:1] in (b",", b"}") else b","
    return b'%s,"changed_hour":%d%s%s' % (start, hour, separator, rest)


class RowExpiry:
    """Clocks of the partitions of one table, and the rows that are over.

    Args:
        idle: time after its last change at which a row is removed.
        partition: returns the partition of a key.
        keep: asked for each row that is older than `idle`; all are over where None.

    >>> from datetime import UTC
    >>> expiry = RowExpiry(timedelta(days=3), lambda key: 0)
    >>> rows = {b"old": with_changed_hour(b"{}", 100), b"new": with_changed_hour(b"{}", 150)}
    >>> expiry.advance([(0, datetime(1970, 1, 8, 5, tzinfo=UTC))], rows.items())
    >>> expiry.over(rows.items())
    {'old': None}
    """

    def __init__(self, idle: timedelta, partition: Callable[[str], int], keep: Keep | None = None) -> None:
        self.idle = idle
        self._partition = partition
        self._keep = keep
        self._clocks: dict[int, int] = {}
        self._scanned: dict[int, int] = {}
        self._in_batch: frozenset[int] = frozenset()
        self.forget: Callable[[Iterable[str]], None] = lambda keys: None
        """Called with the keys of rows that were removed."""

    def advance(self, times: Iterable[tuple[int, datetime]], rows: Rows) -> None:
        """Advance the clocks by the records of a batch, before they are applied.

        Args:
            times: partition of each record, and when it was received.
            rows: of the table; a clock that is new begins at the last change in its partition, if that is later.
        """
        latest: dict[int, int] = {}
        for partition, time in times:
            latest[partition] = max(latest.get(partition, 0), hour_number(time))
        new = latest.keys() - self._clocks.keys()
        for partition, hour in latest.items():
            self._clocks[partition] = max(self._clocks.get(partition, 0), hour)
        if new:
            self._begin_at_last_change(new, rows)
        self._in_batch = frozenset(latest)

    def hour(self, key: str) -> int:
        """Return the hour to write into the row of a key that is changed now; 0 before any record."""
        return self._clocks.get(self._partition(key), max(self._clocks.values(), default=0))

    def over(self, rows: Rows) -> dict[str, bytes | None]:
        """Return what to write after a batch, by key: None for rows that are over; rows without an hour get one.

        Only partitions of the last batch are scanned, and those once an hour of their clocks, so that rows that belong
        to another worker by now are left alone.
        """
        due = {partition for partition in self._in_batch if self._clocks[partition] > self._scanned.get(partition, -1)}
        if not due:
            return {}
        idle, newest = self.idle // HOUR, max(self._clocks[partition] for partition in due)
        found: dict[str, bytes | None] = {}
        for raw_key, row in rows:
            hour = changed_hour(row)
            if hour is not None and newest - hour <= idle:
                continue
            key = raw_key.decode()
            partition = self._partition(key)
            if partition not in due:
                continue
            clock = self._clocks[partition]
            if hour is None:
                found[key] = with_changed_hour(row, clock)
            elif clock - hour > idle and self._is_over(key, row, clock - hour):
                found[key] = None
            if len(found) == MAX_ROWS:
                return found
        self._scanned |= {partition: self._clocks[partition] for partition in due}
        return found

    def _is_over(self, key: str, row: bytes, age: int) -> bool:
        if self._keep is None:
            return True
        kept = self._keep(key, row)
        return kept is not None and age * HOUR > kept

    def _begin_at_last_change(self, partitions: set[int], rows: Rows) -> None:
        earliest = min(self._clocks[partition] for partition in partitions)
        for raw_key, row in rows:
            hour = changed_hour(row)
            if hour is None or hour <= earliest:
                continue
            partition = self._partition(raw_key.decode())
            if partition in partitions and hour > self._clocks[partition]:
                self._clocks[partition] = hour
                earliest = min(self._clocks[one] for one in partitions)
