"""One bar as one row of state: what was sold, what is left, and what will be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from processors.bars.demand import DemandModel
from processors.bars.demand_state import DemandState, SlotForecast
from processors.bars.ledger import Ledger, LedgerState
from processors.bars.model_card import model_card
from processors.bars.product_similarity import product_traits
from processors.bars.recent_ids import RecentIds
from processors.bars.restock import RestockAdvice, StockItem, SupplyTerms, restock_advice
from processors.bars.restock_outlook import RestockOutlook
from schemas.bars import (
    BarSettings,
    DemandForecast,
    HorizonDemand,
    ProductDemand,
    ProductSettings,
    StockMovement,
    Ticket,
)
from schemas.errors import PulsoError

SLOT = timedelta(minutes=15)
HORIZONS = (1, 2, 4)
"""slots: 15, 30 and 60 minutes"""

FORECAST_EVERY = timedelta(seconds=60)

REMEMBERED = 1024
"""Tickets whose ids are known: about ten minutes of ten busy tills, which is how long a till tries again."""

Spare = Mapping[str, Mapping[str, float]]
"""surplus by bar and product"""


class UnknownProductError(PulsoError, ValueError):
    """A line names a product that the venue file does not list for this bar."""


class BarRow(Struct):
    """The row."""

    offset: int = -1
    """of the last ticket applied; the records of a bar are all in one partition"""
    tickets: int = 0
    sold: dict[str, float] = field(default_factory=dict)
    recent: bytes = b""
    """digests of the last tickets, a ring of `REMEMBERED`"""
    next: int = 0
    """place in the ring of the next digest"""
    forecast_at: datetime | None = None
    demand: DemandState = field(default_factory=DemandState)
    stock: LedgerState | None = None
    """None in rows from before there was a ledger"""


class BarState:
    """Applies tickets and stock movements, each once, and forecasts.

    Args:
        plan: the bar in the venue file; None for a bar that the file does not know, whose products are all taken.
        row: as `to_row` gave it.
    """

    def __init__(self, name: str, plan: BarSettings | None, timezone: str, row: bytes | None = None) -> None:
        self.name = name
        self._plan = plan or BarSettings(id="unknown")
        self._products: dict[str, ProductSettings] = {product.id: product for product in plan.products} if plan else {}
        self._zone = ZoneInfo(timezone)
        self._stored = stored = msgspec.json.decode(row, type=BarRow) if row else BarRow()
        self._recent = RecentIds(REMEMBERED, stored.recent, stored.next)
        self._demand = DemandModel(
            stored.demand, slot=SLOT, horizons=HORIZONS, zone=self._zone, traits=product_traits(self._products.values())
        )
        self._ledger = Ledger(
            {name: product.opening_stock for name, product in self._products.items() if not product.recipe},
            {name: product.recipe for name, product in self._products.items() if product.recipe},
            stored.stock,
            patience=timedelta(minutes=3 * self._plan.lead_time_minutes),
        )
        if stored.stock is None and stored.forecast_at is not None:
            for product, units in stored.sold.items():
                self._ledger.sell(product, units, stored.forecast_at)
        card = model_card()
        self._model = f"{card['model']}@{card['hash'][:12]}"

    @property
    def sold(self) -> Mapping[str, float]:
        """Units by product, refunds taken off."""
        return self._stored.sold

    @property
    def neighbours(self) -> Sequence[str]:
        """Bars whose surplus may be fetched."""
        return self._plan.neighbours

    @property
    def tickets(self) -> int:
        """Applied so far."""
        return self._stored.tickets

    def stock(self, product: str) -> float | None:
        """Units left, never negative; None where nobody said how many there were, and for mixed drinks."""
        return self._ledger.stock(product)

    def to_row(self) -> bytes:
        """The whole state as JSON."""
        stored = self._stored
        stored.recent, stored.next = self._recent.ring, self._recent.place
        stored.demand, stored.stock = self._demand.state, self._ledger.state
        return msgspec.json.encode(stored)

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
        self,
        ticket: Ticket,
        offset: int,
        event_id: str,
        context: Mapping[str, float] | None = None,
        spare: Spare | None = None,
        elsewhere: Mapping[str, float] | None = None,
    ) -> DemandForecast | None:
        """Book a ticket and forecast when a minute has passed; None when not, and for a ticket that was booked before.

        Args:
            offset: of the record, in the one partition where all tickets of this bar are.
            event_id: goes into the forecast.
            context: what the venue knows of the bar's surroundings.
            spare: what other bars can do without; looked at where `forecasts_at` this ticket's time.
            elsewhere: units an hour that the mean bar around sells now, by product.

        Raises:
            UnknownProductError: nothing was booked.
        """
        stored = self._stored
        if offset <= stored.offset:
            return None
        self.check(ticket)
        stored.offset = offset
        if not self._recent.first_time(ticket.id):
            return None
        stored.tickets += 1
        new_slot = self.opens_slot(ticket.time)
        self._demand.advance(ticket.time, context, self._sold_out() if new_slot else ())
        if new_slot:
            hour = SLOT.total_seconds() / 3600
            self._demand.hear({name: units * hour for name, units in (elsewhere or {}).items()})
            self._demand.welcome_kin(self._products)
        for line in ticket.lines:
            stored.sold[line.product] = stored.sold.get(line.product, 0.0) + line.quantity
            self._sell(line.product, line.quantity, ticket.time)
        if not self.forecasts_at(ticket.time):
            return None
        stored.forecast_at = ticket.time
        return self.forecast(ticket.time, event_id, spare)

    def opens_slot(self, time: datetime) -> bool:
        """Whether a ticket of this time is the first of a new slot."""
        return self._demand.slot_of(time) > (self._demand.open_slot or 0)

    def forecasts_at(self, time: datetime) -> bool:
        """Whether a ticket of this time brings a forecast."""
        last = self._stored.forecast_at
        return last is None or time >= last + FORECAST_EVERY

    def move(
        self, movement: StockMovement, offset: int, event_id: str, spare: Spare | None = None
    ) -> DemandForecast | None:
        """Book a stock movement and forecast at once; None for one that was booked before.

        The forecast has the time of the newest sale if that is later: only tickets move the bar's clock.

        Raises:
            StockMovementError: nothing was booked.
        """
        if not self._ledger.book(movement, offset):
            return None
        time, last = self._ledger.when(movement), self._stored.forecast_at
        return self.forecast(time if last is None else max(last, time), event_id, spare)

    def forecast(self, at: datetime, event_id: str, spare: Spare | None = None) -> DemandForecast:
        """What this bar will need after `at`."""
        outlook = RestockOutlook(self._demand, at, self._closes(at))
        items = {
            name: StockItem(stock, self._ledger.coming(name, at), product.shelf, product.package)
            for name, product in self._products.items()
            if (stock := self.stock(name)) is not None
        }
        terms = SupplyTerms(
            self._plan.lead_time_minutes,
            self._plan.run_out_limit,
            self._plan.cover_minutes,
            self._plan.trip_worth_units,
        )
        near = {bar: units for bar, units in (spare or {}).items() if bar in self._plan.neighbours}
        found = restock_advice(outlook, items, at, terms, near)
        return DemandForecast(
            event_id=event_id,
            bar=self.name,
            time=at,
            tickets=self._stored.tickets,
            products=tuple(self._product(name, at, outlook, found.get(name)) for name in self.products),
            model=self._model,
            drifts=self._stored.demand.drifts,
        )

    @property
    def demand(self) -> DemandModel:
        """The model, for questions that a forecast does not answer."""
        return self._demand

    @property
    def clock(self) -> datetime | None:
        """Time of the last forecast after a ticket."""
        return self._stored.forecast_at

    @property
    def products(self) -> list[str]:
        """Those of the venue file, then what was sold besides."""
        return [*self._products, *(name for name in self._stored.sold if name not in self._products)]

    def closes(self, at: datetime) -> datetime:
        """When the bar closes: by the venue file, by its habit, or after the time that a delivery is meant for."""
        left = RestockOutlook(self._demand, at, self._closes(at)).minutes_open
        return at + timedelta(minutes=self._plan.cover_minutes if left is None else left)

    def _sold_out(self) -> list[str]:
        """Products of which nothing is left. One that is sold all the same is there, and its ledger is wrong."""
        empty = {n for n in self._products if self.stock(n) == 0 and not self._ledger.oversold(n)}
        return [n for n, product in self._products.items() if n in empty or empty & product.recipe.keys()]

    def _sell(self, product: str, units: float, time: datetime) -> None:
        self._ledger.sell(product, units, time)
        # A mixed drink has a series of its own, and each of its parts is asked for too.
        for name, drawn in {product: units, **self._ledger.draws(product, units)}.items():
            self._demand.sell(name, drawn, time)

    def _product(self, name: str, at: datetime, outlook: RestockOutlook, need: RestockAdvice | None) -> ProductDemand:
        rest = outlook.rest_of_day(name)
        known = ProductDemand(
            product=name,
            sold=self._stored.sold.get(name, 0.0),
            horizons=tuple(_horizon(found) for found in self._demand.forecast(name)),
            rest_of_day=_horizon(rest) if rest else None,
            missing=self._ledger.missing(name),
        )
        if need is None:
            return known
        return msgspec.structs.replace(
            known,
            stock=self.stock(name),
            oversold=self._ledger.oversold(name),
            coming=self._ledger.coming(name, at),
            coming_from=self._ledger.coming_from(name) if self._ledger.coming(name, at) else None,
            run_out_probability=need.run_out,
            minutes_to_empty=need.minutes_to_empty,
            fetch=need.fetch,
            fetch_from=need.source,
            fetch_by=need.by,
            along=need.along,
            surplus=need.surplus,
            expected_loss=need.loss,
        )

    def _closes(self, at: datetime) -> datetime | None:
        """The next time at which the venue file says that the bar closes."""
        if self._plan.closes is None:
            return None
        hour, minute = (int(part) for part in self._plan.closes.split(":"))
        local = at.astimezone(self._zone)
        closes = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return closes if closes > local else closes + timedelta(days=1)


def _horizon(found: SlotForecast) -> HorizonDemand:
    return HorizonDemand(
        minutes=int(found.slots * SLOT.total_seconds() // 60),
        mean=found.mean,
        p05=found.p05,
        p50=found.p50,
        p95=found.p95,
    )
