"""HTTP endpoint for orders of ticket shops."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from processors.tickets.orders_file import problem_for_venue
from processors.tickets.seen_orders import order_event_id
from schemas.tickets import ORDERS, TICKETS, TicketOrder
from schemas.venue import Venue
from stream.runtime.settings import Settings
from stream.sources.record_server import RecordServer, stored_token


class OrderServer(RecordServer[TicketOrder]):
    """`POST /v1/orders`. Orders of events and types that the venue file does not name are rejected."""

    kind: ClassVar[str] = "orders"
    record = TicketOrder
    topic = ORDERS
    path = "/v1/orders"
    noun = "order"

    def __init__(
        self, venue: Venue, *, port: int, token: str, bind: str = "127.0.0.1", announced: Path | None = None
    ) -> None:
        super().__init__(port=port, token=token, bind=bind, announced=announced)
        self._events, self._zone = venue.section(TICKETS).events, ZoneInfo(venue.timezone)

    def key(self, record: TicketOrder) -> str:
        """Return the event."""
        return record.event

    def event_id(self, record: TicketOrder) -> str:
        """Return an id of number and content: a refund may have the number of its order."""
        return order_event_id(record)

    def rejection(self, record: TicketOrder) -> str | None:
        """Return a reason where the venue file has no such event and type, or the order may name a person."""
        return problem_for_venue(record, self._events, self._zone)


def token_of(settings: Settings) -> str:
    """Return the token that shops must send: PULSO_ORDERS_TOKEN, or one made once and kept in the data folder."""
    return stored_token(settings.orders_token, settings.data / "orders-token", "orders", "PULSO_ORDERS_TOKEN")
