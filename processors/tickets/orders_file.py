"""Orders of a CSV file of a ticket shop, checked line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from processors.csv_table import CellError, Refusal, Row, read_table
from processors.event_time import is_ahead
from processors.tickets.curves import MAX_DAYS
from processors.tickets.seen_orders import content_digest, problem_of
from schemas.tickets import SaleEventSettings, TicketOrder


@dataclass(frozen=True, slots=True)
class CheckedOrders:
    """Content of a file of orders.

    Attributes:
        orders: that can be sent, in the order of their times.
        refused: lines that can't, and why.
        notes: what was found out about the file, for people.
    """

    orders: tuple[TicketOrder, ...]
    refused: tuple[Refusal, ...]
    notes: tuple[str, ...]


def read_orders(path: Path, events: Sequence[SaleEventSettings], zone: ZoneInfo, now: datetime) -> CheckedOrders:
    """Read a table with the columns id, event, type, quantity, price, time; where known currency and channel.

    Lines without an id are numbered by their content, so that a file that is sent again counts once.

    Args:
        events: of the venue file; a line of another event or type is refused.
        zone: of times without an offset.
        now: time after which no order can be.

    Raises:
        TableError: the file is not such a table.
        OSError: the file can't be read.
    """
    table = read_table(path, numbers=("quantity", "price"))
    table.require("event", "type", "quantity", "price", "time")
    orders: list[TicketOrder] = []
    refused: list[Refusal] = []
    alike: Counter[str] = Counter()
    for row in table.rows:
        try:
            order = _order(row, events, zone, now)
            if not order.id:
                digest = content_digest(order).hex()
                alike[digest] += 1
                order = msgspec.structs.replace(order, id=f"line-{digest}-{alike[digest]}")
            orders.append(order)
        except CellError as error:
            refused.append(Refusal(row.line, str(error)))
    return CheckedOrders(tuple(sorted(orders, key=lambda order: order.time)), tuple(refused), table.notes)


def problem_for_venue(order: TicketOrder, events: Sequence[SaleEventSettings], zone: ZoneInfo) -> str | None:
    """Return the reason why the venue file doesn't allow an order, or None."""
    event = next((one for one in events if one.id == order.event), None)
    if event is None:
        known = ", ".join(one.id for one in events) or "none"
        return f"no event {order.event!r} in the section tickets of the venue file; it has {known}"
    types = [one.id for one in event.types]
    if order.type not in types:
        return f"the event {order.event} has no type {order.type!r}; it has {', '.join(types)}"
    if order.currency != event.currency:
        return f"the event {order.event} is sold in {event.currency}, not in {order.currency}"
    if (event.date - order.time.astimezone(zone).date()).days > MAX_DAYS:
        return f"{order.time.isoformat()} is more than {MAX_DAYS} days before the event"
    return problem_of(order)


def _order(row: Row, events: Sequence[SaleEventSettings], zone: ZoneInfo, now: datetime) -> TicketOrder:
    """Return the order of a row, with an empty id where it has none.

    Raises:
        CellError: it can't be used.
    """
    row.check_length()
    quantity, price = row.number("quantity"), row.number("price")
    if quantity != int(quantity):
        raise CellError(f"quantity {quantity:g} is not a whole number")
    event, given = row.text("event"), row.time("time")
    time = given if given.tzinfo is not None else given.replace(tzinfo=zone)
    if is_ahead(time, now):
        raise CellError(f"time {given.isoformat()} is in the future")
    currency = next((one.currency for one in events if one.id == event), "EUR")
    fields = {
        "id": row.text("id", "-"),
        "event": event,
        "type": row.text("type"),
        "quantity": int(quantity),
        "price_cents": round(100 * price),
        "currency": row.text("currency", currency),
        "time": time,
        "channel": row.text("channel", ""),
    }
    try:
        order = msgspec.convert(fields, TicketOrder)
    except msgspec.ValidationError as error:
        raise CellError(str(error)) from error
    if (problem := problem_for_venue(order, events, zone)) is not None:
        raise CellError(problem)
    return order if row.text("id", "") else msgspec.structs.replace(order, id="")
