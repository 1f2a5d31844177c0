"""People who are expected at the next event, for those who prepare it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from msgspec import Struct

from schemas.tickets import TICKETS, SaleEventId, TicketTypeId, TypeSales
from schemas.venue import Venue
from stream.stores.accounts import Role

CHANNEL = "expected-people"
ROLES: tuple[Role, ...] = ("production", "bar")


class ExpectedPeople(TypedDict):
    """Most people at once at the next event, from its tickets and the gates of the last one.

    Attributes:
        title: of the event.
        date: its day, as YYYY-MM-DD.
        persons: expected.
        last_event: event that is over, whose gates told the share that came.
        last_persons: counted there.
    """

    title: str
    date: str
    persons: int
    last_event: str
    last_persons: int


class ExpectedPeopleView:
    """The next event by the venue's clock."""

    def __init__(self, venue: Venue) -> None:
        self._titles = {event.id: event.title or event.id for event in venue.section(TICKETS).events}
        self._zone = ZoneInfo(venue.timezone)
        self._sales: dict[tuple[SaleEventId, TicketTypeId], TypeSales] = {}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply the sales of one event and type."""
        del received_at
        if not isinstance(record, TypeSales):
            return set()
        self._sales[record.event, record.type] = record
        return {CHANNEL}

    def state(self, channel: str = CHANNEL) -> Mapping[str, object]:
        """Return the people who are expected, or None."""
        del channel
        return {"people": self.expected(datetime.now(UTC).astimezone(self._zone).date())}

    def expected(self, today: date) -> ExpectedPeople | None:
        """Return the people who are expected at the next event; None where its tickets or the gates don't tell it.

        Args:
            today: by the venue's clock; an event of this day is the next one.
        """
        coming = [sales for sales in self._sales.values() if sales.date >= today]
        if not coming:
            return None
        following = min(coming, key=lambda one: (one.date, one.event)).event
        types = [sales for sales in coming if sales.event == following]
        gates, peaks = types[0].gates, [sales.expected_peak for sales in types if sales.expected_peak is not None]
        if gates is None or len(peaks) < len(types):
            return None
        return {
            "title": self._titles.get(following, following),
            "date": types[0].date.isoformat(),
            "persons": round(sum(peaks)),
            "last_event": self._titles.get(gates.event, gates.event),
            "last_persons": round(gates.peak),
        }
