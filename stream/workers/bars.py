"""The bars worker: tickets → ledger and demand of each bar → forecasts, one a minute of the tills' time."""

from __future__ import annotations

from processors.bars.bar import Bar, UnknownProductError
from schemas.results import DemandForecast
from schemas.topics import CONTEXT, DEMAND, SALES
from stream import metrics
from stream.incoming import Incoming, UnusableError
from stream.outcome import Outcome, Result
from stream.producer import partition_of
from stream.rows import LiveRows
from stream.venue_context import ContextReader
from stream.worker import Worker

BUFFER = 4096
"""events read ahead"""


def register(worker: Worker) -> None:
    """Add the agents."""
    venue = worker.venue
    plans = {bar.id: bar for bar in venue.bars}
    table = worker.table("bars", SALES)
    bars: LiveRows[Bar] = LiveRows(table, lambda name, row: Bar(name, plans.get(name), venue.timezone, row))
    context = ContextReader(worker.settings)

    def book(incoming: Incoming) -> DemandForecast | None:
        ticket = incoming.record
        if incoming.key != ticket.bar:
            raise UnusableError("content", f"the record's key {incoming.key!r} is not its bar {ticket.bar!r}")
        if plans and ticket.bar not in plans:
            raise UnusableError("content", f"no bar {ticket.bar!r} in the venue file; it has {', '.join(plans)}")
        right = partition_of(ticket.bar, SALES.partitions)
        if incoming.partition != right:
            # Its bar's row lives with another partition: here it could be counted twice, or on a stale row.
            raise UnusableError(
                "content",
                f"in partition {incoming.partition}, but bar {ticket.bar!r} is in {right}: use murmur2_random",
            )
        plan = plans.get(ticket.bar)
        around = context.features(plan.zone if plan else None)
        try:
            return bars.get(ticket.bar).apply(ticket, incoming.offset, incoming.envelope.id, around)
        except UnknownProductError as error:
            raise UnusableError("content", str(error)) from error

    async def sales(batch: list[Incoming]) -> Outcome:
        outcome = Outcome()
        changed: dict[str, Bar] = {}
        for incoming in batch:
            try:
                forecast = book(incoming)
            except UnusableError as error:
                outcome.dead.append((incoming, error))
                continue
            changed[incoming.key] = bars.get(incoming.key)
            if forecast is not None:
                outcome.results.append(Result(DEMAND, incoming.key, forecast, incoming.envelope))
                _show(forecast, known=bool(plans))
        for name, bar in changed.items():
            row = bar.to_row()
            outcome.rows[name] = row
            bars.wrote(name, row, bar)
        return outcome

    async def checked(_batch: list[Incoming]) -> Outcome:
        # Reading is enough: what can't be decoded goes to the dead letters, and ContextReader has the rest.
        return Outcome()

    worker.agent(SALES, sales, table=table, failed=bars.forget)
    worker.agent(CONTEXT, checked)
    worker.app.task(context.run)


def _show(forecast: DemandForecast, *, known: bool) -> None:
    """Gauges; only for bars of the venue file, whose number is bounded."""
    if not known:
        return
    for product in forecast.products:
        labels = (forecast.bar, product.product)
        metrics.SOLD.labels(*labels).set(product.sold)
        for horizon in product.horizons:
            metrics.DEMAND.labels(*labels, str(horizon.minutes)).set(horizon.mean)
        if product.stock is not None:
            metrics.STOCK.labels(*labels).set(product.stock)
        if product.run_out_probability is not None:
            metrics.RUN_OUT.labels(*labels).set(product.run_out_probability)
