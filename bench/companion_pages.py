"""Processor time of the console for open pages of the companion, beside as many pages of the control room.

`python -m bench.companion_pages` needs no server: state changes once a second, pages of the companion ask every ten
seconds under their entity tag, and pages of the control room receive each change as a server-sent event.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import uvicorn
from fastapi import FastAPI

from console.server import build
from console.services import ConsoleServices
from schemas.crowd import CROWD, CrowdCount, ZoneCount
from schemas.ids import EventId
from stream.runtime.addresses import listening_socket
from stream.runtime.settings import ROOT, Settings

POLL_SECONDS = 10.0
CHANGE_SECONDS = 1.0


def main() -> None:
    """Measure, and print milliseconds of processor time a minute of one page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30)
    arguments = parser.parse_args()
    with _console() as (url, process):
        idle = _seconds_of(process, asyncio.sleep(arguments.seconds))
        for name, pages in (("companion", _poll), ("control room", _listen)):
            used = _seconds_of(process, pages(url, arguments.pages, arguments.seconds))
            minute = (used - idle) * 1000 / arguments.pages * 60 / arguments.seconds
            print(
                f"{name}: {arguments.pages} pages took {used:.2f} s of processor time in {arguments.seconds:.0f} s, "
                f"{idle:.2f} s without a page: {minute:.1f} ms a minute of one page"
            )


def _serve(port: int) -> None:
    """Serve a console whose crowd changes once a second."""
    app = build(
        Settings(venue=ROOT / "deploy" / "venues" / "demo.yaml", kafka="127.0.0.1:1", redis="redis://127.0.0.1:1"),
        open_demo=True,
    )
    config = uvicorn.Config(app, log_config=None, log_level="error", lifespan="off")
    asyncio.run(_serve_and_change(uvicorn.Server(config), app, port))


async def _serve_and_change(server: uvicorn.Server, app: FastAPI, port: int) -> None:
    services: ConsoleServices = app.state.console
    changes = asyncio.create_task(_change(services))
    await server.serve(sockets=[listening_socket("127.0.0.1", port, backlog=2048)])
    changes.cancel()


async def _change(services: ConsoleServices) -> None:
    camera = services.venue.cameras[0]
    capacity = services.venue.zones[0].capacity
    number = 0
    while True:
        number += 1
        persons = capacity * (number % 4) / 4  # each count has another word
        count = CrowdCount(
            event_id=EventId(f"c{number}"), camera=camera.id, time=datetime.now(UTC), persons=persons, model="bench",
            zones=(ZoneCount(zone=services.venue.zones[0].id, persons=persons, level_of_service="A"),),
        )  # fmt: skip
        services.results.apply(CROWD.name, msgspec.json.encode(count), int(time.time() * 1000))
        if services.hub.has_subscribers("zones"):
            services.hub.publish("zones", services.channels.state("zones"))
        await asyncio.sleep(CHANGE_SECONDS)


@contextmanager
def _console() -> Iterator[tuple[str, int]]:
    with listening_socket("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(port,), daemon=True)
    process.start()
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            httpx.get(f"{url}/api/companion", timeout=30).raise_for_status()
            break
        except httpx.TransportError:
            time.sleep(0.2)
    assert process.pid is not None
    try:
        yield url, process.pid
    finally:
        process.terminate()
        process.join(10)


async def _poll(url: str, pages: int, seconds: float) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=httpx.Limits(max_connections=pages)) as client:
        await asyncio.gather(*(_poll_one(client, seconds, number / pages) for number in range(pages)))


async def _poll_one(client: httpx.AsyncClient, seconds: float, phase: float) -> None:
    tag, deadline = "", time.monotonic() + seconds
    await asyncio.sleep(phase * POLL_SECONDS)
    while time.monotonic() < deadline:
        answer = await client.get("/api/companion", headers={"if-none-match": tag} if tag else {})
        tag = answer.headers["etag"]
        await asyncio.sleep(POLL_SECONDS)


async def _listen(url: str, pages: int, seconds: float) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=None, limits=httpx.Limits(max_connections=pages)) as client:
        await asyncio.gather(*(_listen_one(client, seconds) for _ in range(pages)))


async def _listen_one(client: httpx.AsyncClient, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    async with client.stream("GET", "/live?channels=zones") as answer:
        async for _ in answer.aiter_raw():
            if time.monotonic() >= deadline:
                return


def _seconds_of(process: int, work: Coroutine[None, None, None]) -> float:
    """Return the processor time that a process uses while some work runs."""
    before = _processor_seconds(process)
    asyncio.run(work)
    return _processor_seconds(process) - before


def _processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100  # user and system time in ticks of 10 ms


if __name__ == "__main__":
    main()
