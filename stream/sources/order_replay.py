"""Orders of a CSV file, checked before they are sent with their own times."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import ClassVar

from processors.tickets.seen_orders import order_event_id
from schemas.tickets import ORDERS, TicketOrder
from stream.sources.source import EventSink, Source


class OrderReplay(Source):
    """Sends orders; one that is sent again counts once."""

    kind: ClassVar[str] = "replay"

    def __init__(self, name: str, orders: Sequence[TicketOrder]) -> None:
        super().__init__(name[:30])
        self._orders = orders

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        """Send every order, as fast as Kafka accepts; see `Source.run`."""
        for order in self._orders:
            if stop.is_set():
                return
            sink.send(ORDERS, key=order.event, value=order, id=order_event_id(order), time=order.time)
        sink.flush()
