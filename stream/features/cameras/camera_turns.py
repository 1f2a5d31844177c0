"""Whose turn it is when there is no time to look at every camera."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

TURN = timedelta(seconds=2.5)
"""As long as the violence network needs to warm up (0.75 s) and a fight to be told of (1 s), and half a second more."""

GONE = timedelta(seconds=10)
"""A camera that sent nothing for so long has no turn."""

SPARE = 0.9
"""share of what the worker can look at that is given out, so that it catches up"""


class CameraTurns:
    """So many cameras at a time, each for a turn with all of its frames, one after the other.

    Looking at every camera now and then would waste the time: what moves can't be told from pictures that lie
    seconds apart. How many have a turn together follows from what was looked at in the last one. As soon as the
    frames of all are handled in time again, all have a turn always.

    >>> turns, now = CameraTurns(timedelta(seconds=2)), datetime(2026, 7, 4)
    >>> turns.is_on("gate", now, now)
    True
    """

    def __init__(self, stale: timedelta) -> None:
        """`stale` is the wait from which the worker counts as too slow."""
        self._stale = stale
        self._heard: dict[str, datetime] = {}
        self._queue: deque[str] = deque()
        self._on: frozenset[str] | None = None
        self._room = 0
        self._began: datetime | None = None
        self._span: tuple[datetime, datetime] | None = None
        self._waited = timedelta(0)
        self._frames = self._looks = 0

    def is_on(self, camera: str, received: datetime, now: datetime) -> bool:
        """Whether a frame of the camera, that came at `received`, is in its turn; every frame must be asked for."""
        if self._began is None or not timedelta(0) <= now - self._began < TURN:
            self._next(now)
        if camera not in self._heard:
            self._queue.appendleft(camera)
        self._heard[camera] = now
        self._frames += 1
        first, last = self._span or (received, received)
        self._span = min(first, received), max(last, received)
        self._waited = now - received
        return self._on is None or camera in self._on

    def looked(self) -> None:
        """One frame was chosen to be looked at."""
        self._looks += 1

    def _next(self, now: datetime) -> None:
        for camera in [camera for camera, heard in self._heard.items() if now - heard > GONE]:
            del self._heard[camera]
            self._queue.remove(camera)
        here = len(self._queue)
        room = self._room if self._on is not None else here
        if self._waited > self._stale:
            room = max(1, min(room, self._affordable(now, here)))
        elif self._waited < self._stale / 2:
            room += max(1, room // 4)
        self._room, self._on = room, None
        if room < here:
            self._on = frozenset(self._queue[place] for place in range(room))
            self._queue.rotate(-room)
        self._began, self._span = now, None
        self._frames = self._looks = 0

    def _affordable(self, now: datetime, here: int) -> int:
        """Cameras whose every frame the worker could have looked at in the last turn."""
        if self._began is None or self._span is None or self._span[0] == self._span[1]:
            return here - 1
        first, last = self._span
        frames_of_one = self._frames / max(1, here) / (last - first).total_seconds()
        return int(SPARE * self._looks / (now - self._began).total_seconds() / frames_of_one)
