"""Ids of records that no event causes, as a timer writes them."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from schemas.ids import EventId


class RunIds:
    """Ids that no other process and no other run of this one has.

    Attributes:
        run: names this run of the process.
    """

    def __init__(self) -> None:
        self.run = f"{os.getpid()}-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
        self._number = 0

    def next(self, kind: str) -> EventId:
        """Return the next id, which begins with the kind of record."""
        self._number += 1
        return EventId(f"{kind}/{self.run}/{self._number}")
