"""A worker that starts where nothing was ever committed reads the first events, whatever was fetched on its way."""

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
async def test_what_a_recovery_throws_away_is_read_again_though_nothing_was_committed(tmp_path: Path) -> None:
    with LocalStack(tmp_path, workers=(), with_prometheus=False, with_console=False) as stack:
        with EventProducer(stack.settings) as producer:
            for event in EVENTS:
                producer.send_raw(ACTIONS.name, key=b"one", value=event, headers=[])
        app = faust_app("probe", stack.settings)
        app.Table("known", partitions=ACTIONS.partitions, key_type=bytes, value_type=bytes)
        seen: list[bytes] = []
        all_seen = asyncio.Event()

        @app.agent(app.topic(ACTIONS.name, key_type=bytes, value_type=bytes))  # type: ignore[untyped-decorator]
        async def probe(stream: Any) -> None:
            async for value in stream:
                seen.append(value)
                if len(seen) == len(EVENTS):
                    all_seen.set()

        thrown_away = throws_away_what_it_fetched(app.consumer)
        seek_before_delivery(app.consumer)
        app.finalize()
        async with asyncio.timeout(60):
            await app.start()
            try:
                await all_seen.wait()
            finally:
                await app.stop()
    assert thrown_away == seen == EVENTS


def throws_away_what_it_fetched(consumer: Any) -> list[bytes]:
    """What a busy machine does now and then: events are fetched after the partitions are resumed, before the seek."""
    thrown_away: list[bytes] = []
    seek = consumer.perform_seek

    async def perform_seek() -> None:
        thread = consumer._thread
        while len(thrown_away) < len(EVENTS):
            records = await thread.call_thread(thread._ensure_consumer().getmany)
            thrown_away.extend(record.value for batch in records.values() for record in batch)
        await seek()

    consumer.perform_seek = perform_seek
    return thrown_away
