"""Round-robin scheduling of cameras while the worker is too slow to analyze all of them."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from schemas.ids import CameraId

TURN_DURATION = timedelta(seconds=2.5)
"""Warm-up of the violence network (0.75 s), a fight until it is reported (1 s), and half a second of margin."""

CAMERA_TIMEOUT = timedelta(seconds=10)
"""Time without a frame after which a camera is dropped from the rotation."""

CAPACITY_SHARE = 0.9
"""Share of the measured capacity that is assigned to cameras; the rest lets the worker catch up."""


class CameraTurns:
    """Round-robin over groups of cameras: each has a turn in which all of its frames are analyzed.

    Analyzing single frames of every camera would waste the capacity: motion can't be recognised in pictures that are
    seconds apart. The number of cameras in a turn follows from the number of frames analyzed in the turn before. As
    soon as the worker keeps up with all cameras again, every camera always has a turn.

    >>> turns, now = CameraTurns(timedelta(seconds=2)), datetime(2026, 7, 4)
    >>> turns.has_turn("gate", now, now)
    True
    """

    def __init__(self, max_wait: timedelta) -> None:
        """Create the rotation; all cameras have a turn at first.

        Args:
            max_wait: wait of a frame above which the worker counts as too slow.
        """
        self._max_wait = max_wait
        self._last_frame_at: dict[CameraId, datetime] = {}
        self._rotation: deque[CameraId] = deque()
        self._cameras_in_turn: frozenset[CameraId] | None = None  # None: all
        self._turn_size = 0
        self._turn_began: datetime | None = None
        self._received_span: tuple[datetime, datetime] | None = None
        self._last_wait = timedelta(0)
        self._frames = self._analyzed_frames = 0

    def has_turn(self, camera: CameraId, received: datetime, now: datetime) -> bool:
        """Return True if a frame's camera has its turn; must be called for every frame.

        Args:
            camera: id of the camera.
            received: time at which the frame was received.
            now: present time, by the same clock.
        """
        if self._turn_began is None or not timedelta(0) <= now - self._turn_began < TURN_DURATION:
            self._begin_turn(now)
        if camera not in self._last_frame_at:
            self._rotation.appendleft(camera)
        self._last_frame_at[camera] = now
        self._frames += 1
        first, last = self._received_span or (received, received)
        self._received_span = min(first, received), max(last, received)
        self._last_wait = now - received
        return self._cameras_in_turn is None or camera in self._cameras_in_turn

    def count_analyzed(self) -> None:
        """Count one frame that was chosen for analysis."""
        self._analyzed_frames += 1

    def _begin_turn(self, now: datetime) -> None:
        for camera in [camera for camera, at in self._last_frame_at.items() if now - at > CAMERA_TIMEOUT]:
            del self._last_frame_at[camera]
            self._rotation.remove(camera)
        cameras = len(self._rotation)
        turn_size = self._turn_size if self._cameras_in_turn is not None else cameras
        if self._last_wait > self._max_wait:
            turn_size = max(1, min(turn_size, self._affordable_cameras(now, cameras)))
        elif self._last_wait < self._max_wait / 2:
            turn_size += max(1, turn_size // 4)
        self._turn_size, self._cameras_in_turn = turn_size, None
        if turn_size < cameras:
            self._cameras_in_turn = frozenset(self._rotation[index] for index in range(turn_size))
            self._rotation.rotate(-turn_size)
        self._turn_began, self._received_span = now, None
        self._frames = self._analyzed_frames = 0

    def _affordable_cameras(self, now: datetime, cameras: int) -> int:
        """Return the number of cameras all of whose frames the worker could have analyzed in the last turn."""
        span = self._received_span
        if self._turn_began is None or span is None or span[0] == span[1]:
            return cameras - 1
        first, last = span
        frames_per_camera_second = self._frames / max(1, cameras) / (last - first).total_seconds()
        analyzed_per_second = self._analyzed_frames / (now - self._turn_began).total_seconds()
        return int(CAPACITY_SHARE * analyzed_per_second / frames_per_camera_second)
