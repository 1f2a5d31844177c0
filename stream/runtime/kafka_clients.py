"""Clients of librdkafka. Their log lines go to the logger `librdkafka`, not to the terminal."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

REPEAT_SECONDS = 10.0
"""Interval within which each kind of line is logged once; a client without broker repeats it several times a second."""

LOG = logging.getLogger("librdkafka")
# Without a handler of the process, Python would print warnings to the terminal. A short command has none: what went
# wrong is in the exception that it ends with.
LOG.addHandler(logging.NullHandler())


class LibrdkafkaLog:
    """Receives the log lines of librdkafka and passes on those that were not logged just now.

    >>> seconds = iter([0.0, 1.0, 11.0])
    >>> lines = LibrdkafkaLog(lambda: next(seconds))
    >>> lines.is_due(logging.ERROR, "FAIL"), lines.is_due(logging.ERROR, "FAIL"), lines.is_due(logging.ERROR, "FAIL")
    (True, False, True)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged_at: dict[tuple[int, str], float] = {}

    def log(self, level: int, message: str, facility: str, client: str, text: str) -> None:
        """Log one line; the arguments are those that librdkafka gives."""
        if self.is_due(level, facility):
            LOG.log(level, message, facility, client, text)

    def is_due(self, level: int, facility: str) -> bool:
        """Return True if a line of this kind is to be logged now."""
        now = self._clock()
        last = self._logged_at.get((level, facility))
        if last is not None and now - last < REPEAT_SECONDS:
            return False
        self._logged_at[(level, facility)] = now
        return True


_lines = cast(logging.Logger, LibrdkafkaLog())  # librdkafka calls `log` and nothing else


def make_producer(options: Mapping[str, Any]) -> Producer:
    """Return a producer; its log lines are passed on while `poll` or `flush` is called."""
    return Producer(dict(options), logger=_lines)


def make_consumer(options: Mapping[str, Any]) -> Consumer:
    """Return a consumer of committed records; its log lines are passed on while `poll` is called."""
    return Consumer({"isolation.level": "read_committed", **options}, logger=_lines)


def make_admin(options: Mapping[str, Any]) -> AdminClient:
    """Return an admin client. It keeps its log lines in memory until `poll` is called: don't keep it for long without.

    For a client that polls for a broker, set `log_level` to 0.
    """
    return AdminClient(dict(options), logger=_lines)
