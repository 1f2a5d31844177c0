"""Sales of a CSV file, checked before sending and played again at any speed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from processors.bars.sales_file import NO_BAR, Sale, SalesFileError, check_sales
from processors.csv_table import Refusal, refusals_text
from processors.event_time import is_ahead
from processors.till_tickets import ticket_event_id
from schemas.bars import SALES, SaleLine, Ticket
from schemas.ids import BarId, ProductId
from stream.runtime.record import EARLIEST_TIME
from stream.sources.source import EventSink, Source, SourceError, now

MAX_TICKET_LINES = 200
"""Lines that a ticket may have by its schema."""


@dataclass(frozen=True, slots=True)
class CheckedTickets:
    """Content of a sales file as tickets.

    Attributes:
        tickets: in the order of their time.
        lines: number of lines of the file that are in them.
        refused: lines that are not sent, and why.
        notes: what was found out about the file, for people.
    """

    tickets: list[Ticket]
    lines: int
    refused: list[Refusal]
    notes: tuple[str, ...]


class ReplaySource(Source):
    """Tickets of a file in the layouts of docs/data.md, with their own times.

    Lines of one order are one ticket. Ids derive from the lines' content, so a ticket that is replayed again counts
    once, as long as the bar remembers it, also where other lines were mended meanwhile.

    Args:
        speed: factor to the original speed; 0 sends as fast as Kafka accepts.
        bar: the bar of lines that name none.
        menus: products by bar; a line of another bar or product is refused. Any are accepted where it is empty.
    """

    kind: ClassVar[str] = "replay"

    def __init__(
        self,
        path: Path,
        *,
        speed: float = 0,
        bar: BarId = NO_BAR,
        timezone: str = "UTC",
        menus: Mapping[BarId, Collection[ProductId]] | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        super().__init__(path.stem[:30])
        self._path, self._speed, self._bar = path, speed, bar
        self._zone = ZoneInfo(timezone)
        self._menus = menus or {}
        self._progress = progress
        self._checked: CheckedTickets | None = None

    def read(self) -> list[Ticket]:
        """Return the file's tickets, in the order of their time.

        Raises:
            SalesFileError: The file or one of its lines can't be used; the message names the line.
            OSError: The file can't be read.
        """
        checked = self.check()
        if checked.refused:
            raise SalesFileError(refusals_text(self._path, checked.refused))
        return checked.tickets

    def check(self, at: datetime | None = None) -> CheckedTickets:
        """Return the tickets of all lines that can be used, which `run` then sends, and the lines that can't.

        Args:
            at: time after which no recorded sale can be; now where None.

        Raises:
            SalesFileError: The file is not a table of sales, or has none.
            OSError: The file can't be read.
        """
        file = check_sales(self._path, self._zone)
        if not (file.sales or file.refused):
            raise SalesFileError(f"{self._path}: no sale in it")
        problems = dict(self._problems(file.sales, at or now()))
        kept = [sale for sale in file.sales if _order_of(sale) not in problems]
        refused = [Refusal(sale.line, problems[_order_of(sale)]) for sale in file.sales if _order_of(sale) in problems]
        self._checked = CheckedTickets(
            tickets_of(kept, self.name, self._bar, self._zone),
            len(kept),
            sorted([*file.refused, *refused], key=lambda refusal: refusal.line),
            file.notes,
        )
        return self._checked

    def _problems(self, sales: Sequence[Sale], at: datetime) -> Iterator[tuple[Order, str]]:
        """Yield the orders that a worker would reject, with the reason; part of an order would be another ticket."""
        for sale in sales:
            time, bar = sale.time.replace(tzinfo=self._zone), self._bar if sale.bar == NO_BAR else sale.bar
            if is_ahead(time, at):
                yield _order_of(sale), f"{sale.time.isoformat()} is in the future"
            elif sale.time.replace(tzinfo=UTC) < EARLIEST_TIME:
                yield _order_of(sale), f"{sale.time.isoformat()} is before 1970"
            elif self._menus and bar == NO_BAR:
                yield _order_of(sale), f"no bar is named; choose one of {', '.join(self._menus)} with --bar"
            elif self._menus and bar not in self._menus:
                yield _order_of(sale), f"no bar {bar!r} in the venue file; it has {', '.join(self._menus)}"
            elif self._menus.get(bar) and sale.product not in self._menus[bar]:
                yield _order_of(sale), f"bar {bar} has no product {sale.product!r} in the venue file"

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        """Send every ticket of the file, at the wanted speed."""
        try:
            tickets = self._checked.tickets if self._checked is not None else self.read()
        except (SalesFileError, OSError) as error:
            raise SourceError(str(error)) from error
        if not tickets:
            return
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


Order = tuple[datetime, BarId, str]
"""Time, bar and id of an order; the line stands for the id of a sale that has none."""


def _order_of(sale: Sale) -> Order:
    return sale.time, sale.bar, sale.order or f"line {sale.line}"


def tickets_of(sales: Sequence[Sale], name: str, bar: BarId, zone: ZoneInfo) -> list[Ticket]:
    """Group the lines of one order, bar and time into tickets of at most MAX_TICKET_LINES lines.

    >>> noon = datetime(2026, 7, 4, 12)
    >>> sales = [Sale(noon, bar, drink, 1, order="7") for bar, drink in (("a", "beer"), ("b", "beer"), ("a", "cola"))]
    >>> [(ticket.id, len(ticket.lines)) for ticket in tickets_of(sales, "july", "all", ZoneInfo("UTC"))]
    [('july/a/7/20260704120000', 2), ('july/b/7/20260704120000', 1)]
    """
    orders: dict[Order, list[SaleLine]] = {}
    alike: Counter[str] = Counter()
    for sale in sales:
        line = SaleLine(product=sale.product, quantity=sale.quantity, unit_price=max(0.0, sale.unit_price))
        place = bar if sale.bar == NO_BAR else sale.bar
        receipt = sale.order
        if not receipt:  # not the line's number, which changes when a line before it is mended
            digest = _sale_digest(sale)
            alike[digest] += 1
            receipt = f"sale-{digest}-{alike[digest]}"
        order = (sale.time, place, _short(receipt))
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


def _sale_digest(sale: Sale) -> str:
    text = f"{sale.time.isoformat()}/{sale.bar}/{sale.product}/{sale.quantity}/{sale.unit_price}"
    return blake2b(text.encode(), digest_size=6).hexdigest()


def _short(name: str) -> str:
    """Return a name of at most 100 letters; longer ones are told apart by a digest."""
    return name if len(name) <= 100 else f"{name[:80]}-{blake2b(name.encode(), digest_size=8).hexdigest()}"
