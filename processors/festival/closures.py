"""Paths that are closed or crowded now, from the states that people and features set."""

from __future__ import annotations

from dataclasses import dataclass, field

from processors.festival.walk_search import PathEnds
from schemas.ids import PlaceId
from schemas.routes import CROWD_WATCH, PathCondition, PathState


def path_key(start: PlaceId, end: PlaceId) -> str:
    """Return the key of a path's state: the same in both directions.

    >>> path_key(PlaceId("square"), PlaceId("gate"))
    'gate/square'
    """
    return "/".join(sorted((start, end)))


@dataclass(slots=True)
class Closures:
    """The last states of each path: what people say, and what the watch of crowded zones says.

    They are kept apart, so that the watch can neither open nor close what people closed, whatever the order in which
    records arrive. A path that somebody opened after the watch called it crowded is open until the watch does so anew.
    """

    _states: dict[str, PathState] = field(default_factory=dict)
    _watched: dict[str, PathState] = field(default_factory=dict)

    def add(self, state: PathState) -> bool:
        """Add a state; of two by people or two by the watch, the later one counts, by its time.

        Returns:
            True if it changes which paths are closed or crowded.
        """
        key = path_key(state.start, state.end)
        states = self._watched if state.by == CROWD_WATCH else self._states
        known = states.get(key)
        if known is not None and known.time > state.time:
            return False
        before = self._condition(key)
        states[key] = state
        return self._condition(key) != before

    def watched(self, start: PlaceId, end: PlaceId) -> PathCondition:
        """Return what the watch of crowded zones last said of a path."""
        state = self._watched.get(path_key(start, end))
        return "open" if state is None else state.state

    @property
    def closed_paths(self) -> frozenset[PathEnds]:
        """Return the ends of the paths that are closed."""
        return self._in("closed")

    @property
    def crowded_paths(self) -> frozenset[PathEnds]:
        """Return the ends of the paths that are crowded."""
        return self._in("crowded")

    def _condition(self, key: str) -> PathCondition:
        said, watched = self._states.get(key), self._watched.get(key)
        if said is not None and said.state != "open":
            return said.state
        if watched is None or watched.state != "crowded" or (said is not None and said.time > watched.time):
            return "open"
        return "crowded"

    def _in(self, condition: PathCondition) -> frozenset[PathEnds]:
        return frozenset(
            (one.start, one.end)
            for key, one in (self._watched | self._states).items()
            if self._condition(key) == condition
        )
