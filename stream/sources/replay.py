"""Sales of a CSV file, played again at any speed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from processors.bars.sales_file import NO_BAR, Sale, SalesFileError, read_sales
from processors.tickets import ticket_event_id
from schemas.bars import SALES, SaleLine, Ticket
from schemas.ids import BarId, ProductId
from stream.sources.source import EventSink, Source, SourceError

MAX_TICKET_LINES = 200
"""Lines that a ticket may have by its schema."""


class ReplaySource(Source):
    """Tickets of a file in the layouts of docs/data.md, with their own times.

    Lines of one order are one ticket. Ids derive from the file's lines, so a ticket that is replayed again counts once,
    as long as the bar still stores its id.

    Args:
        speed: factor to the original speed; 0 sends as fast as Kafka accepts.
        bar: the bar of lines that name none.
    """

    kind: ClassVar[str] = "replay"

    def __init__(
        self,
        path: Path,
        *,
        speed: float = 0,
        bar: BarId = NO_BAR,
        timezone: str = "UTC",
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        super().__init__(path.stem[:30])
        self._path, self._speed, self._bar = path, speed, bar
        self._zone = ZoneInfo(timezone)
        self._progress = progress

    def read(self) -> list[Ticket]:
        """Return the file's tickets, in the order of their time.

        Raises:
            SalesFileError: The file is not valid; the message names the line.
            OSError: The file can't be read.
        """
        return tickets_of(read_sales(self._path), self.name, self._bar, self._zone)

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        """Send every ticket of the file, at the wanted speed."""
        try:
            tickets = self.read()
        except (SalesFileError, OSError) as error:
            raise SourceError(str(error)) from error
        began, first = time.monotonic(), tickets[0].time
        for number, ticket in enumerate(tickets, 1):
            if self._speed > 0:
                due = began + (ticket.time - first).total_seconds() / self._speed
                if stop.wait(max(0.0, due - time.monotonic())):
                    return
            elif stop.is_set():
                return
            sink.send(SALES, key=ticket.bar, value=ticket, id=ticket_event_id(ticket), time=ticket.time)
            if self._speed > 0 or number % 500 == 0 or number == len(tickets):
                self._progress(number, len(tickets))
        sink.flush()


def tickets_of(sales: Sequence[Sale], name: str, bar: BarId, zone: ZoneInfo) -> list[Ticket]:
    """Group the lines of one order, bar and time into tickets of at most MAX_TICKET_LINES lines.

    >>> noon = datetime(2026, 7, 4, 12)
    >>> sales = [Sale(noon, bar, drink, 1, order="7") for bar, drink in (("a", "beer"), ("b", "beer"), ("a", "cola"))]
    >>> [(ticket.id, len(ticket.lines)) for ticket in tickets_of(sales, "july", "all", ZoneInfo("UTC"))]
    [('july/a/7/20260704120000', 2), ('july/b/7/20260704120000', 1)]
    """
    orders: dict[tuple[datetime, BarId, str], list[SaleLine]] = {}
    for number, sale in enumerate(sales):
        line = SaleLine(
            product=ProductId(sale.product[:200]), quantity=sale.quantity, unit_price=max(0.0, sale.unit_price)
        )
        order = (sale.time, bar if sale.bar == NO_BAR else sale.bar, sale.order[:100] or f"line-{number}")
        orders.setdefault(order, []).append(line)
    tickets = []
    for (at, where, receipt), lines in orders.items():
        for part, start in enumerate(range(0, len(lines), MAX_TICKET_LINES), 1):
            tickets.append(
                Ticket(
                    id=f"{name}/{where[:60]}/{receipt}/{at:%Y%m%d%H%M%S}" + (f"/{part}" if part > 1 else ""),
                    bar=where,
                    till="replay",
                    time=at.replace(tzinfo=zone),
                    lines=tuple(lines[start : start + MAX_TICKET_LINES]),
                )
            )
    return tickets
