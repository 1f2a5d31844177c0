"""Paths that are closed or crowded now, from the states that people and features set."""

from __future__ import annotations

from dataclasses import dataclass, field

from processors.festival.routing import PathEnds
from schemas.ids import PlaceId
from schemas.routes import PathCondition, PathState


def path_key(start: PlaceId, end: PlaceId) -> str:
    """Return the key of a path's state: the same in both directions.

    >>> path_key(PlaceId("square"), PlaceId("gate"))
    'gate/square'
    """
    return "/".join(sorted((start, end)))


@dataclass(slots=True)
class Closures:
    """The last state of each path; the later one counts, by its time."""

    _states: dict[str, PathState] = field(default_factory=dict)

    def add(self, state: PathState) -> bool:
        """Add a state; return True if it changes which paths are closed or crowded."""
        key = path_key(state.start, state.end)
        known = self._states.get(key)
        if known is not None and known.time > state.time:
            return False
        self._states[key] = state
        return state.state != ("open" if known is None else known.state)

    @property
    def closed_paths(self) -> frozenset[PathEnds]:
        """Return the ends of the paths that are closed."""
        return self._in("closed")

    @property
    def crowded_paths(self) -> frozenset[PathEnds]:
        """Return the ends of the paths that are crowded."""
        return self._in("crowded")

    def _in(self, condition: PathCondition) -> frozenset[PathEnds]:
        return frozenset((one.start, one.end) for one in self._states.values() if one.state == condition)
