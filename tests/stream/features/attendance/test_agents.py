"""The attendance agent without Kafka."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from schemas.attendance import ATTENDANCE, OCCUPANCY, VENUE, AttendanceChange, VenueOccupancy
from schemas.sources import SOURCE_STATES, SourceState
from stream.features import registry
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


async def test_occupancy_names_silent_cameras_of_gates_and_zones() -> None:
    driver = TestDriver(FEATURE, read_venue(Settings().venue))
    dead = SourceState(
        event_id="t", source="camera/gate-east", kind="camera", name="gate-east", time=AT, silent=True, since=AT
    )
    await driver.send(SOURCE_STATES, "camera/gate-east", dead)
    await driver.send(SOURCE_STATES, "camera/visitor", replace(dead, source="camera/visitor", name="visitor"))
    (occupancy,) = (await driver.send(ATTENDANCE, VENUE, crossing(0))).of(OCCUPANCY)
    assert occupancy.blind == ("camera/gate-east",)
    await driver.send(SOURCE_STATES, "camera/gate-east", replace(dead, silent=False))
    (occupancy,) = (await driver.send(ATTENDANCE, VENUE, crossing(1))).of(OCCUPANCY)
    assert occupancy.blind == ()


def test_alert_of_the_capacity_says_what_is_missing() -> None:
    venue = read_venue(Settings().venue)
    full = VenueOccupancy(event_id="e", time=AT, persons=2900, entered=2900, left=0, seen=0)
    for blind, text in (((), "Venue: 2900 people"), (("camera/gate-east",), "at least 2900 people, capacity 3000; w")):
        (one,) = registry.rule_evaluator(venue).observations(replace(full, blind=blind))
        assert text in one.text["en"]
