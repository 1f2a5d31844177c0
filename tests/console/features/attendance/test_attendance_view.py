"""Attendance as pages receive it, without a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from console.features.attendance.view import AttendanceView
from console.features.crowd.view import ZonesView
from schemas.attendance import GateTotal, VenueOccupancy
from schemas.crowd import CrowdCount, ZoneCount
from schemas.sources import SourceState
from stream.runtime.settings import ROOT
from stream.runtime.venue_file import read_venue

VENUE = read_venue(ROOT / "deploy" / "venues" / "demo.yaml")
AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def count(camera: str, persons: float, density: float, **more: object) -> CrowdCount:
    zone = ZoneCount(zone="front", persons=persons, density=density, level_of_service="D", **more)  # type: ignore[arg-type]
    return CrowdCount(event_id="e", camera=camera, time=AT, persons=persons, zones=(zone,), model="m")


def test_zones_channel_with_blind_camera_shows_gate_counts() -> None:
    zones, attendance = ZonesView(VENUE), AttendanceView(VENUE)
    zones.apply(count("front-left", 100, 4.0), 1)
    zones.apply(CrowdCount(event_id="f", camera="front-left", time=AT, persons=None, blind="black", model="m"), 2)
    gates = (GateTotal(gate="east", entered=900, left=100),)
    attendance.apply(VenueOccupancy(event_id="g", time=AT, persons=800, entered=900, left=100, seen=0, gates=gates), 3)
    state = zones.state() | attendance.state()
    assert state["zones"][0]["persons"] is None
    assert state["cameras"][0]["blind"] == "black"
    assert (state["venue"]["persons"], state["venue"]["capacity"]) == (800, 3000)


def test_gate_rate_uses_last_minutes_of_the_same_day() -> None:
    attendance = AttendanceView(VENUE)

    def rates(minutes: float, entered: float, left: float) -> dict[str, object]:
        gates = (GateTotal(gate="east", entered=entered, left=left),)
        time = AT + timedelta(minutes=minutes)
        attendance.apply(
            VenueOccupancy(event_id="g", time=time, persons=1, entered=entered, left=left, seen=0, gates=gates), 3
        )
        (gate,) = attendance.state()["venue"]["gates"]
        return gate

    assert rates(0, 0, 0)["in_a_minute"] is None, "no earlier total"
    assert rates(10, 1000, 0)["in_a_minute"] == 100
    for minutes in range(11, 16):
        gate = rates(minutes, 1000 + 20 * (minutes - 10), minutes - 10)
    assert (gate["in_a_minute"], gate["out_a_minute"]) == (20, 1), "the rate of five minutes ago is not included"
    assert rates(2000, 3, 0)["in_a_minute"] is None


def test_total_and_zone_leave_out_and_name_a_silent_camera() -> None:
    zones, attendance = ZonesView(VENUE), AttendanceView(VENUE)
    zones.apply(count("front-left", 100, 4.0, limit_chance=0.9, minutes_to_limit=3), 1)
    attendance.apply(VenueOccupancy(event_id="g", time=AT, persons=800, entered=900, left=100, seen=0), 3)
    dead = SourceState(
        event_id="t", source="camera/front-left", kind="camera", name="front-left", time=AT, silent=True, since=AT
    )
    zones.apply(dead, 4)
    attendance.apply(dead, 4)
    state = zones.state() | attendance.state()
    front = state["zones"][0]
    assert (front["persons"], front["limit_chance"], front["blind"]) == (None, None, ["front-left"])
    assert next(camera["silent"] for camera in state["cameras"] if camera["id"] == "front-left")
    assert state["venue"]["blind"] == ("camera/front-left",)
    zones.apply(replace(dead, silent=False), 5)
    attendance.apply(replace(dead, silent=False), 5)
    state = zones.state() | attendance.state()
    assert (state["zones"][0]["persons"], state["zones"][0]["blind"], state["venue"]["blind"]) == (100, [], ())
