"""Gates of a day tell of the event of that day, and of nothing where there are several."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from processors.tickets.gates import GateState, last_gates
from schemas.attendance import VenueOccupancy
from schemas.tickets import SaleEventSettings, TicketTypeSettings

MADRID = ZoneInfo("Europe/Madrid")
LATER = datetime(2026, 8, 1, tzinfo=UTC)


def occupancy(time: datetime, persons: float, entered: float) -> VenueOccupancy:
    return VenueOccupancy(event_id="o", time=time, persons=persons, entered=entered, left=0, seen=0)


def event(name: str, day: int) -> SaleEventSettings:
    on_sale = datetime(2026, 3, 1, tzinfo=UTC)
    return SaleEventSettings(id=name, date=date(2026, 7, day), on_sale=on_sale, types=[TicketTypeSettings(id="day")])


def test_hours_after_midnight_belong_to_the_evening_before() -> None:
    state, days = GateState(), {date(2026, 7, 4)}
    assert state.add(occupancy(datetime(2026, 7, 5, 1, tzinfo=UTC), 90, 100), 1, days, MADRID)
    assert not state.add(occupancy(datetime(2026, 7, 5, 1, tzinfo=UTC), 99, 100), 1, days, MADRID), "repeated"
    assert not state.add(occupancy(datetime(2026, 7, 5, 5, tzinfo=UTC), 99, 100), 2, days, MADRID), "another day"
    found = last_gates(state, [event("gala", 4)], {"gala": 120}, LATER, MADRID)
    assert found is not None
    assert (found.event, found.sold, found.entered, found.peak) == ("gala", 120, 100, 90)


def test_day_of_several_events_tells_of_none() -> None:
    state = GateState()
    state.add(occupancy(datetime(2026, 7, 4, 20, tzinfo=UTC), 90, 100), 1, {date(2026, 7, 4)}, MADRID)
    events = [event("gala", 4), event("tour", 4)]
    assert last_gates(state, events, {"gala": 120, "tour": 80}, LATER, MADRID) is None
    assert last_gates(state, events, {"gala": 120}, LATER, MADRID) is not None, "nothing was sold of the other"
    assert last_gates(state, events, {"gala": 120}, datetime(2026, 7, 4, 21, tzinfo=UTC), MADRID) is None, "not over"
