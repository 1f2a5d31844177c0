"""Which frames are worth looking at when there are more than the worker can look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from stream.features.cameras.camera_turns import CameraTurns
from stream.runtime.record import Record

STALE = timedelta(seconds=2)
"""A frame that waited no longer is looked at, if its camera has its turn."""

WRONG_CLOCK = timedelta(seconds=10)
"""A frame with nothing behind it in Kafka has just come. Where it seems to have waited for so long, clocks differ."""


class LiveFrameSelection:
    """Drops old frames, of every camera alike, so that what is looked at stays live whatever comes.

    When the worker is too slow for all cameras, they take turns: some seconds with every frame, then the next ones.
    Within a turn, a frame that waited w seconds is looked at only where the last one of its camera that was looked at
    came at least w − 2 seconds before it: the further the worker is behind, the wider the steps, and a backlog of
    minutes is stepped over at once. Every camera's first frame is looked at, and no camera waits longer than another.

    Whether a frame is old is told by two clocks, the source's and the worker's. Where one of them was set wrong, every
    frame would seem hours old and be dropped. So a camera's waits are measured from that of its last frame that had
    nothing behind it.
    """

    def __init__(self) -> None:
        self._looked: dict[str, datetime] = {}
        self._ahead: dict[str, timedelta] = {}
        """by which the worker's clock is ahead of the source's"""
        self._turns = CameraTurns(STALE)

    def choose(
        self, batch: Sequence[Record[bytes]], now: datetime, is_last: Callable[[Record[bytes]], bool] = lambda _: False
    ) -> tuple[list[Record[bytes]], list[Record[bytes]]]:
        """Frames to look at and frames to drop, each in the order they came.

        Args:
            is_last: whether Kafka holds nothing behind a frame in its partition.
        """
        looked: list[Record[bytes]] = []
        dropped: list[Record[bytes]] = []
        for record in batch:
            received = self._received(record, now, is_last)
            on = self._turns.is_on(record.key, received, now)
            last = self._looked.get(record.key)
            step = now - received - STALE
            if last is None or received < last or (on and received - last >= step):
                self._looked[record.key] = received
                self._turns.looked()
                looked.append(record)
            else:
                dropped.append(record)
        return looked, dropped

    def _received(self, record: Record[bytes], now: datetime, is_last: Callable[[Record[bytes]], bool]) -> datetime:
        """When a frame came, by the worker's clock."""
        said = record.envelope.received
        if is_last(record):
            self._ahead[record.key] = now - said if now - said > WRONG_CLOCK else timedelta(0)
        return said + self._ahead.get(record.key, timedelta(0))
