"""Selection of the frames to analyze when there are more than the worker can analyze."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from schemas.ids import CameraId
from stream.features.cameras.camera_turns import CameraTurns
from stream.runtime.record import Record

MAX_WAIT = timedelta(seconds=2)
"""A frame that waited at most this long is analyzed if its camera has its turn."""

CLOCK_SKEW_THRESHOLD = timedelta(seconds=10)
"""Apparent wait of a partition's last frame, which was just received, from which clock skew is assumed."""


class LiveFrameSelection:
    """Drops old frames, of every camera alike, so that the analysis stays live under any load.

    When the worker is too slow for all cameras, they take turns: some seconds with every frame, then the next cameras.
    Within a turn, a frame that waited w seconds is analyzed only if it was received at least w − 2 seconds after the
    last analyzed frame of its camera: the larger the lag, the larger the steps, so that a backlog of minutes is skipped
    at once. Every camera's first frame is analyzed, and no camera waits longer than another.

    The age of a frame depends on two clocks, the source's and the worker's. If one of them was wrong, every frame would
    seem hours old and be dropped. So a camera's waits are measured relative to the wait of its latest frame that was
    the last of its partition.
    """

    def __init__(self) -> None:
        self._last_analyzed: dict[CameraId, datetime] = {}
        self._clock_skew: dict[CameraId, timedelta] = {}
        """Time by which the worker's clock is ahead of a camera's source."""
        self._turns = CameraTurns(MAX_WAIT)

    def choose(
        self, batch: Sequence[Record[bytes]], now: datetime, is_last: Callable[[Record[bytes]], bool] = lambda _: False
    ) -> tuple[list[Record[bytes]], list[Record[bytes]]]:
        """Return the frames to analyze and the frames to drop, each in order of arrival.

        Args:
            batch: frames in order of arrival.
            now: present time, by the worker's clock.
            is_last: returns True if Kafka holds no record behind a frame in its partition.
        """
        chosen: list[Record[bytes]] = []
        dropped: list[Record[bytes]] = []
        for record in batch:
            camera, received = CameraId(record.key), self._received(record, now, is_last)
            has_turn = self._turns.has_turn(camera, received, now)
            last = self._last_analyzed.get(camera)
            step = now - received - MAX_WAIT
            if last is None or received < last or (has_turn and received - last >= step):
                self._last_analyzed[camera] = received
                self._turns.count_analyzed()
                chosen.append(record)
            else:
                dropped.append(record)
        return chosen, dropped

    def _received(self, record: Record[bytes], now: datetime, is_last: Callable[[Record[bytes]], bool]) -> datetime:
        """Return the reception time of a frame by the worker's clock."""
        camera, received = CameraId(record.key), record.envelope.received
        if is_last(record):
            wait = now - received
            self._clock_skew[camera] = wait if wait > CLOCK_SKEW_THRESHOLD else timedelta(0)
        return received + self._clock_skew.get(camera, timedelta(0))
