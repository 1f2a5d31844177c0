"""One bar as one row of state: what was sold, what is left, and what will be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from processors.bars.demand import Demand, DemandState, model_card
from processors.bars.restock import need
from schemas.events import Ticket
from schemas.results import DemandForecast, HorizonDemand, ProductDemand
from schemas.venue import Bar as BarPlan
from schemas.venue import Product

SLOT = timedelta(minutes=15)
HORIZONS = (1, 2, 4)
"""slots: 15, 30 and 60 minutes"""

FORECAST_EVERY = timedelta(seconds=60)

REMEMBERED = 1024
"""Tickets whose ids are known: about ten minutes of ten busy tills, which is how long a till tries again."""

DIGEST = 8


class UnknownProductError(ValueError):
    """A line names a product that the venue file does not list for this bar."""


class Stored(Struct):
    """The row."""

    offset: int = -1
    """of the last record applied; the records of a bar are all in one partition"""
    tickets: int = 0
    sold: dict[str, float] = field(default_factory=dict)
    recent: bytes = b""
    """digests of the last tickets, a ring of `REMEMBERED`"""
    next: int = 0
    """place in the ring of the next digest"""
    forecast_at: datetime | None = None
    demand: DemandState = field(default_factory=DemandState)


class Bar:
    """Applies tickets, each once, and forecasts.

    Args:
        plan: the bar in the venue file; None for a bar that the file does not know, whose products are all taken.
        row: as `to_row` gave it.
    """

    def __init__(self, name: str, plan: BarPlan | None, timezone: str, row: bytes | None = None) -> None:
        self.name = name
        self._plan = plan
        self._products: dict[str, Product] = {product.id: product for product in plan.products} if plan else {}
        self._stored = msgspec.json.decode(row, type=Stored) if row else Stored()
        self._ring = bytearray(self._stored.recent)
        self._known = {bytes(self._ring[i : i + DIGEST]) for i in range(0, len(self._ring), DIGEST)}
        self._demand = Demand(self._stored.demand, slot=SLOT, horizons=HORIZONS, zone=ZoneInfo(timezone))
        card = model_card()
        self._model = f"{card['model']}@{card['hash'][:12]}"

    @property
    def sold(self) -> Mapping[str, float]:
        """Units by product, refunds taken off."""
        return self._stored.sold

    @property
    def tickets(self) -> int:
        """Applied so far."""
        return self._stored.tickets

    def stock(self, product: str) -> float | None:
        """Units left, or None where the venue file gives no opening stock."""
        plan = self._products.get(product)
        if plan is None or plan.opening_stock is None:
            return None
        return plan.opening_stock - self._stored.sold.get(product, 0.0)

    def to_row(self) -> bytes:
        """The whole state as JSON."""
        self._stored.recent = bytes(self._ring)
        self._stored.demand = self._demand.state
        return msgspec.json.encode(self._stored)

    def check(self, ticket: Ticket) -> None:
        """Refuse a ticket that can't be booked.

        Raises:
            UnknownProductError: a line names a product that this bar does not have.
        """
        if not self._products:
            return
        for line in ticket.lines:
            if line.product not in self._products:
                known = ", ".join(self._products)
                raise UnknownProductError(f"bar {self.name} has no product {line.product!r}; it has {known}")

    def apply(
        self, ticket: Ticket, offset: int, event_id: str, context: Mapping[str, float] | None = None
    ) -> DemandForecast | None:
        """Book a ticket and forecast when a minute has passed; None when not, and for a ticket that was booked before.

        Args:
            offset: of the record, in the one partition where all tickets of this bar are.
            event_id: goes into the forecast.
            context: what the venue knows of the bar's surroundings.

        Raises:
            UnknownProductError: nothing was booked.
        """
        stored = self._stored
        if offset <= stored.offset:
            return None
        self.check(ticket)
        stored.offset = offset
        if not self._first_time(ticket.id):
            return None
        stored.tickets += 1
        self._demand.advance(ticket.time, context)
        for line in ticket.lines:
            stored.sold[line.product] = stored.sold.get(line.product, 0.0) + line.quantity
            self._demand.sell(line.product, line.quantity, ticket.time)
        if stored.forecast_at is not None and ticket.time < stored.forecast_at + FORECAST_EVERY:
            return None
        stored.forecast_at = ticket.time
        return self.forecast(ticket.time, event_id)

    def forecast(self, at: datetime, event_id: str) -> DemandForecast:
        """What this bar will need after `at`."""
        names = [*self._products, *(name for name in self._stored.sold if name not in self._products)]
        return DemandForecast(
            event_id=event_id,
            bar=self.name,
            time=at,
            tickets=self._stored.tickets,
            products=tuple(self._product(name, at) for name in names),
            model=self._model,
        )

    def _product(self, name: str, at: datetime) -> ProductDemand:
        stock = self.stock(name)
        horizons = tuple(
            HorizonDemand(
                minutes=int(found.slots * SLOT.total_seconds() // 60),
                mean=found.mean,
                p05=found.p05,
                p50=found.p50,
                p95=found.p95,
            )
            for found in self._demand.forecast(name)
        )
        sold = self._stored.sold.get(name, 0.0)
        if stock is None or self._plan is None:
            return ProductDemand(product=name, sold=sold, horizons=horizons)
        found = need(
            self._demand,
            name,
            stock,
            at,
            lead_time_minutes=self._plan.lead_time_minutes,
            run_out_limit=self._plan.run_out_limit,
            shelf=self._products[name].shelf,
        )
        return ProductDemand(
            product=name,
            sold=sold,
            stock=stock,
            horizons=horizons,
            run_out_probability=found.run_out,
            minutes_to_empty=found.minutes_to_empty,
            fetch=found.fetch,
        )

    def _first_time(self, ticket: str) -> bool:
        digest = blake2b(ticket.encode(), digest_size=DIGEST).digest()
        if digest in self._known:
            return False
        place = self._stored.next * DIGEST
        self._known.discard(bytes(self._ring[place : place + DIGEST]))
        self._ring[place : place + DIGEST] = digest
        self._known.add(digest)
        self._stored.next = (self._stored.next + 1) % REMEMBERED
        return True
