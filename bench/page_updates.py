"""Throughput of the console in alert steps per second to open pages, against a bare loop that writes the same bytes."""

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

from bench.comparison_table import ComparisonRow, compare
from bench.page_updates_job import PageUpdatesJobInput
from bench.reference_job import run_job
from bench.run_result import BenchError, RunResult
from schemas.alerts import Alert
from schemas.ids import AlertId, AlertKey, EventId
from stream.local import LocalStack
from stream.local.ports import Ports
from stream.stores.accounts import AccountStore
from stream.stores.alert_store import AlertStore

NUM_STEPS = 200
"""Number of alert steps that are written at once."""
PAGE_NUMBERS = (1, 20, 200)
MAX_STEP_FACTOR = 10
"""Maximum factor by which the number of steps is raised with few pages, so that runs are long enough."""
CPU_TIME_RESOLUTION = 1 / os.sysconf("SC_CLK_TCK")
"""Resolution of the processor time in seconds."""
MAX_EVENT_BYTES = 2**25
"""Maximum size of one event in bytes: a page receives all open alerts at once, and the benchmark leaves thousands."""
NUM_SINGLE_STEPS = 40
"""Number of steps sent one by one, for the delay from Redis to the page."""
SINGLE_STEP_INTERVAL_SECONDS = 0.1
STALL_TIMEOUT_SECONDS = 120.0


def steps(number: int, first: int = 0) -> list[Alert]:
    """Return alerts as the alerts worker writes them.

    >>> [alert.key for alert in steps(2)]
    ['violence/bench-0', 'violence/bench-1']
    """
    at = datetime(2026, 7, 4, 22, tzinfo=UTC)
    return [
        Alert(
            id=AlertId(f"violence/bench-{index}@1"), key=AlertKey(f"violence/bench-{index}"), version=1,
            rule="violence", subject=f"bench-{index}", state="raised", severity="critical", audience=("security",),
            raised_at=at, time=at, value=0.9, peak=0.9, threshold=0.8, event_id=EventId(f"bench-{index}"),
            text={"es": "Posible pelea: mire la imagen.", "en": "Possible fight: look at the picture."},
        )
        for index in range(first, first + number)
    ]  # fmt: skip


def measure(
    stack: LocalStack, *, number: int, announce: Callable[[str], None], on_progress: Callable[[int], None]
) -> list[ComparisonRow]:
    """Open the pages, write the steps, and check that every page receives them.

    Raises:
        BenchError: a page missed a step, received one twice or out of order, or updates stopped.
    """
    results: dict[int, RunResult] = {}
    notes: dict[int, str] = {}
    first = 0
    for pages in PAGE_NUMBERS:
        num_steps = number * min(MAX_STEP_FACTOR, PAGE_NUMBERS[-1] // pages)
        announce(f"console: {num_steps} steps to {pages} page{'s' if pages > 1 else ''}")
        results[pages], delays = asyncio.run(_run_console(stack, pages, num_steps, first, on_progress))
        first += NUM_SINGLE_STEPS + num_steps
        p50, p99 = (statistics.quantiles(delays, n=100)[index] for index in (49, 98))
        notes[pages] = f"one step at a time: on every page after {p50 * 1000:.0f} ms (p50), {p99 * 1000:.0f} ms (p99)"
    max_pages = PAGE_NUMBERS[-1]
    announce(f"bare loop: {number} steps to {max_pages} pages")
    port = Ports(stack.data / "ports.json").get("bench-pages")
    job = PageUpdatesJobInput(redis=stack.settings.redis_url(), port=port, pages=max_pages, number=number)
    reference = asyncio.run(_run_reference(stack, job, on_progress))
    rows = [
        compare(
            f"alerts to {max_pages} pages",
            "steps/s",
            results[max_pages],
            "bare loop over sockets",
            reference,
            notes=notes[max_pages],
        )
    ]
    one_page = results[PAGE_NUMBERS[0]]
    return rows + [
        compare(
            f"alerts to {pages} pages", "steps/s", results[pages], "the same to one page", one_page,
            notes=f"{1000 * pages * results[pages].cpu_seconds / results[pages].events:.2f} ms of processor time a "
            f"step, {1000 * one_page.cpu_seconds / one_page.events:.2f} ms with one page; {notes[pages]}",
        )
        for pages in PAGE_NUMBERS[1:]
    ]  # fmt: skip


class Page:
    """One open page: a socket that reads server-sent events and records the time of each step."""

    def __init__(self, port: int, path: str, headers: str = "") -> None:
        self._port = port
        self._request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n".encode()
        self.steps: list[AlertId] = []
        self.at: list[float] = []
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> Page:
        """Connect, and wait until the server has begun to answer."""
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=MAX_EVENT_BYTES)
        self._writer.write(self._request)
        async with asyncio.timeout(STALL_TIMEOUT_SECONDS):
            await reader.readuntil(b"event: tick")
        self._task = asyncio.create_task(self._read(reader))
        return self

    async def _read(self, reader: asyncio.StreamReader) -> None:
        mark = b'data: {"id":"'
        while line := await reader.readline():
            if line.startswith(mark):
                self.at.append(time.monotonic())
                self.steps.append(AlertId(line[len(mark) : line.index(b'"', len(mark))].decode()))

    async def close(self) -> None:
        """Close the connection."""
        if self._task is not None and self._writer is not None:
            self._task.cancel()
            self._writer.close()


async def _run_console(
    stack: LocalStack, number_of_pages: int, number: int, first: int, on_progress: Callable[[int], None]
) -> tuple[RunResult, list[float]]:
    """Write steps numbered from `first` on, to newly opened pages that receive new steps only."""
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
    for index, alert in enumerate(steps(NUM_SINGLE_STEPS, first)):
        before = time.monotonic()
        await store.write(alert, datetime.now(UTC))
        await _wait_for_steps(pages, index + 1)
        delays += [page.at[-1] - before for page in pages]
        await asyncio.sleep(SINGLE_STEP_INTERVAL_SECONDS)
    start, cpu_seconds_before = time.monotonic(), _cpu_seconds(child.pid)
    for alert in steps(number, first + NUM_SINGLE_STEPS):
        await store.write(alert, datetime.now(UTC))
    await _wait_for_steps(pages, NUM_SINGLE_STEPS + number, on_progress)
    end = max(page.at[-1] for page in pages)
    measured = RunResult(
        events=number * number_of_pages,
        seconds=end - start,
        cpu_seconds=max(CPU_TIME_RESOLUTION, _cpu_seconds(child.pid) - cpu_seconds_before),
    )
    expected_ids = [alert.id for alert in steps(NUM_SINGLE_STEPS + number, first)]
    _check_steps(pages, expected_ids, "console")
    for page in pages:
        await page.close()
    await store.close()
    return measured, delays


async def _run_reference(stack: LocalStack, job: PageUpdatesJobInput, on_progress: Callable[[int], None]) -> RunResult:
    running = asyncio.create_task(asyncio.to_thread(run_job, "page_updates_job.py", job))
    pages = [Page(job.port, "/") for _ in range(job.pages)]
    for page in pages:
        while True:
            try:
                await page.open()
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.1)
    store = AlertStore(stack.settings.redis_url())
    for alert in steps(job.number, 100_000):
        await store.write(alert, datetime.now(UTC))
    await _wait_for_steps(pages, job.number, on_progress)
    _check_steps(pages, [alert.id for alert in steps(job.number, 100_000)], "bare loop")
    for page in pages:
        await page.close()
    await store.close()
    return await running


async def _wait_for_steps(pages: list[Page], number: int, on_progress: Callable[[int], None] = lambda _: None) -> None:
    """Wait until every page has the given number of steps."""
    last_progress, last_number = time.monotonic(), -1
    while (fewest := min(len(page.steps) for page in pages)) < number:
        if fewest > last_number:
            last_progress, last_number = time.monotonic(), fewest
            on_progress(fewest)
        elif time.monotonic() - last_progress > STALL_TIMEOUT_SECONDS:
            raise BenchError(f"a page stopped at {fewest} of {number} steps")
        await asyncio.sleep(0.002)


def _check_steps(pages: list[Page], expected_ids: list[AlertId], who: str) -> None:
    """Check that every page has exactly the wanted steps in order.

    Raises:
        BenchError: a page has other steps, or another order.
    """
    wrong = sum(page.steps != expected_ids for page in pages)
    if wrong:
        raise BenchError(f"{who}: {wrong} of {len(pages)} pages did not receive each step once and in order")


def _cpu_seconds(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
