"""Agent that watches the sources: reports and the time → `sources.states`, `sources.processes`.

The time comes as a record too, written every few seconds by each alerts worker. So silence is measured in one order
with the reports, and the same records give the same result after a crash.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import UTC, datetime

from processors.sources.watch import SourceWatch, WatchState
from schemas.sources import PROCESS_STATES, REPORTS, SOURCE_STATES, WATCH, ProcessReport, ProcessState, SourceState
from stream.features.sources import metrics
from stream.runtime.effects import BatchResult, OutputRecord
from stream.runtime.liveness import LIVENESS, TIME_PART, Liveness
from stream.runtime.record import Record
from stream.runtime.run_ids import RunIds
from stream.runtime.state import StateTable, struct_codec
from stream.runtime.worker_context import WorkerContext

log = logging.getLogger(__name__)

TIME_SECONDS = 2.0
"""Interval at which the time is written."""

FRESH_SECONDS = 20.0
"""Age of a time that is still now; an older one is read from a backlog."""

KINDS = ("camera", "microphone", "mailbox", "posts", "tills")


def register(worker: WorkerContext) -> None:
    """Add the agent, and the timer that writes the time."""
    states = worker.states("sources", REPORTS, struct_codec(WatchState, WatchState))
    agent = SourcesAgent(SourceWatch(worker.venue), states, worker.shared(LIVENESS, Liveness))
    worker.agent(REPORTS, agent.watch, states=states)
    worker.every(TIME_SECONDS, TimeWriter(worker).write, name="time")


class SourcesAgent:
    """Keeps the state of all sources."""

    def __init__(self, watch: SourceWatch, states: StateTable[WatchState], liveness: Liveness) -> None:
        self._watch = watch
        self._states = states
        self._liveness = liveness

    async def watch(self, records: list[Record[ProcessReport]]) -> BatchResult:
        """Apply reports and times in order; the states that follow are produced."""
        result = BatchResult()
        state = self._states.get(WATCH)
        changed = False
        for record in records:
            if record.offset <= state.offset:
                continue  # repeated after a crash: the state includes it
            changed = True
            state.offset = record.offset
            found = self._watch.apply(state, record.payload)
            result.outputs += [_output(one, record) for one in found]
            if record.payload.kind == "time":
                self._note(record.payload.time)
        if changed:
            result.rows[WATCH] = self._states.row_to_store(WATCH, state)
            _publish(state)
        return result

    def _note(self, time: datetime) -> None:
        """Note that the time that a worker wrote has come back from Kafka: the path of alerts works."""
        if (datetime.now(UTC) - time).total_seconds() < FRESH_SECONDS:
            self._liveness.report(TIME_PART)


class TimeWriter:
    """Writes the time to the topic of the reports."""

    def __init__(self, worker: WorkerContext) -> None:
        self._worker = worker
        self._ids = RunIds()

    async def write(self) -> None:
        """Write the time; one that can't be written is left out, for the next will do."""
        now = datetime.now(UTC)
        report = ProcessReport(id=self._ids.next("time"), kind="time", time=now, process="time", instance=self._ids.run)
        await self._worker.try_produce(REPORTS, WATCH, report, id=report.id, time=now)


def _output(state: SourceState | ProcessState, record: Record[ProcessReport]) -> OutputRecord:
    if isinstance(state, SourceState):
        return OutputRecord(SOURCE_STATES, state.source, state, record.envelope, part=state.source)
    return OutputRecord(PROCESS_STATES, state.process, state, record.envelope, part=state.process)


def _publish(state: WatchState) -> None:
    silent = Counter(key.partition("/")[0] for key, shown in state.shown.items() if shown.silent)
    for kind in KINDS:
        metrics.SOURCES_SILENT.labels(WATCH, kind).set(silent[kind])
