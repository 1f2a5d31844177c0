"""Programme as each bars worker knows it: the venue file's, and what has changed since."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from processors.bars.bar_programme import stages_of_bar
from processors.bars.evening_profile import StageSets
from processors.festival.bar_stages import nearest_stages
from processors.festival.hours import festival_day
from processors.festival.sections import sets_of
from schemas.ids import BarId
from schemas.programme import PROGRAMME, PROGRAMME_SETS, ProgrammeSet
from schemas.venue import Venue
from stream.runtime.record import try_decode_payload


class ProgrammeCache:
    """Sets of the programme, fed by a broadcast topic, and the stages that matter to each bar."""

    def __init__(self, venue: Venue) -> None:
        self._sets = {one.id: one for one in sets_of(venue.section(PROGRAMME))}
        self._nearest = {bar.id: nearest_stages(bar, venue) for bar in venue.bars}
        self._zone = ZoneInfo(venue.timezone)
        self._decoder = msgspec.json.Decoder(ProgrammeSet)

    def add_record(self, value: bytes | None) -> None:
        """Add the state of a set; ignores what can't be decoded."""
        one = try_decode_payload(self._decoder, value, PROGRAMME_SETS.event_type)
        if one is not None:
            self._sets[one.id] = one

    def stages(self, bar: BarId, time: datetime) -> StageSets:
        """Return the sets of the festival day on the stages that matter to a bar; none for an unknown bar."""
        if bar not in self._nearest:
            return {}
        return stages_of_bar(self._nearest[bar], self._sets.values(), festival_day(time, self._zone))
