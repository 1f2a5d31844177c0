"""The last step of each stage's show stop, from the topic `show.stops`."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from schemas.show_stop import ShowStop

CHANNEL = "show-stops"

REPLAY_RECORDS = 1_000
"""Records that are read at the start: the topic keeps the last of each stage."""


class ShowStopView:
    """The last step of each stage."""

    def __init__(self) -> None:
        self._last: dict[str, ShowStop] = {}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply a step."""
        del received_at
        if not isinstance(record, ShowStop):
            return set()
        self._last[record.stage] = record
        return {CHANNEL}

    def state(self, channel: str = CHANNEL) -> Mapping[str, object]:
        """Return the last steps by stage."""
        del channel
        return dict(self._last)

    def stops(self) -> list[ShowStop]:
        """Return the last steps, by stage."""
        return [self._last[stage] for stage in sorted(self._last)]

    def of(self, stage: str) -> ShowStop | None:
        """Return the last step of a stage, or None if it never had one."""
        return self._last.get(stage)
