"""Selection of the frames to analyze when there are more than the worker can analyze."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from schemas.cameras import CameraPriority
from schemas.ids import CameraId
from stream.features.cameras.camera_turns import CameraTurns
from stream.runtime.record import Record

MAX_WAIT = timedelta(seconds=2)
"""A frame that waited at most this long is analyzed if its camera has its turn."""

CLOCK_SKEW_THRESHOLD = timedelta(seconds=10)
"""Apparent wait of a partition's last frame, which was just received, from which clock skew is assumed."""

JUMP_BACK_THRESHOLD = timedelta(seconds=1)
"""Time by which a frame may lie before the last one of its camera; more is a clock that was set back."""


class LiveFrameSelection:
    """Drops old frames, and those that the worker has no capacity for, so that the analysis stays live under any load.

    When the worker is too slow for all cameras, they take turns: some seconds with every frame, then single frames
    (`CameraTurns`). A frame that waited w seconds is analyzed only if it was received at least w − 2 seconds after the
    last analyzed frame of its camera: the larger the lag, the larger the steps, so that a backlog of minutes is skipped
    at once. Every camera's first frame is analyzed.

    The age of a frame depends on two clocks, the source's and the worker's. If one of them was wrong, every frame would
    seem hours old and be dropped. So a camera's waits are measured relative to the wait of its latest frame that was
    the last of its partition.
    """

    def __init__(
        self,
        priorities: Mapping[CameraId, CameraPriority] | None = None,
        rates: Mapping[CameraId, float] | None = None,
    ) -> None:
        """Create the selection; arguments as of `CameraTurns`."""
        self._last_admitted: dict[CameraId, datetime] = {}
        self._clock_skew: dict[CameraId, timedelta] = {}
        """Time by which the worker's clock is ahead of a camera's source."""
        self.turns = CameraTurns(MAX_WAIT, priorities, rates)

    def take(self, priorities: Mapping[CameraId, CameraPriority], rates: Mapping[CameraId, float]) -> None:
        """Use the priorities and rates of another version of the venue."""
        self.turns.take(priorities, rates)

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
            wait = self.admit(CameraId(record.key), record.envelope.received, now, is_last=is_last(record))
            if wait is None:
                dropped.append(record)
            else:
                self.turns.add_analyzed(wait)
                chosen.append(record)
        return chosen, dropped

    def admit(self, camera: CameraId, received: datetime, now: datetime, *, is_last: bool) -> timedelta | None:
        """Return the wait of a frame so far if it is to be analyzed, and None if it is to be dropped.

        Args:
            camera: id of the camera.
            received: time at which its source handed the frame over.
            now: present time, by the worker's clock.
            is_last: True if Kafka holds no record behind the frame in its partition.
        """
        received = self._by_own_clock(camera, received, now, is_last=is_last)
        self.turns.add_frame(camera, now)
        wait, last = now - received, self._last_admitted.get(camera)
        if last is not None and received > last - JUMP_BACK_THRESHOLD:
            since = received - last
            if since < wait - MAX_WAIT or not self.turns.is_due(camera, since):
                return None
        self._last_admitted[camera] = received
        return max(timedelta(0), wait)

    def _by_own_clock(self, camera: CameraId, received: datetime, now: datetime, *, is_last: bool) -> datetime:
        """Return the reception time of a frame by the worker's clock."""
        if is_last:
            wait = now - received
            self._clock_skew[camera] = wait if wait > CLOCK_SKEW_THRESHOLD else timedelta(0)
        return received + self._clock_skew.get(camera, timedelta(0))
