"""Sources that are silent now, for results that rest on several of them: forecasts, totals and limits."""

from __future__ import annotations

from collections.abc import Iterable

from processors.alerts.origin import ENDPOINT
from schemas.ids import BarId, CameraId
from schemas.sources import SourceState, source_key


class SilentSources:
    """The silent ones among the sources whose states are added."""

    def __init__(self) -> None:
        self._silent: set[str] = set()

    def add(self, state: SourceState) -> None:
        """Add one state."""
        if state.silent:
            self._silent.add(state.source)
        else:
            self._silent.discard(state.source)

    def cameras(self, cameras: Iterable[CameraId]) -> tuple[str, ...]:
        """Return the keys of those of these cameras that are silent, sorted."""
        return tuple(sorted(self._silent.intersection(source_key("camera", camera) for camera in cameras)))

    def tills(self, bar: BarId) -> tuple[str, ...]:
        """Return the keys of what a bar's sales rest on and is silent: its tills, and the endpoint for all, sorted."""
        return tuple(sorted(self._silent.intersection((source_key("tills", bar), source_key("tills", ENDPOINT)))))
