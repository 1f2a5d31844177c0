"""Agent that smooths sound levels."""

from __future__ import annotations

from msgspec import Struct

from pulso_noise.topics import LEVELS, READINGS, Level, Reading
from stream.runtime.effects import BatchResult, Effects, OutputRecord
from stream.runtime.record import Record
from stream.runtime.state import StateTable, apply_to_states, struct_codec
from stream.runtime.worker_context import WorkerContext


class LevelState(Struct):
    """Smoothed level of one place."""

    offset: int = -1
    decibels: float = 0.0


class NoiseAgent:
    """Smooths readings by place."""

    def __init__(self, states: StateTable[LevelState]) -> None:
        self._states = states

    async def smooth(self, records: list[Record[Reading]]) -> BatchResult:
        """Produce the smoothed level after each reading."""
        return await apply_to_states(records, self._states, self._apply)

    def _apply(self, record: Record[Reading], state: LevelState) -> Effects[LevelState]:
        if record.offset <= state.offset:
            return Effects()
        weight = 1.0 if state.offset < 0 else 0.5
        state.offset = record.offset
        state.decibels += weight * (record.payload.decibels - state.decibels)
        level = Level(event_id=record.id, place=record.key, time=record.payload.time, decibels=state.decibels)
        return Effects((OutputRecord(LEVELS, record.key, level, record.envelope),), state)


def register(worker: WorkerContext) -> None:
    """Add the agent."""
    states = worker.states("levels", READINGS, struct_codec(LevelState, LevelState))
    worker.agent(READINGS, NoiseAgent(states).smooth, states=states)
