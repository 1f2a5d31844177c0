"""Playback speed of the evening: slow scenes are played slower than the rest, so that there is time to watch them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from simulation.evening import EVENING_SECONDS, MINUTE, clock


@dataclass(frozen=True, slots=True)
class SlowScene:
    """Part of the evening that gets a fixed share of the wall-clock time, more than its length would give it."""

    begin: float
    end: float
    share: float


SCENES = (SlowScene(clock("22:43"), clock("22:43") + 14 * MINUTE, 0.25),)
"""The blocked exit: a crowd forecast needs at least one image a minute of a growing queue."""


class PlaybackSpeed:
    """Conversion between seconds of the evening and wall-clock seconds.

    >>> speed = PlaybackSpeed(120, [SlowScene(0.0, 600.0, 0.25)])
    >>> speed.wall(600.0), speed.wall(EVENING_SECONDS), speed.time(30.0)
    (30.0, 120, 600.0)
    >>> round(speed.factor(60.0)), round(speed.factor(7200.0))
    (20, 313)
    """

    def __init__(self, seconds: float, scenes: Sequence[SlowScene] = SCENES) -> None:
        """Build the piecewise linear mapping.

        Args:
            seconds: wall-clock duration of the evening.
            scenes: slow scenes in order of time, without overlap.
        """
        slow, share = sum(scene.end - scene.begin for scene in scenes), sum(scene.share for scene in scenes)
        rest = seconds * (1 - share) / (EVENING_SECONDS - slow)
        corners = [(0.0, 0.0)]
        for scene in scenes:
            time, wall = corners[-1]
            begin = wall + (scene.begin - time) * rest
            corners += [(scene.begin, begin), (scene.end, begin + scene.share * seconds)]
        corners.append((EVENING_SECONDS, seconds))
        self._times = [time for time, _ in corners]
        self._walls = [wall for _, wall in corners]

    def wall(self, time: float) -> float:
        """Return the wall-clock seconds since the doors opened, clipped to the evening."""
        return _between(self._times, self._walls, time)

    def time(self, wall: float) -> float:
        """Return the seconds of the evening at a wall-clock second."""
        return _between(self._walls, self._times, wall)

    def factor(self, time: float) -> float:
        """Return the seconds of the evening that pass in one wall-clock second."""
        for (begin, first), (end, last) in pairwise(zip(self._times, self._walls, strict=True)):
            if begin <= time < end:
                return (end - begin) / (last - first)
        return self.factor(self._times[-2])


def in_scene(time: float) -> bool:
    """Return True within a slow scene.

    >>> in_scene(clock("22:50")), in_scene(clock("23:50"))
    (True, False)
    """
    return any(scene.begin <= time < scene.end for scene in SCENES)


def _between(places: Sequence[float], values: Sequence[float], place: float) -> float:
    """Interpolate linearly between the corners; constant before the first and after the last."""
    after = bisect_right(places, place)
    if after == 0:
        return values[0]
    if after == len(places):
        return values[-1]
    share = (place - places[after - 1]) / (places[after] - places[after - 1])
    return values[after - 1] + share * (values[after] - values[after - 1])
