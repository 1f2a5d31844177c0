"""Silent sources, and the last sign of the worker that computes alerts."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TypedDict

from msgspec import Struct

from schemas.sources import ProcessState, SourceState

CHANNEL = "sources"


class ShownSource(TypedDict):
    """A silent source as pages get it."""

    source: str
    since: datetime


class WatchPageState(TypedDict):
    """State of the channel `sources`.

    Attributes:
        watched_at: Kafka's time of the last record of the alerts worker, or when the console started if there is none,
            Unix milliseconds.
        silent: silent sources, the longest silent first; those of a process that is silent are left out.
        processes: silent processes.
    """

    watched_at: int
    silent: list[ShownSource]
    processes: list[ShownSource]


class WatchView:
    """The last state of each source and process."""

    def __init__(self) -> None:
        self._watched_at = round(time.time() * 1000)
        self._has_records = False
        self._silent: dict[str, SourceState] = {}
        self._processes: dict[str, ProcessState] = {}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply a state."""
        match record:
            case SourceState():
                self._silent.pop(record.source, None)
                if record.silent:
                    self._silent[record.source] = record
            case ProcessState():
                self._processes.pop(record.process, None)
                if record.silent:
                    self._processes[record.process] = record
                self._watched_at = max(received_at, self._watched_at) if self._has_records else received_at
                self._has_records = True
            case _:
                return set()
        return {CHANNEL}

    def state(self, channel: str = CHANNEL) -> WatchPageState:
        """Return what is silent."""
        shown = [one for one in self._silent.values() if not one.covered]
        return {
            "watched_at": self._watched_at,
            "silent": [{"source": one.source, "since": one.since} for one in sorted(shown, key=lambda one: one.since)],
            "processes": [{"source": one.process, "since": one.since} for one in self._processes.values()],
        }
