"""Tests of a start without committed offsets: the first events are read although a recovery discards them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from schemas.alerts import ACTIONS
from stream.local import LocalStack
from stream.runtime.faust_app import faust_app
from stream.runtime.faust_patches import seek_before_delivery
from stream.runtime.producer import EventProducer

EVENTS = [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.stack
async def test_events_discarded_by_recovery_are_read_without_commits(tmp_path: Path) -> None:
    with LocalStack(tmp_path, workers=(), with_prometheus=False, with_console=False) as stack:
        with EventProducer(stack.settings) as producer:
            for event in EVENTS:
                producer.send_raw(ACTIONS.name, key=b"one", value=event, headers=[])
        app = faust_app("probe", stack.settings)
        app.Table("known", partitions=ACTIONS.partitions, key_type=bytes, value_type=bytes)
        received: list[bytes] = []
        all_received = asyncio.Event()

        @app.agent(app.topic(ACTIONS.name, key_type=bytes, value_type=bytes))  # type: ignore[untyped-decorator]
        async def probe(stream: Any) -> None:
            async for value in stream:
                received.append(value)
                if len(received) == len(EVENTS):
                    all_received.set()

        discarded = discard_fetched_events(app.consumer)
        seek_before_delivery(app.consumer)
        app.finalize()
        async with asyncio.timeout(60):
            await app.start()
            try:
                await all_received.wait()
            finally:
                await app.stop()
    assert discarded == received == EVENTS


def discard_fetched_events(consumer: Any) -> list[bytes]:
    """Fetch and discard events between resume and seek, as it happens on a busy machine; return them."""
    discarded: list[bytes] = []
    seek = consumer.perform_seek

    async def perform_seek() -> None:
        thread = consumer._thread
        while len(discarded) < len(EVENTS):
            records = await thread.call_thread(thread._ensure_consumer().getmany)
            discarded.extend(record.value for batch in records.values() for record in batch)
        await seek()

    consumer.perform_seek = perform_seek
    return discarded
