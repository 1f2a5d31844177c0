"""Past events that `pulso tickets learn` keeps, read again when the file has changed."""

from __future__ import annotations

import logging
from pathlib import Path

from processors.tickets.curves import BookingCurve, CurvesError
from processors.tickets.history import read_history

log = logging.getLogger(__name__)


class HistoryFile:
    """The file of past events; without one there are none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed: int | None = None
        self._events: tuple[BookingCurve, ...] = ()

    def events(self) -> tuple[BookingCurve, ...]:
        """Return the past events; the same object while the file is unchanged."""
        try:
            changed = self._path.stat().st_mtime_ns
        except OSError:
            self._changed, self._events = None, ()
            return self._events
        if changed != self._changed:
            self._changed = changed
            try:
                self._events = read_history(self._path)
            except (CurvesError, OSError) as error:
                log.warning("no forecasts of ticket sales: %s", error)
                self._events = ()
        return self._events
