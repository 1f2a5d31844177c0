"""Rate limit for log lines that a library repeats: while a broker is down they would fill the disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

INTERVAL_SECONDS = 10.0
"""Shortest time between two log lines of one kind."""


class RateLimitFilter(logging.Filter):
    """Passes one record of each kind in ten seconds, with the number of those that were held back.

    >>> seconds = iter([0, 1, 2, 11])
    >>> rate_limit = RateLimitFilter(lambda: next(seconds))
    >>> for node in (1, 1, 2, 1):
    ...     record = logging.LogRecord("client", logging.ERROR, "", 1, "node %s is away", (node,), None)
    ...     print(record.getMessage() if rate_limit.filter(record) else "-")
    node 1 is away
    -
    -
    node 1 is away (and 2 more like it)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._logged: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True if the record is to be logged; adds the number of records held back to its text."""
        kind = (record.name, record.levelno, str(record.msg))
        now = self._clock()
        last, held_back = self._logged.get(kind, (now - INTERVAL_SECONDS, 0))
        if now - last < INTERVAL_SECONDS:
            self._logged[kind] = (last, held_back + 1)
            return False
        self._logged[kind] = (now, 0)
        if held_back:
            record.msg, record.args = f"{record.getMessage()} (and {held_back} more like it)", ()
        return True


def rate_limit_logger(library: str) -> None:
    """Limit all loggers that a library has so far, and drop its records below warnings."""
    logging.getLogger(library).setLevel(logging.WARNING)
    rate_limit = RateLimitFilter()
    for name in list(logging.root.manager.loggerDict):
        if name == library or name.startswith(f"{library}."):
            logging.getLogger(name).addFilter(rate_limit)
