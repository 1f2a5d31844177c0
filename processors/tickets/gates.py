"""People at the gates on the days of events: entries, and most people at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from schemas.attendance import VenueOccupancy
from schemas.tickets import GateCount, SaleEventId, SaleEventSettings

NIGHT_HOURS = 6
"""Hours after midnight that belong to the evening before."""


class DayGates(Struct):
    """One day."""

    entered: float = 0.0
    peak: float = 0.0


class GateState(Struct):
    """Days of events.

    Attributes:
        offset: of the last record that it includes.
    """

    offset: int = -1
    days: dict[date, DayGates] = field(default_factory=dict)

    def add(self, occupancy: VenueOccupancy, offset: int, event_days: Iterable[date], zone: ZoneInfo) -> bool:
        """Add the number of people in the venue; return False on other days, and for what it includes already."""
        day = (occupancy.time.astimezone(zone) - timedelta(hours=NIGHT_HOURS)).date()
        if offset <= self.offset or day not in event_days:
            return False
        self.offset = offset
        one = self.days.setdefault(day, DayGates())
        one.entered, one.peak = max(one.entered, occupancy.entered), max(one.peak, occupancy.persons)
        return True


def last_gates(
    state: GateState,
    events: Iterable[SaleEventSettings],
    sold: Mapping[SaleEventId, int],
    now: datetime,
    zone: ZoneInfo,
) -> GateCount | None:
    """Return the gates of the last event that is over, and for which tickets were sold; None without one.

    Events of one day share its gates, so that a day with several is left out.
    """
    today = (now.astimezone(zone) - timedelta(hours=NIGHT_HOURS)).date()
    known = [event for event in events if event.date < today and event.date in state.days and sold.get(event.id, 0) > 0]
    alone = [event for event in known if sum(other.date == event.date for other in known) == 1]
    if not alone:
        return None
    last = max(alone, key=lambda event: event.date)
    day = state.days[last.date]
    return GateCount(event=last.id, sold=sold[last.id], entered=round(day.entered, 1), peak=round(day.peak, 1))
