"""Steps of alerts per second to 200 open pages, beside a loop that writes the same bytes."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from redis.asyncio import Redis

from bench.job import run_job
from bench.measured import BenchError, Measured
from bench.pages_job import PagesOrder
from bench.table import Row, row
from schemas.alerts import Alert
from stream.local import LocalStack
from stream.local.ports import Ports
from stream.stores.accounts import AccountStore
from stream.stores.alert_store import AlertStore

NUMBER = 200
"""Number of steps of alerts, written at once."""
PAGES = (1, 20, 200)
MORE = 10
"""Largest factor by which the number of steps rises for few pages, so that there is enough to measure."""
TICK = 1 / os.sysconf("SC_CLK_TCK")
"""Smallest measurable processor time in seconds."""
LONGEST = 2**25
"""Largest event in bytes: a page that opens receives all open alerts, of which the benchmark leaves thousands."""
CALM = 40
"""Number of steps that are sent one by one, for the time from Redis to the page."""
CALM_SECONDS = 0.1
PATIENCE = 120.0


def steps(number: int, first: int = 0) -> list[Alert]:
    """Return alerts as the alerts worker writes them.

    >>> [alert.key for alert in steps(2)]
    ['violence/bench-0', 'violence/bench-1']
    """
    at = datetime(2026, 7, 4, 22, tzinfo=UTC)
    return [
        Alert(
            id=f"violence/bench-{place}@1", key=f"violence/bench-{place}", version=1, rule="violence",
            subject=f"bench-{place}", state="raised", severity="critical", audience=("security",), raised_at=at,
            time=at, value=0.9, peak=0.9, threshold=0.8, event_id=f"bench-{place}",
            text={"es": "Posible pelea: mire la imagen.", "en": "Possible fight: look at the picture."},
        )
        for place in range(first, first + number)
    ]  # fmt: skip


def measure(stack: LocalStack, *, number: int, say: Callable[[str], None], seen: Callable[[int], None]) -> list[Row]:
    """Open the pages, write the steps, and count what every page receives.

    Raises:
        BenchError: a page missed a step, got one twice or out of order, or nothing came any more.
    """
    found: dict[int, Measured] = {}
    notes: dict[int, str] = {}
    first = 0
    for pages in PAGES:
        steps_here = number * min(MORE, PAGES[-1] // pages)
        say(f"console: {steps_here} steps to {pages} page{'s' if pages > 1 else ''}")
        found[pages], delays = asyncio.run(_ours(stack, pages, steps_here, first, seen))
        first += CALM + steps_here
        p50, p99 = (statistics.quantiles(delays, n=100)[place] for place in (49, 98))
        notes[pages] = f"one step at a time: on every page after {p50 * 1000:.0f} ms (p50), {p99 * 1000:.0f} ms (p99)"
    most = PAGES[-1]
    say(f"bare loop: {number} steps to {most} pages")
    port = Ports(stack.data / "ports.json").get("bench-pages")
    order = PagesOrder(redis=stack.settings.redis_url(), port=port, pages=most, number=number)
    bare = asyncio.run(_bare(stack, order, seen))
    rows = [row(f"alerts to {most} pages", "steps/s", found[most], "bare loop over sockets", bare, notes=notes[most])]
    one = found[PAGES[0]]
    return rows + [
        row(
            f"alerts to {pages} pages", "steps/s", found[pages], "the same to one page", one,
            notes=f"{1000 * pages * found[pages].cpu_seconds / found[pages].events:.2f} ms of processor time a "
            f"step, {1000 * one.cpu_seconds / one.events:.2f} ms with one page; {notes[pages]}",
        )
        for pages in PAGES[1:]
    ]  # fmt: skip


class Page:
    """One open page: a socket that reads server-sent events and stores when each step came."""

    def __init__(self, port: int, path: str, headers: str = "") -> None:
        self._port = port
        self._request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n".encode()
        self.steps: list[str] = []
        self.at: list[float] = []
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> Page:
        """Connect, and wait until the response begins."""
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=LONGEST)
        self._writer.write(self._request)
        async with asyncio.timeout(PATIENCE):
            await reader.readuntil(b"event: tick")
        self._task = asyncio.create_task(self._read(reader))
        return self

    async def _read(self, reader: asyncio.StreamReader) -> None:
        mark = b'data: {"id":"'
        while line := await reader.readline():
            if line.startswith(mark):
                self.at.append(time.monotonic())
                self.steps.append(line[len(mark) : line.index(b'"', len(mark))].decode())

    async def close(self) -> None:
        """Close the connection."""
        if self._task is not None and self._writer is not None:
            self._task.cancel()
            self._writer.close()


async def _ours(
    stack: LocalStack, number_of_pages: int, number: int, first: int, seen: Callable[[int], None]
) -> tuple[Measured, list[float]]:
    """Write steps with numbers from `first` on, to newly opened pages."""
    url = stack.settings.redis_url()
    redis, store = Redis.from_url(url), AlertStore(url)
    token = await AccountStore(redis).add_token(f"bench-{number_of_pages}", ["security"])
    await redis.aclose()
    child = stack.children["console"]
    port = urlsplit(stack.endpoints["console"]).port or 80
    headers = f"Authorization: Bearer {token}\r\n"
    pages = [Page(port, "/live?channels=alerts", headers) for _ in range(number_of_pages)]
    for page in pages:
        await page.open()
    await asyncio.sleep(1)
    delays: list[float] = []
    for place, alert in enumerate(steps(CALM, first)):
        before = time.monotonic()
        await store.write(alert, datetime.now(UTC))
        await _until(pages, place + 1)
        delays += [page.at[-1] - before for page in pages]
        await asyncio.sleep(CALM_SECONDS)
    begin, used = time.monotonic(), _cpu_seconds(child.pid)
    for alert in steps(number, first + CALM):
        await store.write(alert, datetime.now(UTC))
    await _until(pages, CALM + number, seen)
    end = max(page.at[-1] for page in pages)
    measured = Measured(
        events=number * number_of_pages, seconds=end - begin, cpu_seconds=max(TICK, _cpu_seconds(child.pid) - used)
    )
    wanted = [alert.id for alert in steps(CALM + number, first)]
    _each_once(pages, wanted, "console")
    for page in pages:
        await page.close()
    await store.close()
    return measured, delays


async def _bare(stack: LocalStack, order: PagesOrder, seen: Callable[[int], None]) -> Measured:
    job = asyncio.create_task(asyncio.to_thread(run_job, "pages_job.py", order))
    pages = [Page(order.port, "/") for _ in range(order.pages)]
    for page in pages:
        while True:
            try:
                await page.open()
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.1)
    store = AlertStore(stack.settings.redis_url())
    for alert in steps(order.number, 100_000):
        await store.write(alert, datetime.now(UTC))
    await _until(pages, order.number, seen)
    _each_once(pages, [alert.id for alert in steps(order.number, 100_000)], "bare loop")
    for page in pages:
        await page.close()
    await store.close()
    return await job


async def _until(pages: list[Page], number: int, seen: Callable[[int], None] = lambda _: None) -> None:
    """Wait until every page has a number of steps."""
    moved, last = time.monotonic(), -1
    while (least := min(len(page.steps) for page in pages)) < number:
        if least > last:
            moved, last = time.monotonic(), least
            seen(least)
        elif time.monotonic() - moved > PATIENCE:
            raise BenchError(f"a page stands still at {least} of {number} steps")
        await asyncio.sleep(0.002)


def _each_once(pages: list[Page], wanted: list[str], who: str) -> None:
    """Check the steps of each page.

    Raises:
        BenchError: a page has other steps, or in another order.
    """
    wrong = sum(page.steps != wanted for page in pages)
    if wrong:
        raise BenchError(f"{who}: {wrong} of {len(pages)} pages did not get each step once and in order")


def _cpu_seconds(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
