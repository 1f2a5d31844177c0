"""Processing of one batch: decode, handle, produce results, store rows, reject.

The order of effects makes a crash harmless. Results are sent and acknowledged first, then the rows of state are
written, then the events are acknowledged. A crash in between repeats the batch: its results have the same ids as
before, and a row that was already written contains the offset that it includes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import msgspec
from faust.types import EventT

from schemas.cloudevents import Headers
from schemas.topic import Topic
from stream.registry.reloadable_model import FallbackModel
from stream.runtime import metrics
from stream.runtime.agent import Agent
from stream.runtime.effects import BatchResult, DeadLetter, OutputRecord, dead_letter_headers
from stream.runtime.rate_limited_logging import RateLimitFilter
from stream.runtime.record import InvalidRecordError, Record, read_record
from stream.runtime.state import StateVersionError

log = logging.getLogger(__name__)
clock_log = logging.getLogger(f"{__name__}.clocks")
clock_log.addFilter(RateLimitFilter())  # a camera whose clock is wrong has eight pictures a second

T = TypeVar("T")


class RecordOutput(Protocol):
    """Destination of a processor's effects: Kafka, or a list in a test."""

    async def send_output(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers
    ) -> Awaitable[object] | None:
        """Queue a record; the returned awaitable, if any, completes when Kafka has acknowledged it."""

    async def store_rows(
        self, rows: Mapping[str, bytes | None], table: Any, events: list[EventT[Any]], began: float
    ) -> None:
        """Write rows durably if the events still belong to this worker.

        Raises:
            PartitionsRevokedError: They do not.
        """


class BatchProcessor:
    """Processes batches of events for the agents of one worker."""

    def __init__(self, worker: str, output: RecordOutput, fallbacks: Sequence[FallbackModel]) -> None:
        """Create the processor.

        Args:
            worker: its name, for metrics and dead letters.
            output: destination of effects.
            fallbacks: models with a canary period; an event that fails is retried with the previous ones.
        """
        self._worker = worker
        self._output = output
        self._fallbacks = fallbacks

    async def process(self, agent: Agent[T], events: list[EventT[Any]], began: float) -> None:
        """Carry out all effects of one batch except its acknowledgement.

        Args:
            began: time of the monotonic clock at which the batch was taken, seconds.
        """
        now = datetime.now(UTC)
        records: list[Record[T]] = []
        rejected: list[tuple[EventT[Any], InvalidRecordError]] = []
        for event in events:
            try:
                records.append(read_record(event, agent.topic, agent.decoder, now))
            except InvalidRecordError as error:
                rejected.append((event, error))
        if ahead := [record for record in records if record.corrected]:
            metrics.EVENTS_AHEAD.labels(self._worker, agent.topic.name).inc(len(ahead))
            clock_log.warning(
                "%s: the clock of %s is ahead: its events count at their receipt; set the clock",
                agent.topic.name, ahead[-1].envelope.source, extra={"event_id": ahead[-1].id},
            )  # fmt: skip
        if agent.expiry is not None and agent.table is not None:
            times = ((record.partition, record.received) for record in records)
            agent.expiry.advance(times, agent.table.items())
        dropped = 0
        async for result in self._results(agent, records):
            await self._send_outputs(result.outputs)
            await self._output.store_rows(result.rows, agent.table, events, began)
            rejected += [(letter.record.event, letter.error) for letter in result.dead_letters]
            dropped += len(result.dropped)
        await self._expire_rows(agent, events, began)
        await self._send_dead_letters(rejected, agent.topic)
        counts = {"dead": len(rejected), "dropped": dropped, "ok": len(events) - len(rejected) - dropped}
        for outcome, number in counts.items():
            metrics.EVENTS.labels(self._worker, agent.topic.name, outcome).inc(number)

    async def _expire_rows(self, agent: Agent[Any], events: list[EventT[Any]], began: float) -> None:
        """Remove the rows that are over by the time at which the batch was received."""
        if agent.expiry is None or agent.table is None:
            return
        over = agent.expiry.over(agent.table.items())
        if not over:
            return
        await self._output.store_rows(over, agent.table, events, began)
        removed = [key for key, row in over.items() if row is None]
        agent.expiry.forget(removed)
        log.info("%s: %d rows of %s have expired", self._worker, len(removed), agent.table.name)

    async def _results(self, agent: Agent[T], records: list[Record[T]]) -> AsyncIterator[BatchResult]:
        """Yield the result of the batch, or where it fails the results of its events one by one."""
        if not records:
            return
        try:
            yield await agent.handle(records)
        except StateVersionError:
            raise
        except Exception:
            log.exception("%s: a batch of %d failed; trying its events one by one", self._worker, len(records))
        else:
            return
        agent.on_failure()
        for record in records:
            try:
                result = await agent.handle([record])
            except StateVersionError:
                raise
            except Exception as error:
                log.exception(
                    "%s: event %s (%s %d/%d) failed",
                    self._worker, record.id, record.topic.name, record.partition, record.offset,
                )  # fmt: skip
                agent.on_failure()
                result = await self._retry_with_previous_models(agent, record, error)
            yield result

    async def _retry_with_previous_models(self, agent: Agent[T], record: Record[T], error: Exception) -> BatchResult:
        """Return the result of an event that failed shortly after a change of models, with the previous models."""
        for fallback in self._fallbacks:
            if not fallback.in_canary_period:
                continue
            fallback.use_previous()
            try:
                result = await agent.handle([record])
            except Exception:
                agent.on_failure()
                fallback.use_current(None)
            else:
                fallback.use_current(error)
                return result
        unexpected = InvalidRecordError("unexpected", f"{type(error).__name__}: {error}")
        return BatchResult(dead_letters=[DeadLetter(record, unexpected)])

    async def _send_outputs(self, outputs: Sequence[OutputRecord]) -> None:
        now = datetime.now(UTC)
        sent: list[Awaitable[object] | None] = []
        for output in outputs:
            envelope = output.envelope()
            value = msgspec.json.encode(output.payload)
            sent.append(
                await self._output.send_output(output.topic.name, output.key.encode(), value, envelope.headers())
            )
            metrics.RESULTS.labels(self._worker, output.topic.name).inc()
            metrics.EVENT_DELAY.labels(self._worker).observe(max(0.0, (now - envelope.received).total_seconds()))
        await _all_acknowledged(sent)

    async def _send_dead_letters(
        self, rejected: list[tuple[EventT[Any], InvalidRecordError]], topic: Topic[Any]
    ) -> None:
        now = datetime.now(UTC)
        sent: list[Awaitable[object] | None] = []
        for event, error in rejected:
            headers = dead_letter_headers(event, error, worker=self._worker, now=now)
            sent.append(await self._output.send_output(topic.dead.name, event.key, event.value, headers))
            metrics.DEAD_LETTERS.labels(self._worker, topic.name, error.reason).inc()
        await _all_acknowledged(sent)


async def _all_acknowledged(sent: list[Awaitable[object] | None]) -> None:
    pending = [acknowledgement for acknowledgement in sent if acknowledgement is not None]
    if pending:
        await asyncio.gather(*pending)
