"""Reference job for open pages: read one Redis stream and write each step to every socket."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import msgspec
import uvloop
from redis.asyncio import Redis

from bench.run_result import RunResult, read_clocks
from stream.stores.alert_store import STREAM


class PageUpdatesJobInput(msgspec.Struct, kw_only=True):
    """Redis URL, port, number of pages and number of steps."""

    redis: str
    port: int
    pages: int
    number: int


async def serve(job: PageUpdatesJobInput) -> RunResult:
    """Wait for the pages, then write until all steps are sent."""
    writers: list[asyncio.StreamWriter] = []
    full = asyncio.Event()

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: tick\n\n")
        writers.append(writer)
        if len(writers) == job.pages:
            full.set()

    server = await asyncio.start_server(page, "127.0.0.1", job.port, backlog=job.pages)
    redis = Redis.from_url(job.redis)
    stream = STREAM.format(audience="security")
    entries: Any = await redis.xrevrange(stream, count=1)
    last = entries[0][0] if entries else b"0-0"
    await full.wait()
    written, begin, used = 0, 0.0, 0.0
    while written < job.number:
        answer: Any = await redis.xread({stream: last}, block=1_000, count=1_000)
        if not written and answer:
            begin, used = read_clocks()
        for _, steps in answer:
            for last, fields in steps:
                for writer in writers:
                    writer.write(b"event: alert\nid: " + last + b"\ndata: " + fields[b"alert"] + b"\n\n")
                written += 1
        for writer in writers:
            await writer.drain()
    at, cpu = read_clocks()
    server.close()
    await asyncio.sleep(1)  # so that the pages read to the end
    await redis.aclose()
    return RunResult(events=written * job.pages, seconds=at - begin, cpu_seconds=cpu - used)


if __name__ == "__main__":
    done = uvloop.run(serve(msgspec.json.decode(sys.stdin.buffer.read(), type=PageUpdatesJobInput)))
    print(msgspec.json.encode(done).decode())
