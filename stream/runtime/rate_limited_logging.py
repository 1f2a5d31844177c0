"""What a library says again and again is logged now and then: a broker that is away would fill the disk with it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

EVERY_SECONDS = 10.0


class Repeated(logging.Filter):
    """Lets one record of each kind through in ten seconds, and says how many were like it.

    >>> seconds = iter([0, 1, 2, 11])
    >>> repeated = Repeated(lambda: next(seconds))
    >>> for node in (1, 1, 2, 1):
    ...     record = logging.LogRecord("client", logging.ERROR, "", 1, "node %s is away", (node,), None)
    ...     print(record.getMessage() if repeated.filter(record) else "-")
    node 1 is away
    -
    -
    node 1 is away (and 2 more like it)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log it; its text may be added to."""
        kind = (record.name, record.levelno, str(record.msg))
        now = self._clock()
        last, held_back = self._said.get(kind, (now - EVERY_SECONDS, 0))
        if now - last < EVERY_SECONDS:
            self._said[kind] = (last, held_back + 1)
            return False
        self._said[kind] = (now, 0)
        if held_back:
            record.msg, record.args = f"{record.getMessage()} (and {held_back} more like it)", ()
        return True


def calm(library: str) -> None:
    """Do so for all loggers that a library has by now; below warnings it says nothing."""
    logging.getLogger(library).setLevel(logging.WARNING)
    repeated = Repeated()
    for name in list(logging.root.manager.loggerDict):
        if name == library or name.startswith(f"{library}."):
            logging.getLogger(name).addFilter(repeated)
