"""Acts and sets of the programme, as they are now."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from console.conditional import TaggedAnswer
from processors.festival.sections import acts_of, sets_of
from schemas.ids import SetId
from schemas.programme import PROGRAMME, ProgrammeSet
from schemas.venue import Venue

CHANNEL = "programme"

REPLAY_RECORDS = 5_000
"""Records of each partition that are read at the start: more than the sets of any festival."""


class ProgrammeView:
    """The printed programme of the venue file with all changes, and the sets that were loaded from tables."""

    def __init__(self, venue: Venue) -> None:
        settings = venue.section(PROGRAMME)
        self._acts = acts_of(settings)
        self._sets: dict[SetId, ProgrammeSet] = {one.id: one for one in sets_of(settings)}
        self._answer: TaggedAnswer | None = None

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply the state of a set."""
        del received_at
        if not isinstance(record, ProgrammeSet):
            return set()
        self._sets[record.id] = record
        self._answer = None
        return {CHANNEL}

    def state(self, channel: str = CHANNEL) -> Mapping[str, object]:
        """Return acts, and sets by their begin."""
        del channel
        sets = sorted(self._sets.values(), key=lambda one: (one.begin, one.stage, one.id))
        return {"acts": msgspec.to_builtins(self._acts), "sets": msgspec.to_builtins(sets)}

    def answer(self) -> TaggedAnswer:
        """Return the state as JSON, encoded once for each change."""
        if self._answer is None:
            self._answer = TaggedAnswer.of(self.state())
        return self._answer
