"""The attendance agent without Kafka."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from schemas.attendance import ATTENDANCE, OCCUPANCY, VENUE, AttendanceChange
from stream.features.attendance import FEATURE
from stream.runtime.settings import Settings
from stream.runtime.testing import TestDriver
from stream.runtime.venue_file import read_venue

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)


def crossing(number: int, gate: str = "east", entered: float = 3.0) -> AttendanceChange:
    time = AT + timedelta(seconds=number)
    return AttendanceChange(
        id=f"c{number}", kind="crossing", by=gate, time=time, since=time - timedelta(seconds=1), entered=entered
    )


async def test_crossings_are_summed_to_one_occupancy_a_batch() -> None:
    driver = TestDriver(FEATURE, read_venue(Settings().venue))
    events = [driver.event(ATTENDANCE, VENUE, crossing(number)) for number in range(3)]
    effects = await driver.send_events(ATTENDANCE, events)
    (occupancy,) = effects.of(OCCUPANCY)
    assert occupancy.persons == 9
    assert not (await driver.send_events(ATTENDANCE, events)).of(OCCUPANCY), "repeated events change nothing"


async def test_crossing_of_unknown_gate_is_rejected() -> None:
    driver = TestDriver(FEATURE, read_venue(Settings().venue))
    effects = await driver.send(ATTENDANCE, VENUE, crossing(0, gate="west"))
    assert effects.rejections == ["no gate 'west' in the venue file; it has east"]
