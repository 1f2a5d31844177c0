"""How fast the evening goes: through some scenes slower than through the rest, so that there is time to see them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from simulation.evening import LENGTH, MINUTE, clock


@dataclass(frozen=True, slots=True)
class Scene:
    """A part of the evening that gets a share of the wall clock's time, more than its length would give it."""

    begin: float
    end: float
    share: float


SCENES = (Scene(clock("22:43"), clock("22:43") + 14 * MINUTE, 0.25),)
"""The blocked exit: a crowd forecast needs a picture at least every minute of what grows."""


class Pace:
    """Turns seconds of the evening into seconds by the wall clock, and back.

    >>> pace = Pace(120, [Scene(0.0, 600.0, 0.25)])
    >>> pace.wall(600.0), pace.wall(LENGTH), pace.time(30.0)
    (30.0, 120, 600.0)
    >>> round(pace.speed(60.0)), round(pace.speed(7200.0))
    (20, 313)
    """

    def __init__(self, seconds: float, scenes: Sequence[Scene] = SCENES) -> None:
        """`seconds`: how long the evening takes; `scenes`: in their order, none within another."""
        slow, share = sum(scene.end - scene.begin for scene in scenes), sum(scene.share for scene in scenes)
        rest = seconds * (1 - share) / (LENGTH - slow)
        corners = [(0.0, 0.0)]
        for scene in scenes:
            time, wall = corners[-1]
            begin = wall + (scene.begin - time) * rest
            corners += [(scene.begin, begin), (scene.end, begin + scene.share * seconds)]
        corners.append((LENGTH, seconds))
        self._times = [time for time, _ in corners]
        self._walls = [wall for _, wall in corners]

    def wall(self, time: float) -> float:
        """Seconds by the wall clock after the doors opened; 0 before, and what comes after the end is at the end."""
        return _between(self._times, self._walls, time)

    def time(self, wall: float) -> float:
        """Seconds on the evening's clock."""
        return _between(self._walls, self._times, wall)

    def speed(self, time: float) -> float:
        """Seconds of the evening in a second."""
        for (begin, first), (end, last) in pairwise(zip(self._times, self._walls, strict=True)):
            if begin <= time < end:
                return (end - begin) / (last - first)
        return self.speed(self._times[-2])


def in_scene(time: float) -> bool:
    """Whether a scene goes on.

    >>> in_scene(clock("22:50")), in_scene(clock("23:50"))
    (True, False)
    """
    return any(scene.begin <= time < scene.end for scene in SCENES)


def _between(places: Sequence[float], values: Sequence[float], place: float) -> float:
    """On the straight lines through the corners; level before the first and after the last."""
    after = bisect_right(places, place)
    if after == 0:
        return values[0]
    if after == len(places):
        return values[-1]
    share = (place - places[after - 1]) / (places[after] - places[after - 1])
    return values[after - 1] + share * (values[after] - values[after - 1])
