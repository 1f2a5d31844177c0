"""The bars worker: tickets and stock movements → ledger and demand of each bar → forecasts, one a minute of the
tills' time and one after each movement.
"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from processors.bars.bar import BarState, UnknownProductError
from processors.bars.ledger import StockMovementError
from processors.bars.product_similarity import neighbour_rates
from processors.bars.venue_calendar import calendar_features
from schemas.bars import DEMAND, SALES, STOCK, DemandForecast, StockMovement
from schemas.context import CONTEXT
from schemas.fields import identifier
from stream.features.bars.surplus import BACK, KnownSurplus
from stream.features.bars.venue_context import KnownContext, implausible
from stream.runtime import metrics
from stream.runtime.batch_result import Outcome, Result
from stream.runtime.decoding import UnusableError
from stream.runtime.producer import partition_of
from stream.runtime.record import Incoming
from stream.runtime.state import LiveRows
from stream.runtime.worker import Worker

BUFFER = 4096
"""events read ahead"""


def register(worker: Worker) -> None:
    """Add the agents."""
    books = _Books(worker)

    async def sales(batch: list[Incoming]) -> Outcome:
        return books.apply(batch, books.sell)

    async def movements(batch: list[Incoming]) -> Outcome:
        return books.apply(batch, books.move)

    async def checked(batch: list[Incoming]) -> Outcome:
        # What can't be decoded is buried before this, and what can be used is followed below.
        told = [(incoming, implausible(incoming.record)) for incoming in batch]
        return Outcome(dead=[(incoming, UnusableError("content", why)) for incoming, why in told if why is not None])

    worker.agent(SALES, sales, table=books.table, failed=books.bars.forget)
    worker.agent(STOCK, movements, table=books.table, failed=books.bars.forget)
    worker.agent(CONTEXT, checked)
    worker.follow(CONTEXT, books.context.take)
    worker.follow(DEMAND, books.surplus.take, back=BACK)


class _Books:
    """The rows of all bars of this worker, and what is known around them."""

    def __init__(self, worker: Worker) -> None:
        venue = worker.venue
        self._plans = plans = {bar.id: bar for bar in venue.bars}
        self._calendar, self._timezone = venue.calendar, ZoneInfo(venue.timezone)
        self._zones = {bar.id: bar.zone for bar in venue.bars}
        self.table = worker.table("bars", SALES)
        self.bars: LiveRows[BarState] = LiveRows(
            self.table, lambda name, row: BarState(name, plans.get(name), venue.timezone, row)
        )
        self.context = KnownContext()
        self.surplus = KnownSurplus()

    def sell(self, incoming: Incoming) -> DemandForecast | None:
        bar = self._placed(incoming)
        plan = self._plans.get(bar)
        zone = plan.zone if plan else None
        ticket, envelope = incoming.record, incoming.envelope
        days = calendar_features(self._calendar, ticket.time.astimezone(self._timezone))
        context = {**self.context.features(zone), **days}
        one = self.bars.get(bar)
        elsewhere = None
        if one.opens_slot(ticket.time):
            elsewhere = neighbour_rates(bar, zone, self.surplus.paces(ticket.time), self._zones)
        spare = self.surplus.spare_for(bar, one.neighbours) if one.forecasts_at(ticket.time) else None
        return one.apply(ticket, incoming.offset, envelope.id, context, spare, elsewhere)

    def move(self, incoming: Incoming) -> DemandForecast | None:
        bar, other, product = self._placed(incoming), incoming.record.other, incoming.record.product
        if other is not None and self._plans:
            self._known(other)
            if product not in {one.id for one in self._plans[other].products}:
                raise UnusableError("content", f"bar {other!r} has no product {product!r}")
        one = self.bars.get(bar)
        spare = self.surplus.spare_for(bar, one.neighbours)
        return one.move(incoming.record, incoming.offset, incoming.envelope.id, spare)

    def apply(self, batch: list[Incoming], book: Callable[[Incoming], DemandForecast | None]) -> Outcome:
        """One batch; each row is written once, in its last state."""
        outcome = Outcome()
        changed: dict[str, BarState] = {}
        for incoming in batch:
            try:
                forecast = book(incoming)
            except UnusableError as error:
                outcome.dead.append((incoming, error))
                continue
            except (UnknownProductError, StockMovementError) as error:
                outcome.dead.append((incoming, UnusableError("content", str(error))))
                continue
            changed[incoming.key] = self.bars.get(incoming.key)
            if forecast is None:
                continue
            outcome.results.append(Result(DEMAND, incoming.key, forecast, incoming.envelope))
            _show(forecast, known=bool(self._plans))
            if incoming.topic is STOCK and (far := _far_side(incoming.record)) is not None:
                outcome.results.append(Result(STOCK, far.bar, far, incoming.envelope))
        for name, bar in changed.items():
            row = bar.to_row()
            outcome.rows[name] = row
            self.bars.wrote(name, row, bar)
        return outcome

    def _placed(self, incoming: Incoming) -> str:
        """The bar of a ticket or movement, when it is in the right place."""
        bar: str = incoming.record.bar
        if incoming.key != bar:
            raise UnusableError("content", f"the record's key {incoming.key!r} is not its bar {bar!r}")
        self._known(bar)
        right = partition_of(bar, incoming.topic.partitions)
        if incoming.partition != right:
            # Its bar's row lives with another partition: here it could be counted twice, or on a stale row.
            raise UnusableError(
                "content", f"in partition {incoming.partition}, but bar {bar!r} is in {right}: use murmur2_random"
            )
        return bar

    def _known(self, bar: str) -> None:
        if self._plans and bar not in self._plans:
            raise UnusableError("content", f"no bar {bar!r} in the venue file; it has {', '.join(self._plans)}")


def _far_side(movement: StockMovement) -> StockMovement | None:
    """What the other bar books: its row may live with another worker, so it travels as a record of its own.

    It has an id of its own that derives from the first, so that a repeat after a crash is known there.
    """
    if movement.other is None or movement.counterpart or movement.kind not in ("transfer", "delivery"):
        return None
    return replace(
        movement, id=identifier(f"{movement.id}/{movement.other}"), bar=movement.other, other=movement.bar,
        counterpart=True,
    )  # fmt: skip


def _show(forecast: DemandForecast, *, known: bool) -> None:
    """Gauges; only for bars of the venue file, whose number is bounded."""
    if not known:
        return
    metrics.DRIFTS.labels(forecast.bar).set(forecast.drifts)
    for product in forecast.products:
        labels = (forecast.bar, product.product)
        metrics.SOLD.labels(*labels).set(product.sold)
        for horizon in product.horizons:
            metrics.DEMAND.labels(*labels, str(horizon.minutes)).set(horizon.mean)
        if product.stock is not None:
            metrics.STOCK.labels(*labels).set(product.stock)
            metrics.STOCK_COMING.labels(*labels).set(product.coming)
            metrics.STOCK_OVERSOLD.labels(*labels).set(product.oversold)
            metrics.STOCK_MISSING.labels(*labels).set(product.missing)
        if product.run_out_probability is not None:
            metrics.RUN_OUT.labels(*labels).set(product.run_out_probability)
