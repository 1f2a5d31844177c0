"""Which frames are worth looking at when there are more than the worker can look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from stream.camera_turns import CameraTurns
from stream.incoming import Incoming

STALE = timedelta(seconds=2)
"""A frame that waited no longer is looked at, if its camera has its turn."""


class LiveFrames:
    """Drops old frames, of every camera alike, so that what is looked at stays live whatever comes.

    When the worker is too slow for all cameras, they take turns: some seconds with every frame, then the next ones.
    Within a turn, a frame that waited w seconds is looked at only where the last one of its camera that was looked at
    came at least w − 2 seconds before it: the further the worker is behind, the wider the steps, and a backlog of
    minutes is stepped over at once. Every camera's first frame is looked at, and no camera waits longer than another.
    """

    def __init__(self) -> None:
        self._looked: dict[str, datetime] = {}
        self._turns = CameraTurns(STALE)

    def choose(self, batch: Sequence[Incoming], now: datetime) -> tuple[list[Incoming], list[Incoming]]:
        """Frames to look at and frames to drop, each in the order they came."""
        looked: list[Incoming] = []
        dropped: list[Incoming] = []
        for incoming in batch:
            received = incoming.envelope.received
            on = self._turns.is_on(incoming.key, received, now)
            last = self._looked.get(incoming.key)
            step = now - received - STALE
            if last is None or received < last or (on and received - last >= step):
                self._looked[incoming.key] = received
                self._turns.looked()
                looked.append(incoming)
            else:
                dropped.append(incoming)
        return looked, dropped
