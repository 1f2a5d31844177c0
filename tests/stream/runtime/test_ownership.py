"""Whose the events of a batch are, through rebalances that can't be timed from outside: hence a stand-in for Faust.

tests/faults does the same to real workers, at random moments.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from stream.runtime import ownership
from stream.runtime.ownership import VERIFY_AFTER_SECONDS, PartitionOwnership, PartitionsRevokedError

NORTH, SOUTH = TP("pos.sales", 0), TP("pos.sales", 1)


@dataclass
class App:
    """What of a Faust app is asked."""

    tps: set[TP] = field(default_factory=lambda: {NORTH, SOUTH})
    consumer_generation_id: int = 1
    active: bool = True
    heartbeats: list[bool] = field(default_factory=list)
    """answers of the broker, in order; the membership is lost with the last one that is False"""

    def __post_init__(self) -> None:
        self.consumer = self._thread = self
        self._coordinator = SimpleNamespace(_do_heartbeat=None)
        self.flow_control = SimpleNamespace(is_active=lambda: self.active)

    def assignment(self) -> set[TP]:
        return self.tps

    def _ensure_consumer(self) -> App:
        return self

    async def call_thread(self, _heartbeat: Any) -> bool:
        answer = self.heartbeats.pop(0)
        if not answer and not self.heartbeats:
            self.active = False  # Faust stops the flow when partitions are revoked
        return answer


def events(generation: int = 1) -> list[Any]:
    return [SimpleNamespace(message=SimpleNamespace(tp=tp, generation_id=generation)) for tp in (NORTH, SOUTH, NORTH)]


def test_all_is_ours_while_nothing_moves() -> None:
    assert len(PartitionOwnership(App()).owned(events())) == 3  # type: ignore[arg-type]


def test_events_of_a_partition_that_went_away_are_left_out() -> None:
    assert len(PartitionOwnership(App(tps={NORTH})).owned(events())) == 2  # type: ignore[arg-type]


def test_events_read_before_a_rebalance_are_left_out_though_their_partition_came_back() -> None:
    assert PartitionOwnership(App(consumer_generation_id=2)).owned(events(1)) == []  # type: ignore[arg-type]


def test_nothing_is_ours_while_a_rebalance_goes_on() -> None:
    assert PartitionOwnership(App(active=False)).owned(events()) == []  # type: ignore[arg-type]


async def test_a_quick_batch_asks_nobody() -> None:
    await PartitionOwnership(App()).verify(events(), time.monotonic())  # type: ignore[arg-type]


async def test_a_partition_that_moves_during_a_batch_takes_the_batch_with_it() -> None:
    app = App()
    owned = PartitionOwnership(app)  # type: ignore[arg-type]
    app.tps = {SOUTH}
    with pytest.raises(PartitionsRevokedError):
        await owned.verify(events(), time.monotonic())


async def test_after_standing_still_the_broker_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "RETRY_SECONDS", 0.001)
    long_ago = time.monotonic() - 2 * VERIFY_AFTER_SECONDS
    known = App(heartbeats=[False, True])
    await PartitionOwnership(known).verify(events(), long_ago)  # type: ignore[arg-type]
    assert known.heartbeats == []
    with pytest.raises(PartitionsRevokedError):
        await PartitionOwnership(App(heartbeats=[False])).verify(events(), long_ago)  # type: ignore[arg-type]


async def test_a_broker_that_does_not_say_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "RETRY_SECONDS", 0.001)
    monkeypatch.setattr(ownership, "VERIFY_TIMEOUT_SECONDS", 0.02)
    with pytest.raises(RuntimeError, match="did not confirm"):
        await PartitionOwnership(App(heartbeats=[False] * 100_000)).verify(events(), time.monotonic() - 10)  # type: ignore[arg-type]
