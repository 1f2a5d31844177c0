"""Sales of a CSV file, played again at any speed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from processors.bars.sales_file import Sale, SalesFileError, read_sales
from schemas.events import SaleLine, Ticket
from schemas.topics import SALES
from stream.sources.source import Outlet, Source, SourceError


class ReplaySource(Source):
    """Tickets of a file in the layouts of docs/data.md, with their own times.

    Lines of one order are one ticket. Ids derive from the file's lines, so a replay that is repeated counts nothing
    twice within the bars' memory.

    Args:
        speed: times as fast as it happened; 0 is as fast as Kafka takes it.
        bar: for lines that name none.
    """

    kind: ClassVar[str] = "replay"

    def __init__(
        self,
        path: Path,
        *,
        speed: float = 0,
        bar: str = "all",
        timezone: str = "UTC",
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        super().__init__(path.stem[:60])
        self._path, self._speed, self._bar = path, speed, bar
        self._zone = ZoneInfo(timezone)
        self._progress = progress

    def run(self, outlet: Outlet, stop: threading.Event) -> None:
        try:
            tickets = self._tickets(read_sales(self._path))
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
            outlet.send(SALES, key=ticket.bar, value=ticket, id=f"ticket/{ticket.id}", time=ticket.time)
            if number % 500 == 0 or number == len(tickets):
                self._progress(number, len(tickets))
        outlet.flush()

    def _tickets(self, sales: list[Sale]) -> list[Ticket]:
        """Consecutive lines of one order at one bar become one ticket."""
        found: list[tuple[str, str, datetime, list[SaleLine]]] = []
        for number, sale in enumerate(sales):
            bar = self._bar if sale.bar == "all" else sale.bar
            line = SaleLine(product=sale.product[:200], quantity=sale.quantity, unit_price=max(0.0, sale.unit_price))
            if found and sale.order and found[-1][:2] == (sale.order, bar):
                found[-1][3].append(line)
            else:
                found.append((sale.order or f"line-{number}", bar, sale.time.replace(tzinfo=self._zone), [line]))
        return [
            Ticket(
                id=f"{self.name}/{order}/{at:%Y%m%d%H%M%S}", bar=bar, till="replay", time=at, lines=tuple(lines[:200])
            )
            for order, bar, at, lines in found
        ]
