"""The lines of all stages, as corrected."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence

from schemas.captions import CaptionLine
from schemas.ids import CaptionId, StageId

MAX_LINES = 20_000
"""Lines of a stage that are kept: a whole weekend of speech."""


class CaptionLog:
    """Last version of each line, by stage and in order of time.

    Args:
        max_lines: lines of a stage that are kept, the newest.
    """

    def __init__(self, max_lines: int = MAX_LINES) -> None:
        self._max_lines = max_lines
        self._lines: dict[CaptionId, CaptionLine] = {}
        self._order: dict[StageId, list[tuple[float, CaptionId]]] = {}

    def add(self, line: CaptionLine) -> bool:
        """Add or replace a line; return False where it is known, or an older version of one that is.

        A person's word stands: what was transcribed again does not replace a correction.
        """
        known = self._lines.get(line.id)
        if known is not None and (line.automatic or (not known.automatic and line.time <= known.time)):
            return False
        self._lines[line.id] = line
        order = self._order.setdefault(line.stage, [])
        if known is None:
            insort(order, (line.begin.timestamp(), line.id))
            if len(order) > self._max_lines:
                del self._lines[order.pop(0)[1]]
        return True

    def get(self, line: CaptionId) -> CaptionLine | None:
        """Return the last version of a line; None where it is not known."""
        return self._lines.get(line)

    def __contains__(self, line: CaptionId) -> bool:
        """Return True for a line that is known."""
        return line in self._lines

    def lines(self, stage: StageId) -> Sequence[CaptionLine]:
        """Return the lines of a stage, in order of time."""
        return [self._lines[id] for _, id in self._order.get(stage, ())]

    def last(self, stage: StageId, number: int) -> Sequence[CaptionLine]:
        """Return the last lines of a stage, in order of time."""
        return [self._lines[id] for _, id in self._order.get(stage, ())[-number:]]
