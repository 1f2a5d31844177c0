"""Tests of the patches of Faust: delivery without tasks, seek before delivery, shutdown timeout."""

from __future__ import annotations

import asyncio
import signal
from types import SimpleNamespace
from typing import Any

import pytest
from mode import Service

from stream.runtime import faust_patches
from stream.runtime.faust_patches import deliver_without_tasks, ensure_partitions_known, seek_before_delivery


class FakeConsumer(Service):
    """Replacement for Faust's consumer, with its guard of deliveries."""

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109
        self.guarded = getattr(self, "guarded", 0) + 1
        return await super().wait_first(*coros, timeout=timeout)


@pytest.fixture
async def consumer() -> FakeConsumer:
    patched = FakeConsumer()
    patched.guarded = 0
    deliver_without_tasks(patched)
    return patched


async def test_delivery_that_does_not_block_starts_no_task(consumer: FakeConsumer) -> None:
    tasks: list[int] = []

    async def deliver() -> str:
        async with asyncio.Lock():
            tasks.append(len(asyncio.all_tasks()))
        return "delivered"

    result = await consumer.wait_first(deliver(), asyncio.Event().wait())
    assert (result.results, consumer.guarded, tasks) == (["delivered"], 0, [1])


async def test_blocked_delivery_continues_where_it_stopped(consumer: FakeConsumer) -> None:
    unblocked = asyncio.Event()
    steps: list[str] = []

    async def deliver() -> str:
        steps.append("begun")
        await unblocked.wait()
        await asyncio.sleep(0)
        steps.append("ended")
        return "delivered"

    asyncio.get_running_loop().call_later(0.01, unblocked.set)
    result = await consumer.wait_first(deliver(), asyncio.Event().wait())
    assert (result.results, consumer.guarded, steps) == (["delivered"], 1, ["begun", "ended"])


async def test_rebalance_cancels_blocked_delivery(consumer: FakeConsumer) -> None:
    suspend = asyncio.Event()
    ended: list[str] = []

    async def deliver() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    asyncio.get_running_loop().call_later(0.01, suspend.set)
    await consumer.wait_first(deliver(), suspend.wait())
    await asyncio.sleep(0.01)
    assert ended == ["cancelled"]


@pytest.mark.parametrize("waits", [False, True])
async def test_error_of_delivery_is_raised(consumer: FakeConsumer, waits: bool) -> None:
    async def deliver() -> None:
        if waits:
            await asyncio.sleep(0.001)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await consumer.wait_first(deliver(), asyncio.Event().wait())


class RecoveringConsumer:
    """Replacement for Faust's consumer in a recovery; its fetcher delivers during a seek unless the flow is stopped."""

    def __init__(self) -> None:
        self.flow_active = True
        self.queue: list[int] = []
        self.read_from = 0
        self.app = SimpleNamespace(tables=SimpleNamespace(changelog_topics=set()))

    def assignment(self) -> set[Any]:
        return set()

    def stop_flow(self) -> None:
        self.flow_active = False

    async def fetch(self) -> None:
        for offset in range(self.read_from, 5):
            if self.flow_active:
                self.queue.append(offset)
                self.read_from = offset + 1
            await asyncio.sleep(0)

    async def perform_seek(self) -> None:
        self.read_from = 0
        await asyncio.sleep(0.01)


async def test_events_fetched_while_recovery_seeks_are_not_lost() -> None:
    consumer = RecoveringConsumer()
    seek_before_delivery(consumer)
    await asyncio.gather(consumer.perform_seek(), consumer.fetch())
    consumer.queue.clear()  # as flow_control.resume() does
    consumer.flow_active = True
    await consumer.fetch()
    assert consumer.queue == [0, 1, 2, 3, 4]


async def test_changelog_partitions_are_loaded_before_rows_are_written() -> None:
    loaded: list[str] = []

    async def partitions_for(topic: str) -> None:
        loaded.append(topic)

    producer = SimpleNamespace(_ensure_producer=lambda: SimpleNamespace(partitions_for=partitions_for))
    changelog = SimpleNamespace(get_topic_name=lambda: "pulso-bars-bars-changelog")
    await ensure_partitions_known(producer, SimpleNamespace(changelog_topic=changelog))
    assert loaded == ["pulso-bars-bars-changelog"]


@pytest.mark.parametrize("blocked", [True, False])
async def test_process_ends_when_shutdown_takes_too_long(blocked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    exits: list[int] = []
    timers: list[tuple[float, Any]] = []

    def timer(seconds: float, end: Any) -> SimpleNamespace:
        timers.append((seconds, end))
        return SimpleNamespace(daemon=False, start=end if blocked else (lambda: None))

    async def stop(received: Any) -> None:
        stopped.append(received)

    stopped: list[Any] = []
    monkeypatch.setattr(faust_patches.threading, "Timer", timer)
    monkeypatch.setattr(faust_patches.os, "_exit", exits.append)
    monkeypatch.setattr(faust_patches.logging, "shutdown", lambda: None)
    process = SimpleNamespace(_stop_on_signal=stop)
    faust_patches.install_shutdown_timeout(process, 7.0)
    await process._stop_on_signal(signal.SIGTERM)
    assert ([seconds for seconds, _ in timers], stopped) == ([7.0], [signal.SIGTERM])
    assert exits == ([1] if blocked else [])
