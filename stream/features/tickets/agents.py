"""Agents for ticket sales: orders, and what production decides → sales, forecasts and prices of each event.

Forecasts and proposals are of complete days; the time comes as a record too, every quarter of an hour, so that a day
without orders is seen, and the same records give the same result after a crash.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from processors.event_time import at_receipt
from processors.tickets.gates import GateState, last_gates
from processors.tickets.orders_file import problem_for_venue
from processors.tickets.prices import PriceError, PriceState, approve, decline, first_prices
from processors.tickets.sales import (
    MAX_MARKS,
    EventState,
    Forecaster,
    SoldType,
    begin_of,
    problem_of_mark,
    propose_price,
    sales_of,
)
from processors.tickets.seen_orders import Recognition, SeenOrders, bucket_of
from schemas.attendance import OCCUPANCY, VenueOccupancy
from schemas.fields import identifier
from schemas.ids import EventId
from schemas.tickets import (
    ORDERS,
    TICKET_ACTIONS,
    TICKET_FORECASTS,
    TICKET_PRICES,
    TICKETS,
    SaleEventId,
    SaleEventSettings,
    TicketAction,
    TicketOrder,
    TicketPrice,
    TicketTypeSettings,
    TypeSales,
)
from stream.features.tickets import metrics
from stream.features.tickets.history_file import HistoryFile
from stream.runtime.effects import BatchResult, OutputRecord
from stream.runtime.record import InvalidRecordError, Record
from stream.runtime.run_ids import RunIds
from stream.runtime.state import StateTable, struct_codec
from stream.runtime.worker_context import WorkerContext

TIME_SECONDS = 900.0
"""Interval at which the time is written."""

SHOW_INTERVAL = timedelta(seconds=TIME_SECONDS)
LIVE_INTERVAL = timedelta(seconds=10)
"""Least time of the orders between two records of an event's sales: in a backlog, and when no order waits."""

AFTER_EVENT = timedelta(days=2)
"""Time after an event at which it is no longer watched."""

GATES = "#gates"
"""Key of the row with the gates; no event's id has a #."""

AnyRecord = Record[TicketOrder] | Record[TicketAction]


def register(worker: WorkerContext) -> None:
    """Add the agents."""
    table = worker.table("tickets", ORDERS)
    agent = TicketsAgent(worker, StateTable(table, struct_codec(EventState, EventState)),
        StateTable(table, struct_codec(SeenOrders, SeenOrders), max_cached=2_000),
        StateTable(table, struct_codec(GateState, GateState)))  # fmt: skip
    worker.agent(ORDERS, agent.count, table=table, on_failure=agent.forget)
    worker.agent(TICKET_ACTIONS, agent.act, table=table, on_failure=agent.forget)
    worker.agent(OCCUPANCY, agent.watch_gates, table=table, on_failure=agent.forget)
    if worker.venue.section(TICKETS).events:
        worker.every(TIME_SECONDS, TimeWriter(worker).write, name="time of ticket sales")


class TicketsAgent:
    """Keeps the sales and prices of each event."""

    def __init__(
        self,
        worker: WorkerContext,
        states: StateTable[EventState],
        seen: StateTable[SeenOrders],
        gates: StateTable[GateState],
    ) -> None:
        self._worker = worker
        self._states, self._seen, self._gates = states, seen, gates
        self._events = {event.id: event for event in worker.venue.section(TICKETS).events}
        self._zone = ZoneInfo(worker.venue.timezone)
        self._history = HistoryFile(worker.settings.ticket_history)
        self._forecaster = Forecaster()

    def forget(self) -> None:
        """Drop what a failed batch changed in part."""
        self._states.forget()
        self._seen.forget()
        self._gates.forget()

    async def watch_gates(self, records: list[Record[VenueOccupancy]]) -> BatchResult:
        """Remember entries and the most people at once of each day with an event."""
        result = BatchResult()
        gates = self._gates.get(GATES)
        days = {event.date for event in self._events.values()}
        changed = [gates.add(record.payload, record.offset, days, self._zone) for record in records]
        if any(changed):
            result.rows[GATES] = self._gates.row_to_store(GATES, gates)
        return result

    async def count(self, records: list[Record[TicketOrder]]) -> BatchResult:
        """Count orders, each once; produce the sales that are due."""
        result = BatchResult()
        changed: dict[SaleEventId, Record[TicketOrder]] = {}
        seen: dict[str, SeenOrders] = {}
        for record in records:
            order = record.payload
            problem = problem_for_venue(order, list(self._events.values()), self._zone)
            if record.key != order.event:
                problem = f"the record's key {record.key!r} is not its event"
            if problem is not None:
                result.reject(record, InvalidRecordError("content", problem))
                continue
            changed[order.event] = record
            bucket = bucket_of(order)
            self._add(record, seen.setdefault(bucket, self._seen.get(bucket)), self._states.get(order.event))
        for name, record in changed.items():
            state = self._states.get(name)
            if self._is_due(state, record):
                await self._show(result, state, self._events[name], record)
            result.rows[name] = self._states.row_to_store(name, state)
        result.rows |= {bucket: self._seen.row_to_store(bucket, one) for bucket, one in seen.items()}
        return result

    def _add(self, record: Record[TicketOrder], seen: SeenOrders, state: EventState) -> None:
        found = seen.add(record.payload, record.offset)
        if state.includes(ORDERS.name, record.offset):
            return  # repeated after a crash: the state includes it already
        order = replace(record.payload, time=at_receipt(record.payload.time, record.envelope.received))
        kind = "refund" if order.quantity < 0 else "sale"
        metrics.ORDERS_READ.labels(kind if found is Recognition.NEW else found.value).inc()
        if found is not Recognition.REPEATED:
            state.types.setdefault(order.type, SoldType()).add(order, self._zone)
            state.now = max(state.now or order.time, order.time)

    async def act(self, records: list[Record[TicketAction]]) -> BatchResult:
        """Apply what production decides and the time; produce the sales and prices that follow."""
        result = BatchResult()
        states: dict[SaleEventId, EventState] = {}
        for record in records:
            action = record.payload
            event = self._events.get(action.event)
            if event is None or record.key != action.event:
                why = f"no event {action.event!r} in the venue file, or it is not the record's key"
                result.reject(record, InvalidRecordError("content", why))
                continue
            if action.kind == "mark" and action.mark and (problem := problem_of_mark(action.mark, event)):
                result.reject(record, InvalidRecordError("content", problem))
                continue
            state = states.setdefault(event.id, self._states.get(event.id))
            try:
                await self._act(result, state, event, record)
            except PriceError as error:
                result.reject(record, InvalidRecordError("content", str(error)))
        result.rows |= {name: self._states.row_to_store(name, state) for name, state in states.items()}
        return result

    async def _act(
        self, result: BatchResult, state: EventState, event: SaleEventSettings, record: Record[TicketAction]
    ) -> None:
        """Apply one action.

        Raises:
            PriceError: the price can't be changed so.
        """
        action = record.payload
        if state.includes(TICKET_ACTIONS.name, record.offset):
            return
        self._apply(state, event, action)
        if action.kind != "time" or begin_of(event, self._zone) + AFTER_EVENT > action.time:
            await self._show(result, state, event, record)

    def _apply(self, state: EventState, event: SaleEventSettings, action: TicketAction) -> None:
        if action.kind in ("approve", "decline"):
            self._decide(state, event, action)
        elif action.kind == "mark" and action.mark is not None:
            others = [mark for mark in state.marks if mark.id != action.mark.id]
            state.marks = sorted([*others, action.mark], key=lambda mark: mark.day)[-MAX_MARKS:]
        elif action.kind == "unmark" and action.mark is not None:
            state.marks = [mark for mark in state.marks if mark.id != action.mark.id]
        state.now = max(state.now or action.time, action.time)

    def _decide(self, state: EventState, event: SaleEventSettings, action: TicketAction) -> None:
        """Approve or decline a price.

        Raises:
            PriceError: it is not open, or not allowed.
        """
        settings = next((one for one in event.types if one.id == action.type), None)
        sold = None if settings is None else state.types.get(settings.id)
        if settings is None or settings.prices is None or sold is None or sold.prices is None:
            raise PriceError(f"the type {action.type!r} of {event.id} has no prices")
        if action.kind == "approve":
            approve(settings.prices, sold.prices, action.proposal, action.time, begin_of(event, self._zone))
        else:
            decline(sold.prices, action.proposal, action.time)
        metrics.PROPOSALS.labels("approved" if action.kind == "approve" else "declined").inc()

    def _is_due(self, state: EventState, record: Record[TicketOrder]) -> bool:
        if state.now is None or state.shown is None:
            return state.now is not None
        interval = LIVE_INTERVAL if self._worker.is_last(record) else SHOW_INTERVAL
        return state.now - state.shown >= interval

    async def _show(self, result: BatchResult, state: EventState, event: SaleEventSettings, record: AnyRecord) -> None:
        """Produce the sales and forecast of each type, and its prices where they changed."""
        past = self._history.events()
        if past is not self._forecaster.past:
            self._forecaster.past = past
        previous, state.shown = state.shown, state.now
        decided = isinstance(record.payload, TicketAction) and record.payload.type is not None
        changed = decided or previous is None or self._day(previous) != self._day(state.shown)
        sold = {name: sum(one.sold() for one in self._states.get(name).types.values()) for name in self._events}
        sold[event.id] = sum(one.sold() for one in state.types.values())
        gates = last_gates(self._gates.get(GATES), self._events.values(), sold, state.now or event.on_sale, self._zone)
        for settings in event.types:
            key = f"{event.id}/{settings.id}"
            name = EventId(identifier(f"{record.id}/{settings.id}"))
            sales = sales_of(state, event, settings, self._forecaster, self._zone, name, gates)
            _publish(sales)
            result.outputs.append(OutputRecord(TICKET_FORECASTS, key, sales, record.envelope, part=settings.id))
            changed = (
                decided or previous is None or state.shown is None or self._day(previous) != self._day(state.shown)
            )
            if (prices := self._price(state, event, settings, name, changed)) is not None:
                result.outputs.append(OutputRecord(TICKET_PRICES, key, prices, record.envelope, part=settings.id))
            self._worker.report_progress()
            await asyncio.sleep(0)  # forecasts take tens of milliseconds each

    def _price(
        self, state: EventState, event: SaleEventSettings, settings: TicketTypeSettings, name: EventId, new_day: bool
    ) -> TicketPrice | None:
        """Set the first price, or once a day the proposal; return the prices, or None where they are as before."""
        if settings.prices is None:
            return None
        sold = state.types.setdefault(settings.id, SoldType())
        before, prices = sold.prices, sold.prices or first_prices(settings.prices, event.on_sale)
        sold.prices = prices
        if new_day:
            previous = prices.proposal
            prices.proposal = propose_price(state, event, settings, self._forecaster, self._zone, name)
            if prices.proposal is not None and previous is not None and prices.proposal.cents == previous.cents:
                prices.proposal = previous  # somebody may be looking at it
            elif prices.proposal is not None:
                metrics.PROPOSALS.labels("proposed").inc()
        if before is not None and not new_day:
            return None
        return _ticket_price(state, event, settings, prices, name)

    def _day(self, time: datetime | None) -> date | None:
        return None if time is None else time.astimezone(self._zone).date()


class TimeWriter:
    """Writes the time for each event."""

    def __init__(self, worker: WorkerContext) -> None:
        self._worker = worker
        self._ids = RunIds()

    async def write(self) -> None:
        """Write the time; one that can't be written is left out, for the next will do."""
        now = datetime.now(UTC)
        for event in self._worker.venue.section(TICKETS).events:
            name = self._ids.next("time")
            action = TicketAction(id=name, event=event.id, kind="time", time=now)
            await self._worker.try_produce(TICKET_ACTIONS, event.id, action, id=name, time=now)


def _ticket_price(
    state: EventState, event: SaleEventSettings, settings: TicketTypeSettings, prices: PriceState, name: EventId
) -> TicketPrice:
    return TicketPrice(
        event_id=name,
        event=event.id,
        type=settings.id,
        time=state.now or event.on_sale,
        currency=event.currency,
        steps=tuple(prices.steps),
        proposal=prices.proposal,
    )


def _publish(sales: TypeSales) -> None:
    metrics.SOLD.labels(sales.event, sales.type).set(sales.sold)
    if sales.forecast is not None:
        for bound, value in (
            ("low", sales.forecast.low),
            ("mean", sales.forecast.final),
            ("high", sales.forecast.high),
        ):
            metrics.FINAL.labels(sales.event, sales.type, bound).set(value)
