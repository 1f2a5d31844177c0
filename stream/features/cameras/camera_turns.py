"""Turns of cameras, in order of priority, while the worker is too slow to analyze every frame of all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import get_args

from schemas.cameras import CameraPriority
from schemas.ids import CameraId
from stream.features.cameras.camera_plan import base_intervals, share_by_priority

TURN_DURATION = timedelta(seconds=2.5)
"""Warm-up of the violence network (0.75 s), a fight until it is reported (1 s), and half a second of margin."""

CAMERA_TIMEOUT = timedelta(seconds=10)
"""Least time without a frame after which a camera is dropped from the rotation."""

TIMEOUT_INTERVALS = 3
"""Base intervals without a frame after which a camera is dropped from the rotation."""

OWN_RATE = 8.0
"""Frames per second of a camera that the venue file does not know."""

DRAIN_SHARE = 0.85
"""Share of the measured capacity that is assigned while frames wait too long; the rest lets the worker catch up."""

MIN_KEPT_SHARE = 0.7
"""Share of the capacity that a single slow turn leaves: a pause of the process says little about its speed."""

GROWTH, MAX_GROWTH = 0.1, 1.0
"""Share by which the capacity grows after a turn in which frames hardly waited; doubled after each further one."""

WAITS = 8
"""Last frames of a turn, the shortest wait of which counts: a camera whose clock is behind seems to wait always."""

DUE_TOLERANCE = timedelta(seconds=0.1)
"""Time by which a frame may come before its interval is over: sources and the network have jitter."""

PRIORITIES: tuple[CameraPriority, ...] = get_args(CameraPriority)


@dataclass(slots=True)
class _PriorityClass:
    """Cameras of one priority in order of their next turn, and the frames per second that turns have not used yet."""

    rotation: deque[CameraId] = field(default_factory=deque)
    credit: float = 0.0


class CameraTurns:
    """Rotation of cameras: each has turns in which all of its frames are analyzed, and single frames between them.

    Motion can't be recognised in pictures that are seconds apart, and a crowd must not grow unseen. So every camera has
    a frame in each base interval first, and what is left of the capacity goes to turns, first of the cameras with high
    priority. If not even the base intervals can be kept, they grow for the lower priorities (`camera_plan`).

    The capacity follows from the number of frames analyzed while frames waited. As soon as the worker keeps up with all
    cameras again, every camera always has a turn.

    >>> turns, now = CameraTurns(timedelta(seconds=2)), datetime(2026, 7, 4)
    >>> turns.add_frame("gate", now), turns.interval("gate")
    (None, datetime.timedelta(0))
    """

    def __init__(
        self,
        max_wait: timedelta,
        priorities: Mapping[CameraId, CameraPriority] | None = None,
        rates: Mapping[CameraId, float] | None = None,
    ) -> None:
        """Create the rotation; all cameras have a turn at first.

        Args:
            max_wait: wait of a frame that must not be reached; from half of it the worker counts as too slow.
            priorities: of the cameras of the venue; normal where a camera has none.
            rates: frames per second that each camera of the venue sends when nobody limits it.
        """
        self._max_wait = max_wait
        self._priorities = priorities or {}
        self._rates = rates or {}
        self._last_frame_at: dict[CameraId, datetime] = {}
        self._classes = {priority: _PriorityClass() for priority in PRIORITIES}
        self._intervals = dict.fromkeys(PRIORITIES, timedelta(0))
        self._cameras_in_turn: frozenset[CameraId] | None = None  # None: all
        self._capacity: float | None = None
        self._growth = GROWTH
        self._turn_began: datetime | None = None
        self._waits: deque[timedelta] = deque(maxlen=WAITS)
        self._analyzed_frames = 0
        self.number = 0
        """Number of the turn: what follows from the turns is valid until it changes."""

    def take(self, priorities: Mapping[CameraId, CameraPriority], rates: Mapping[CameraId, float]) -> None:
        """Use the priorities and rates of another version of the venue; the next turn follows them."""
        moved = [one for one in self._last_frame_at if self._priority(one) != priorities.get(one, "normal")]
        for camera in moved:
            self._class_of(camera).rotation.remove(camera)
        self._priorities, self._rates = priorities, rates
        for camera in moved:
            self._class_of(camera).rotation.appendleft(camera)

    @property
    def is_limited(self) -> bool:
        """Return True while not all frames are analyzed."""
        return self._cameras_in_turn is not None

    @property
    def cameras(self) -> tuple[CameraId, ...]:
        """Return the cameras that send frames."""
        return tuple(self._last_frame_at)

    def add_frame(self, camera: CameraId, now: datetime) -> None:
        """Note a frame that came, whether it will be analyzed or not."""
        if self._turn_began is None or not timedelta(0) <= now - self._turn_began < TURN_DURATION:
            self._begin_turn(now)
        if camera not in self._last_frame_at:
            self._class_of(camera).rotation.appendleft(camera)
        self._last_frame_at[camera] = now

    def has_turn(self, camera: CameraId) -> bool:
        """Return True if all frames of a camera are analyzed now."""
        return self._cameras_in_turn is None or camera in self._cameras_in_turn

    def interval(self, camera: CameraId) -> timedelta:
        """Return the time between two frames of a camera as planned now; zero while all are analyzed."""
        return timedelta(0) if self.has_turn(camera) else self.base_interval(camera)

    def base_interval(self, camera: CameraId) -> timedelta:
        """Return the time between two frames of a camera between its turns; zero while nothing is limited."""
        return self._intervals[self._priority(camera)] if self.is_limited else timedelta(0)

    def is_due(self, camera: CameraId, since_last: timedelta) -> bool:
        """Return True if a frame is to be analyzed that was received so long after the last analyzed one."""
        return self.has_turn(camera) or since_last >= self.base_interval(camera) - DUE_TOLERANCE

    def add_analyzed(self, wait: timedelta) -> None:
        """Count a frame that is analyzed now, after its wait in Kafka and in the worker."""
        self._analyzed_frames += 1
        self._waits.append(wait)

    def _priority(self, camera: CameraId) -> CameraPriority:
        return self._priorities.get(camera, "normal")

    def _class_of(self, camera: CameraId) -> _PriorityClass:
        return self._classes[self._priority(camera)]

    def _rate(self, camera: CameraId) -> float:
        return self._rates.get(camera, OWN_RATE)

    def _begin_turn(self, now: datetime) -> None:
        self._forget_silent_cameras(now)
        demand = sum(map(self._rate, self._last_frame_at))
        wait = min(self._waits, default=timedelta(0))
        self._update_capacity(now, demand, wait)
        self._turn_began, self._analyzed_frames = now, 0
        self._waits.clear()
        self.number += 1
        if self._capacity is None or self._capacity >= demand:
            self._cameras_in_turn = None
            return
        self._assign(self._capacity * (DRAIN_SHARE if wait > self._max_wait / 2 else 1.0))

    def _forget_silent_cameras(self, now: datetime) -> None:
        for camera, at in list(self._last_frame_at.items()):
            if now - at > max(CAMERA_TIMEOUT, TIMEOUT_INTERVALS * self.base_interval(camera)):
                del self._last_frame_at[camera]
                self._class_of(camera).rotation.remove(camera)

    def _update_capacity(self, now: datetime, demand: float, wait: timedelta) -> None:
        """Set the capacity to the frames analyzed per second while frames wait; let it grow while they don't."""
        if not self._last_frame_at:  # nothing was measured: cameras that come back are analyzed as at the start
            self._capacity, self._growth = None, GROWTH
            return
        if self._turn_began is None:
            return
        seconds = max((now - self._turn_began).total_seconds(), TURN_DURATION.total_seconds())
        if wait > self._max_wait / 2:
            measured = self._analyzed_frames / seconds
            known = measured if self._capacity is None else max(measured, MIN_KEPT_SHARE * self._capacity)
            self._capacity = max(1 / TURN_DURATION.total_seconds(), min(known, self._capacity or known))
        if wait > self._max_wait / 4:
            self._growth = GROWTH
        elif self._capacity is not None:
            self._capacity = min((1 + self._growth) * self._capacity, (1 + GROWTH) * demand)
            self._growth = min(2 * self._growth, MAX_GROWTH)

    def _assign(self, capacity: float) -> None:
        """Set the base intervals, and assign what they leave of the capacity to turns."""
        rotations = [self._classes[priority].rotation for priority in PRIORITIES]
        intervals = base_intervals(capacity, [len(rotation) for rotation in rotations])
        self._intervals = {
            priority: timedelta(seconds=seconds) for priority, seconds in zip(PRIORITIES, intervals, strict=True)
        }
        base = sum(len(rotation) / seconds for rotation, seconds in zip(rotations, intervals, strict=True))
        extra = [
            sum(max(0.0, self._rate(camera) - 1 / seconds) for camera in rotation)
            for rotation, seconds in zip(rotations, intervals, strict=True)
        ]
        in_turn: set[CameraId] = set()
        for priority, seconds, share in zip(
            PRIORITIES, intervals, share_by_priority(max(0.0, capacity - base), extra), strict=True
        ):
            cameras = self._classes[priority]
            chosen = self._next_cameras(cameras, 1 / seconds, share)
            if len(chosen) == len(cameras.rotation):
                self._intervals[priority] = timedelta(0)
            in_turn.update(chosen)
        self._cameras_in_turn = frozenset(in_turn)

    def _next_cameras(self, cameras: _PriorityClass, base_rate: float, share: float) -> list[CameraId]:
        """Return the cameras that a share pays for, and move them to the end; what is left is for the next turns."""
        chosen: list[CameraId] = []
        cameras.credit += share
        for camera in tuple(cameras.rotation):
            cost = max(0.0, self._rate(camera) - base_rate)
            if cost > cameras.credit + 1e-9:
                cameras.credit = min(cameras.credit, cost)
                break
            cameras.credit -= cost
            chosen.append(camera)
        else:
            cameras.credit = 0.0
        cameras.rotation.rotate(-len(chosen))
        return chosen
