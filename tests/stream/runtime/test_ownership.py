"""Tests of partition ownership during rebalances, with a replacement for Faust, since real ones can't be timed.

tests/faults causes rebalances of real workers at random moments.
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
class FakeApp:
    """Replacement for a Faust app, with the attributes that ownership reads."""

    tps: set[TP] = field(default_factory=lambda: {NORTH, SOUTH})
    consumer_generation_id: int = 1
    active: bool = True
    heartbeats: list[bool] = field(default_factory=list)
    """Heartbeat results in order; membership is lost if the last one is False."""

    def __post_init__(self) -> None:
        self.consumer = self._thread = self
        self._coordinator = SimpleNamespace(_do_heartbeat=None)
        self.flow_control = SimpleNamespace(is_active=lambda: self.active)

    def assignment(self) -> set[TP]:
        return self.tps

    def _ensure_consumer(self) -> FakeApp:
        return self

    async def call_thread(self, _heartbeat: Any) -> bool:
        confirmed = self.heartbeats.pop(0)
        if not confirmed and not self.heartbeats:
            self.active = False  # Faust stops the flow when partitions are revoked
        return confirmed


def events(generation: int = 1) -> list[Any]:
    return [SimpleNamespace(message=SimpleNamespace(tp=tp, generation_id=generation)) for tp in (NORTH, SOUTH, NORTH)]


def test_all_events_are_owned_without_rebalance() -> None:
    assert len(PartitionOwnership(FakeApp()).owned(events())) == 3  # type: ignore[arg-type]


def test_events_of_revoked_partition_are_not_owned() -> None:
    assert len(PartitionOwnership(FakeApp(tps={NORTH})).owned(events())) == 2  # type: ignore[arg-type]


def test_events_read_before_rebalance_are_not_owned_after_return() -> None:
    assert PartitionOwnership(FakeApp(consumer_generation_id=2)).owned(events(1)) == []  # type: ignore[arg-type]


def test_no_event_is_owned_during_rebalance() -> None:
    assert PartitionOwnership(FakeApp(active=False)).owned(events()) == []  # type: ignore[arg-type]


async def test_short_batch_sends_no_heartbeat() -> None:
    await PartitionOwnership(FakeApp()).verify(events(), time.monotonic())  # type: ignore[arg-type]


async def test_batch_fails_when_a_partition_is_revoked() -> None:
    app = FakeApp()
    owned = PartitionOwnership(app)  # type: ignore[arg-type]
    app.tps = {SOUTH}
    with pytest.raises(PartitionsRevokedError):
        await owned.verify(events(), time.monotonic())


async def test_long_batch_confirms_membership_by_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "RETRY_SECONDS", 0.001)
    long_ago = time.monotonic() - 2 * VERIFY_AFTER_SECONDS
    member = FakeApp(heartbeats=[False, True])
    await PartitionOwnership(member).verify(events(), long_ago)  # type: ignore[arg-type]
    assert member.heartbeats == []
    with pytest.raises(PartitionsRevokedError):
        await PartitionOwnership(FakeApp(heartbeats=[False])).verify(events(), long_ago)  # type: ignore[arg-type]


async def test_worker_ends_when_broker_does_not_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "RETRY_SECONDS", 0.001)
    monkeypatch.setattr(ownership, "VERIFY_TIMEOUT_SECONDS", 0.02)
    with pytest.raises(RuntimeError, match="did not confirm"):
        await PartitionOwnership(FakeApp(heartbeats=[False] * 100_000)).verify(events(), time.monotonic() - 10)  # type: ignore[arg-type]
