"""State of one bar: units sold, stock, and the demand that is forecast, stored as one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from processors.bars.demand import DemandModel
from processors.bars.demand_state import DemandState, SlotForecast
from processors.bars.evening_profile import StageSets
from processors.bars.ledger import Ledger, LedgerState
from processors.bars.model_card import model_card
from processors.bars.product_similarity import product_traits
from processors.bars.restock import RestockAdvice, StockItem, SupplyTerms, restock_advice
from processors.bars.restock_outlook import RestockOutlook
from processors.bars.till_clocks import TillClocks, TillClockState
from processors.event_time import is_ahead
from processors.till_tickets import RecentTickets, RecentTicketsState, Recognition
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
from schemas.ids import BarId, EventId, ProductId

SLOT = timedelta(minutes=15)
"""Length of a slot of the demand model."""

HORIZONS = (1, 2, 4)
"""Horizons in slots: 15, 30 and 60 minutes."""

FORECAST_INTERVAL = timedelta(seconds=60)
"""Time between two forecasts of a bar, by the times of its tickets."""

Surplus = Mapping[BarId, Mapping[ProductId, float]]
"""Surplus units by bar and product."""


class UnknownProductError(PulsoError, ValueError):
    """A ticket line names a product that the venue file does not list for this bar."""


class BarContext(Protocol):
    """Context of a bar outside its own sales; a bar calls a method only when it needs the answer.

    `StaticContext` has fixed answers. The bars worker computes them from the topics that it caches.
    """

    def features(self, time: datetime) -> Mapping[str, float]:
        """Return the context features at a time, each of the order of one."""

    def neighbour_rates(self, time: datetime) -> Mapping[str, float]:
        """Return the sales rates of the mean neighbouring bar, in units/hour by product; called once a slot."""

    def programme(self, time: datetime) -> StageSets:
        """Return the sets of the festival day on the stages that matter to the bar; called once a slot."""

    def surplus(self) -> Surplus:
        """Return the unclaimed surplus of neighbouring bars; called once a forecast."""


class StaticContext(Struct, frozen=True):
    """Bar context with the same answers at any time; empty by default.

    Attributes:
        context_features: context features by name.
        rates: units/hour by product.
        surplus_units: surplus units by bar and product.
        stages: sets of the stages that matter to the bar.
    """

    context_features: Mapping[str, float] = {}
    rates: Mapping[str, float] = {}
    surplus_units: Surplus = {}
    stages: StageSets = {}

    def features(self, time: datetime) -> Mapping[str, float]:
        """Return the fixed features."""
        return self.context_features

    def neighbour_rates(self, time: datetime) -> Mapping[str, float]:
        """Return the fixed rates."""
        return self.rates

    def programme(self, time: datetime) -> StageSets:
        """Return the fixed sets."""
        return self.stages

    def surplus(self) -> Surplus:
        """Return the fixed surplus."""
        return self.surplus_units


EMPTY_CONTEXT = StaticContext()
"""Context of a bar about whose surroundings nothing is configured."""


class BarRow(Struct):
    """Row of a bar in the state table.

    Attributes:
        offset: offset of the last ticket applied; the records of a bar are all in one partition.
        tickets: number of tickets applied.
        sold: units by product, refunds subtracted.
        recent_tickets: tickets of the last day, of which one that comes again is known.
        repeated: tickets that came again and were not counted again.
        renumbered: tickets that were counted although their number had been used for another within a day.
        till_clocks: clocks of the tills, by till.
        last_forecast: time of the last forecast after a ticket.
        demand: state of the demand model.
        stock: state of the ledger; None in rows from before there was one.
    """

    offset: int = -1
    tickets: int = 0
    sold: dict[ProductId, float] = field(default_factory=dict)
    recent_tickets: RecentTicketsState = field(default_factory=RecentTicketsState, name="receipts")
    repeated: int = 0
    renumbered: int = 0
    till_clocks: dict[str, TillClockState] = field(default_factory=dict, name="clocks")
    last_forecast: datetime | None = field(default=None, name="forecast_at")
    demand: DemandState = field(default_factory=DemandState)
    stock: LedgerState | None = None


class BarState:
    """Apply tickets and stock movements of one bar, each once, and forecast.

    Args:
        name: id of the bar.
        settings: its part of the venue file; None for a bar that is not configured, which accepts every product.
        timezone: IANA name of the venue's time zone.
        row: as `to_row` returned it; None to begin anew.
    """

    def __init__(self, name: BarId, settings: BarSettings | None, timezone: str, row: bytes | None = None) -> None:
        self.name = name
        self._settings = settings or BarSettings(id="unknown")
        self._products: dict[ProductId, ProductSettings] = {product.id: product for product in self._settings.products}
        self._zone = ZoneInfo(timezone)
        self._row = stored = msgspec.json.decode(row, type=BarRow) if row else BarRow()
        self._recent = RecentTickets(stored.recent_tickets)
        self._clocks = TillClocks(stored.till_clocks)
        self._demand = DemandModel(
            stored.demand, slot=SLOT, horizons=HORIZONS, zone=self._zone, traits=product_traits(self._products.values())
        )
        self._ledger = Ledger(
            {name: product.opening_stock for name, product in self._products.items() if not product.recipe},
            {name: product.recipe for name, product in self._products.items() if product.recipe},
            stored.stock,
            transit_timeout=timedelta(minutes=3 * self._settings.lead_time_minutes),
        )
        if stored.stock is None and stored.last_forecast is not None:
            for product, units in stored.sold.items():
                self._ledger.add_sale(product, units, stored.last_forecast)
        card = model_card()
        self._model = f"{card['model']}@{card['hash'][:12]}"

    @property
    def sold(self) -> Mapping[ProductId, float]:
        """Units sold by product, refunds subtracted."""
        return self._row.sold

    @property
    def neighbours(self) -> Sequence[BarId]:
        """Bars whose surplus may be fetched."""
        return self._settings.neighbours

    @property
    def tickets(self) -> int:
        """Number of tickets applied."""
        return self._row.tickets

    @property
    def demand(self) -> DemandModel:
        """Demand model, for questions that a forecast does not answer."""
        return self._demand

    @property
    def clock(self) -> datetime | None:
        """Time of the last forecast after a ticket."""
        return self._row.last_forecast

    @property
    def products(self) -> list[ProductId]:
        """Products of the venue file, then those sold besides."""
        return [*self._products, *(name for name in self._row.sold if name not in self._products)]

    def stock(self, product: ProductId) -> float | None:
        """Return the units left, never negative; None where no stock is configured or counted, and for recipes."""
        return self._ledger.stock(product)

    def to_row(self) -> bytes:
        """Return the whole state as JSON."""
        row = self._row
        row.recent_tickets = self._recent.state
        row.demand, row.stock = self._demand.state, self._ledger.state
        return msgspec.json.encode(row)

    def check(self, ticket: Ticket) -> None:
        """Validate the products of a ticket.

        Raises:
            UnknownProductError: a line names a product that this bar does not have.
        """
        if not self._products:
            return
        for line in ticket.lines:
            if line.product not in self._products:
                known = ", ".join(self._products)
                raise UnknownProductError(f"bar {self.name} has no product {line.product!r}; it has {known}")

    def apply_ticket(
        self,
        ticket: Ticket,
        offset: int,
        event_id: EventId,
        context: BarContext = EMPTY_CONTEXT,
        received: datetime | None = None,
    ) -> DemandForecast | None:
        """Book a ticket, and forecast where `FORECAST_INTERVAL` has passed since the last forecast.

        Args:
            ticket: receipt of a till, with the time that the till gave.
            offset: of the record, in the one partition where all tickets of this bar are.
            event_id: of the record; goes into the forecast.
            context: context of the bar; its methods are called only when needed.
            received: time of receipt, with which the till's clock is compared; None for a recording, whose times hold.

        Returns:
            The forecast; None where none is due, and for a ticket that was applied before.

        Raises:
            UnknownProductError: the ticket names a product that this bar does not have; nothing was booked.
        """
        row = self._row
        if offset <= row.offset:
            return None
        self.check(ticket)
        row.offset = offset
        recognition = self._recent.add(ticket, received or ticket.time)
        if recognition is Recognition.REPEATED:
            row.repeated += 1
            return None
        row.renumbered += recognition is Recognition.RENUMBERED
        row.tickets += 1
        if received is not None:
            ticket = replace(
                ticket, time=self._clocks.booking_time(ticket.till, ticket.time, received, row.last_forecast)
            )
            if row.last_forecast is not None and is_ahead(row.last_forecast, received):
                row.last_forecast = None  # of a row from before clocks were compared
        new_slot = self._demand.slot_of(ticket.time) > (self._demand.open_slot or 0)
        self._demand.advance(ticket.time, context.features(ticket.time), self._sold_out() if new_slot else ())
        if new_slot:
            self._demand.set_programme(context.programme(ticket.time))
            self._demand.set_neighbour_rates(context.neighbour_rates(ticket.time))
            self._demand.add_offered_products(self._products)
        for line in ticket.lines:
            row.sold[line.product] = row.sold.get(line.product, 0.0) + line.quantity
            self._add_sale(line.product, line.quantity, ticket.time)
        if row.last_forecast is not None and ticket.time < row.last_forecast + FORECAST_INTERVAL:
            return None
        row.last_forecast = ticket.time
        return self.forecast(ticket.time, event_id, context)

    def apply_movement(
        self, movement: StockMovement, offset: int, event_id: EventId, context: BarContext = EMPTY_CONTEXT
    ) -> DemandForecast | None:
        """Book a stock movement and forecast at once; None for one that was applied before.

        The forecast has the time of the newest sale if that is later: only tickets move the bar's clock.

        Raises:
            StockMovementError: the movement can't be booked; nothing was.
        """
        if not self._ledger.book(movement, offset):
            return None
        time, last = self._ledger.event_time(movement), self._row.last_forecast
        return self.forecast(time if last is None else max(last, time), event_id, context)

    def forecast(self, at: datetime, event_id: EventId, context: BarContext = EMPTY_CONTEXT) -> DemandForecast:
        """Return the demand after `at`, and what to fetch for it."""
        forecasts = {name: self._demand.forecast(name) for name in self.products}
        outlook = RestockOutlook(self._demand, at, self._configured_closing(at), forecasts)
        items = {
            name: StockItem(stock, self._ledger.in_transit(name, at), product.shelf, product.package)
            for name, product in self._products.items()
            if (stock := self.stock(name)) is not None
        }
        terms = SupplyTerms(
            self._settings.lead_time_minutes,
            self._settings.run_out_limit,
            self._settings.cover_minutes,
            self._settings.trip_worth_units,
        )
        surplus = {bar: units for bar, units in context.surplus().items() if bar in self._settings.neighbours}
        advice = restock_advice(outlook, items, at, terms, surplus)
        return DemandForecast(
            event_id=event_id,
            bar=self.name,
            time=at,
            tickets=self._row.tickets,
            products=tuple(
                self._product_demand(name, at, outlook, forecast, advice.get(name))
                for name, forecast in forecasts.items()
            ),
            model=self._model,
            drifts=self._row.demand.drift_count,
            clocks=self._clocks.report(at),
            repeated=self._row.repeated,
            renumbered=self._row.renumbered,
        )

    def closes(self, at: datetime) -> datetime:
        """Return when the bar closes: as configured, as learnt from its sales, or after the cover time."""
        left = RestockOutlook(self._demand, at, self._configured_closing(at)).minutes_open
        return at + timedelta(minutes=self._settings.cover_minutes if left is None else left)

    def _sold_out(self) -> list[ProductId]:
        """Return the products without stock; one that is sold all the same has stock, and its ledger is wrong."""
        empty = {n for n in self._products if self.stock(n) == 0 and not self._ledger.oversold(n)}
        return [n for n, product in self._products.items() if n in empty or empty & product.recipe.keys()]

    def _add_sale(self, product: ProductId, units: float, time: datetime) -> None:
        self._ledger.add_sale(product, units, time)
        # A mixed drink has a series of its own, and the demand for each of its parts includes it.
        for name, used in {product: units, **self._ledger.stock_use(product, units)}.items():
            self._demand.add_sale(name, used, time)

    def _product_demand(
        self,
        name: ProductId,
        at: datetime,
        outlook: RestockOutlook,
        forecasts: Sequence[SlotForecast],
        advice: RestockAdvice | None,
    ) -> ProductDemand:
        rest = outlook.rest_of_day(name)
        demand = ProductDemand(
            product=name,
            sold=self._row.sold.get(name, 0.0),
            horizons=tuple(_horizon_demand(forecast) for forecast in forecasts),
            rest_of_day=_horizon_demand(rest) if rest else None,
            missing=self._ledger.missing(name),
        )
        if advice is None:
            return demand
        in_transit = self._ledger.in_transit(name, at)
        return replace(
            demand,
            stock=self.stock(name),
            oversold=self._ledger.oversold(name),
            coming=in_transit,
            coming_from=self._ledger.in_transit_from(name) if in_transit else None,
            run_out_probability=advice.run_out_probability,
            minutes_to_empty=advice.minutes_to_empty,
            fetch=advice.fetch,
            fetch_from=advice.source,
            fetch_by=advice.fetch_by,
            along=advice.along,
            surplus=advice.surplus,
            expected_loss=advice.expected_loss,
        )

    def _configured_closing(self, at: datetime) -> datetime | None:
        """Return the next closing time of the venue file; None where none is configured."""
        if self._settings.closes is None:
            return None
        hour, minute = (int(part) for part in self._settings.closes.split(":"))
        local = at.astimezone(self._zone)
        closes = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return closes if closes > local else closes + timedelta(days=1)


def _horizon_demand(forecast: SlotForecast) -> HorizonDemand:
    return HorizonDemand(
        minutes=int(forecast.slots * SLOT.total_seconds() // 60),
        mean=forecast.mean,
        p05=forecast.p05,
        p50=forecast.p50,
        p95=forecast.p95,
    )
