"""Tests of broadcast topics: all of their records are added before the first event is handled."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.alerts import ACTIONS, LABELS, AlertAction
from schemas.support import ANSWERS
from stream.local import LocalStack
from stream.runtime import worker as worker_module
from stream.runtime.broadcast import subscribe
from stream.runtime.effects import BatchResult
from stream.runtime.producer import EventProducer
from stream.runtime.record import Record
from stream.runtime.venue_file import read_venue
from stream.runtime.worker import Worker

NOW = datetime.now(UTC)


@pytest.mark.stack
async def test_no_event_is_handled_before_broadcasts_caught_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def subscribe_slowly(*args: Any, **options: Any) -> None:
        await asyncio.sleep(2)
        await subscribe(*args, **options)

    monkeypatch.setattr(worker_module, "subscribe", subscribe_slowly)
    with LocalStack(tmp_path, workers=(), with_prometheus=False, with_console=False) as stack:
        with EventProducer(stack.settings) as producer:
            for number in range(2_000):
                producer.send_raw(ANSWERS.name, key=b"%d" % (number % 50), value=b"%d" % number, headers=[])
            action = AlertAction(id="one", key="a", action="acknowledge", by="ana", time=NOW)
            producer.send(ACTIONS, key="a", value=action, id="one", source="test", time=NOW)
        added: list[bytes | None] = []
        added_before_batches: list[int] = []
        handled = asyncio.Event()

        async def handle(batch: list[Record[AlertAction]]) -> BatchResult:
            added_before_batches.append(len(added))
            handled.set()
            return BatchResult()

        worker = Worker("probe", stack.settings, read_venue(stack.settings.venue))
        worker.broadcast(ANSWERS, added.append)
        worker.broadcast(LABELS, added.append)  # an empty topic must not delay the start
        worker.agent(ACTIONS, handle)
        worker.app.finalize()
        async with asyncio.timeout(60):
            await worker.app.start()
            try:
                await handled.wait()
            finally:
                await worker.app.stop()
    assert added_before_batches == [2_000]
