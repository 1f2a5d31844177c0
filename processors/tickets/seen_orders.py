"""Recognition of an order that comes again: by its id and content, among all orders of an event."""

from __future__ import annotations

from enum import Enum
from hashlib import blake2b

from msgspec import Struct

from schemas.tickets import TicketOrder

DIGEST_BYTES = 6
"""Bytes of BLAKE2b kept of an order's id, and of all else in it. Another order is taken for a repetition with a
probability of 2⁻⁹⁶ by pair, and of 2⁻⁴⁸ by pair where its id was used before."""

OFFSET_BYTES = 6
ENTRY_BYTES = 2 * DIGEST_BYTES + OFFSET_BYTES

BUCKETS = 256
"""Rows of an event in which its orders are remembered, by the id: a batch rewrites few of them."""

MAX_ENTRIES = 4_000
"""Orders remembered in a row, 70 kB; a million an event. Beyond it the oldest are forgotten first."""


class Recognition(Enum):
    """Relation of an order to those before."""

    NEW = "new"
    REPEATED = "repeated"
    """The same id and content: it was counted."""
    SAME_ID = "same_id"
    """The id was used with other content, as of a refund: it counts."""


class SeenOrders(Struct):
    """Orders of one bucket.

    Attributes:
        entries: digest of the id, digest of the content, and offset of each order, oldest first.
    """

    entries: bytes = b""

    def add(self, order: TicketOrder, offset: int) -> Recognition:
        """Remember an order; return how it relates to those that came at an earlier offset."""
        number, content = _digest(order.id), content_digest(order)
        found = Recognition.NEW
        for place in range(0, len(self.entries), ENTRY_BYTES):
            entry = self.entries[place : place + ENTRY_BYTES]
            if entry[:DIGEST_BYTES] != number:
                continue
            found = Recognition.SAME_ID
            if entry[DIGEST_BYTES : 2 * DIGEST_BYTES] == content:
                # At its own offset it is read again after a crash, in which this row was stored and others were not.
                again = int.from_bytes(entry[2 * DIGEST_BYTES :]) < offset
                return Recognition.REPEATED if again else Recognition.NEW
        kept = self.entries[-(MAX_ENTRIES - 1) * ENTRY_BYTES :]
        self.entries = kept + number + content + offset.to_bytes(OFFSET_BYTES)
        return found


def bucket_of(order: TicketOrder) -> str:
    """Return the key of the row in which an order is remembered."""
    return f"{order.event}#{_digest(order.id)[0] % BUCKETS:02x}"


def content_digest(order: TicketOrder) -> bytes:
    """Return a digest of all of an order but its id; its time counts as an instant."""
    parts = (order.event, order.type, order.quantity, order.price_cents, order.currency, order.channel)
    return _digest("\x1f".join(map(str, (*parts, order.time.timestamp()))))


def order_event_id(order: TicketOrder) -> str:
    """Return the CloudEvents id of an order: the same for each attempt to send it, another for any other content.

    >>> from datetime import UTC, datetime
    >>> one = TicketOrder(id="7", event="gala", type="day", quantity=2, price_cents=4500, currency="EUR",
    ...     time=datetime(2026, 7, 4, tzinfo=UTC))
    >>> order_event_id(one)[:8]
    'order/7/'
    """
    return f"order/{order.id}/{content_digest(order).hex()}"


def problem_of(order: TicketOrder) -> str | None:
    """Return a reason why an order can't be accepted from any shop, or None.

    >>> from datetime import UTC, datetime
    >>> problem_of(TicketOrder(id="ana@mail.example", event="gala", type="day", quantity=2, price_cents=4500,
    ...     currency="EUR", time=datetime(2026, 7, 4, tzinfo=UTC)))
    'its id or channel looks like a mail address; send a number of the order'
    """
    if "@" in order.id or "@" in order.channel:
        return "its id or channel looks like a mail address; send a number of the order"
    if order.quantity == 0:
        return "its quantity is 0; a refund has a negative one"
    return None


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()
