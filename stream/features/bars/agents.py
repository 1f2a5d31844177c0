"""Agents for bars: tickets and stock movements → ledger and demand of each bar → forecasts.

A bar's forecast is produced once a minute of its tills' time, and after each stock movement.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from processors.bars.bar import BarState, Surplus, UnknownProductError
from processors.bars.context_features import calendar_features
from processors.bars.evening_profile import StageSets
from processors.bars.ledger import StockMovementError
from processors.bars.product_similarity import neighbour_rates
from processors.sources.silent_sources import SilentSources
from schemas.bars import DEMAND, SALES, STOCK, DemandForecast, StockMovement, Ticket
from schemas.context import CONTEXT, VenueContext
from schemas.fields import identifier
from schemas.ids import BarId, ZoneId
from schemas.programme import PROGRAMME_SETS
from schemas.venue import Venue
from stream.features.bars import metrics
from stream.features.bars.latest import add_latest, bar_codec
from stream.features.bars.programme_cache import ProgrammeCache
from stream.features.bars.surplus import REPLAY_RECORDS, SurplusCache
from stream.features.bars.venue_context import ContextCache, implausible_value
from stream.runtime.effects import BatchResult, Effects, OutputRecord
from stream.runtime.producer import partition_of
from stream.runtime.record import InvalidRecordError, Record
from stream.runtime.silent_sources import subscribe_to_silent_sources
from stream.runtime.state import StateTable, apply_to_states
from stream.runtime.worker_context import WorkerContext

REPLAY_SOURCE = "replay/"
"""Prefix of the source of recorded tickets that `pulso source replay` sends."""


def register(worker: WorkerContext) -> None:
    """Add the agents."""
    venue = worker.venue
    states = worker.states("bars", SALES, bar_codec(venue))
    agent = BarsAgent(states, venue, {topic.name: worker.partitions(topic) for topic in (SALES, STOCK)})
    worker.agent(SALES, agent.apply_tickets, states=states)
    worker.agent(STOCK, agent.apply_movements, states=states)
    worker.agent(CONTEXT, reject_implausible_context)
    worker.broadcast_with_receipt(CONTEXT, agent.context.add_record)
    worker.broadcast(PROGRAMME_SETS, agent.programme.add_record)
    worker.broadcast(DEMAND, agent.surplus.add_record, replay_records=REPLAY_RECORDS)
    subscribe_to_silent_sources(worker, agent.silent)


async def reject_implausible_context(records: list[Record[VenueContext]]) -> BatchResult:
    """Send implausible context to the dead-letter topic; valid context is read by `ContextCache`."""
    result = BatchResult()
    for record in records:
        if (message := implausible_value(record.payload)) is not None:
            result.reject(record, InvalidRecordError("content", message))
    return result


class BarsAgent:
    """Applies tickets and stock movements to the bars of this worker.

    Attributes:
        context: latest context of each zone.
        surplus: units that other bars can spare, and their sales rates.
        silent: sources that are silent.
        programme: sets of the festival as they are now.
    """

    def __init__(self, states: StateTable[BarState], venue: Venue, partition_counts: Mapping[str, int]) -> None:
        """Create the agent.

        Args:
            partition_counts: number of partitions of the topics of tickets and movements.
        """
        self._states = states
        self._partition_counts = partition_counts
        self._plans = {bar.id: bar for bar in venue.bars}
        # By plain text, as `product_similarity` knows bars: its code is part of the model's hash.
        self._zones: Mapping[str, ZoneId | None] = {bar.id: bar.zone for bar in venue.bars}
        self._calendar, self._timezone = venue.calendar, ZoneInfo(venue.timezone)
        self.context = ContextCache()
        self.surplus = SurplusCache()
        self.silent = SilentSources()
        self.programme = ProgrammeCache(venue)

    async def apply_tickets(self, records: list[Record[Ticket]]) -> BatchResult:
        """Book sales; produce the forecasts that are due."""
        return add_latest(await apply_to_states(records, self._states, self._apply_ticket, key=self._bar_of))

    async def apply_movements(self, records: list[Record[StockMovement]]) -> BatchResult:
        """Book stock movements; produce the forecast after each, and the counterpart for the other bar."""
        return add_latest(await apply_to_states(records, self._states, self._apply_movement, key=self._bar_of))

    def _apply_ticket(self, record: Record[Ticket], bar: BarState) -> Effects[BarState]:
        try:
            forecast = bar.apply_ticket(
                _as_sent(record), record.offset, record.id, CachedContext(self, bar), _receipt(record)
            )
        except UnknownProductError as error:
            raise InvalidRecordError("content", str(error)) from error
        return Effects(self._forecast_outputs(record, forecast), bar)

    def _apply_movement(self, record: Record[StockMovement], bar: BarState) -> Effects[BarState]:
        movement = record.payload
        if movement.other is not None and self._plans:
            self._require_bar(movement.other)
            if movement.product not in {product.id for product in self._plans[movement.other].products}:
                raise InvalidRecordError("content", f"bar {movement.other!r} has no product {movement.product!r}")
        try:
            forecast = bar.apply_movement(movement, record.offset, record.id, CachedContext(self, bar))
        except (UnknownProductError, StockMovementError) as error:
            raise InvalidRecordError("content", str(error)) from error
        outputs = self._forecast_outputs(record, forecast)
        if forecast is not None and (counterpart := _counterpart(movement)) is not None:
            outputs += (OutputRecord(STOCK, counterpart.bar, counterpart, record.envelope),)
        return Effects(outputs, bar)

    def features(self, bar: BarId, time: datetime) -> dict[str, float]:
        """Return the context features of a bar: of its zone, and of the venue's calendar."""
        days = calendar_features(self._calendar, time.astimezone(self._timezone))
        return {**self.context.features(self._zones.get(bar)), **days}

    def neighbour_rates(self, bar: BarId, time: datetime) -> dict[str, float]:
        """Return the sales rates of the mean neighbouring bar, in units/hour by product."""
        return neighbour_rates(bar, self._zones.get(bar), self.surplus.rates(time), self._zones)

    def _forecast_outputs(
        self, record: Record[Ticket] | Record[StockMovement], forecast: DemandForecast | None
    ) -> tuple[OutputRecord, ...]:
        if forecast is None:
            return ()
        if blind := self.silent.tills(forecast.bar):
            forecast = replace(forecast, blind=blind)
        if self._plans:  # only bars of the venue file, whose number is bounded
            _publish_forecast(forecast)
        return (OutputRecord(DEMAND, record.key, forecast, record.envelope),)

    def _bar_of(self, record: Record[Ticket] | Record[StockMovement]) -> BarId:
        """Return the bar of a ticket or movement after checking key and partition."""
        bar = record.payload.bar
        if record.key != bar:
            raise InvalidRecordError("content", f"the record's key {record.key!r} is not its bar {bar!r}")
        self._require_bar(bar)
        expected = partition_of(bar, self._partition_counts[record.topic.name])
        if record.partition != expected:
            # The bar's row belongs to another partition: here the record could be counted twice, or on a stale row.
            raise InvalidRecordError(
                "content", f"in partition {record.partition}, but bar {bar!r} is in {expected}: use murmur2_random"
            )
        return bar

    def _require_bar(self, bar: BarId) -> None:
        if self._plans and bar not in self._plans:
            raise InvalidRecordError("content", f"no bar {bar!r} in the venue file; it has {', '.join(self._plans)}")


class CachedContext:
    """Context of one bar (`processors.bars.bar.BarContext`), computed from the cached topics when the bar needs it."""

    def __init__(self, agent: BarsAgent, bar: BarState) -> None:
        self._agent, self._bar = agent, bar

    def features(self, time: datetime) -> Mapping[str, float]:
        """Return the context features at a time."""
        return self._agent.features(self._bar.name, time)

    def neighbour_rates(self, time: datetime) -> Mapping[str, float]:
        """Return the sales rates of the mean neighbouring bar, in units/hour by product."""
        return self._agent.neighbour_rates(self._bar.name, time)

    def programme(self, time: datetime) -> StageSets:
        """Return the sets of the festival day on the stages that matter to the bar."""
        return self._agent.programme.stages(self._bar.name, time)

    def surplus(self) -> Surplus:
        """Return the unclaimed surplus of the bar's neighbours."""
        return self._agent.surplus.spare_for(self._bar.name, self._bar.neighbours)


def _as_sent(record: Record[Ticket]) -> Ticket:
    """Return a ticket with the time that the till gave, by which it is known when it comes again."""
    ticket = record.payload
    return replace(ticket, time=ticket.time + record.ahead) if record.ahead else ticket


def _receipt(record: Record[Ticket]) -> datetime | None:
    """Return the receipt of a ticket; None for one of `pulso source replay`, which says nothing about a clock."""
    return None if record.envelope.source.startswith(REPLAY_SOURCE) else record.received


def _counterpart(movement: StockMovement) -> StockMovement | None:
    """Return the movement that the other bar books.

    That bar's row may belong to another worker, so the counterpart is sent as a record of its own. Its id derives from
    the first, so that a repetition after a crash is recognised there.
    """
    if movement.other is None or movement.counterpart or movement.kind not in ("transfer", "delivery"):
        return None
    return replace(
        movement, id=identifier(f"{movement.id}/{movement.other}"), bar=movement.other, other=movement.bar,
        counterpart=True,
    )  # fmt: skip


def _publish_forecast(forecast: DemandForecast) -> None:
    """Set the gauges of a bar."""
    metrics.DRIFTS.labels(forecast.bar).set(forecast.drifts)
    metrics.REPEATED.labels(forecast.bar).set(forecast.repeated)
    metrics.RENUMBERED.labels(forecast.bar).set(forecast.renumbered)
    tills = {clock.till for clock in forecast.clocks}
    for gauge in (metrics.TILL_CLOCK, metrics.TILL_CORRECTED):
        gauge.retain(lambda labels: labels["bar"] != forecast.bar or labels["till"] in tills)
    for clock in forecast.clocks:
        metrics.TILL_CLOCK.labels(forecast.bar, clock.till).set(clock.ahead_seconds)
        metrics.TILL_CORRECTED.labels(forecast.bar, clock.till).set(clock.corrected)
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
