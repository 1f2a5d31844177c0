"""Agent: counts of zones → states of the paths through them; what people closed stays closed."""

from __future__ import annotations

import msgspec

from processors.festival.closures import path_key
from processors.routes.crowd_watch import CrowdWatch
from schemas.crowd import CROWD, CrowdCount
from schemas.routes import PATH_STATES, PATHS, PathState
from stream.runtime.effects import BatchResult, OutputRecord
from stream.runtime.record import Record, try_decode_payload
from stream.runtime.worker_context import WorkerContext

REPLAY_RECORDS = 500
"""Counts of each partition, before its end, that are read at the start: those of some ten seconds at least."""


def register(worker: WorkerContext) -> None:
    """Add the agent; where no path leads through a zone there is none."""
    watch = CrowdWatch(worker.venue)
    if not worker.venue.section(PATHS).places or watch.is_idle:
        return
    agent = CrowdWatchAgent(watch)
    worker.broadcast(CROWD, agent.add_count, replay_records=REPLAY_RECORDS, wait_until_caught_up=False)
    worker.broadcast(PATH_STATES, agent.add_path_state)
    worker.agent(CROWD, agent.publish)


class CrowdWatchAgent:
    """Publishes the states of paths: the worker that a camera's counts belong to, by what all cameras see.

    Every worker reads the counts of all cameras, because several may see one zone; only one is given a record to
    handle, so that a change is published once.
    """

    def __init__(self, watch: CrowdWatch) -> None:
        self._watch = watch
        self._counts = msgspec.json.Decoder(CrowdCount)
        self._states = msgspec.json.Decoder(PathState)

    def add_count(self, value: bytes | None) -> None:
        """Add a count of any camera; ignores what can't be decoded."""
        count = try_decode_payload(self._counts, value, CROWD.event_type)
        if count is not None:
            self._watch.add_count(count)

    def add_path_state(self, value: bytes | None) -> None:
        """Add the state of a path; ignores what can't be decoded."""
        state = try_decode_payload(self._states, value, PATH_STATES.event_type)
        if state is not None:
            self._watch.closures.add(state)

    async def publish(self, records: list[Record[CrowdCount]]) -> BatchResult:
        """Produce the states that the counts change."""
        result = BatchResult()
        for record in records:
            self._watch.add_count(record.payload)
            for state in tuple(self._watch.changes(record.payload)):
                self._watch.closures.add(state)
                key = path_key(state.start, state.end)
                result.outputs.append(OutputRecord(PATH_STATES, f"crowd/{key}", state, record.envelope, part=key))
        return result
