"""Throughput, dropped frames and unseen times with 1 to 100 live cameras at 8 frames per second each.

Cameras send at the rates that the worker wants, or, as producers that are not Pulso's, every frame.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Self

import httpx
import msgspec
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from bench.comparison_table import ComparisonRow, compare
from bench.frame_job import FrameJobInput
from bench.frame_throughput import CAMERAS, FIRST_FRAME_SECONDS
from bench.reference_job import run_job
from bench.run_result import BenchError, RunResult
from bench.worker_metrics import MetricsSample, parse_metrics
from schemas.cameras import FRAMES
from schemas.crowd import CROWD, CrowdCount
from schemas.ids import CameraId
from simulation.crowd_images import FRAMES_PER_SECOND, render_burst
from simulation.evening import Evening
from stream.local import LocalStack
from stream.local.ports import Ports
from stream.runtime.producer import EventProducer
from stream.runtime.topic_reader import read_all
from stream.sources.steering import RatesReader, WantedRates

LOADS = ((1, True), (8, True), (32, True), (100, True), (32, False), (100, False))
"""Number of cameras, and whether they follow the rates that the worker wants."""
SECONDS, SETTLING_SECONDS = 30.0, 15.0
"""Measured time of each load in seconds, and the time before it in which the worker finds its capacity."""
PICTURES_PER_SCENE = 24
"""Number of images of each scene, shown in a loop."""
COUNT_INTERVAL_SECONDS = 1.0
"""Seconds between two head counts, as in the venue file."""


def measure(stack: LocalStack, *, divisor: int, announce: Callable[[str], None]) -> list[ComparisonRow]:
    """Measure a bare loop, and then the worker with growing numbers of live cameras.

    Raises:
        BenchError: the worker did not run, or lost a frame without counting it.
    """
    evening = Evening()
    folder = stack.data / "live"
    folder.mkdir()
    announce("cameras: rendering")
    bursts = [
        render_burst(evening, camera, zone, FIRST_FRAME_SECONDS, PICTURES_PER_SCENE) for camera, zone in CAMERAS.items()
    ]
    pictures = [jpeg for burst in bursts for _, jpeg in burst]
    reference = _run_reference(folder, pictures, divisor)
    stack.restart("vision")
    rows = []
    best = 0.0
    for number, steered in LOADS:
        announce(f"cameras: {number} live{'' if steered else ', not steered'}")
        row = _run_worker(stack, number, pictures, SECONDS / divisor, reference, steered=steered)
        best = max(best, row.ours)
        rows.append(replace(row, notes=f"{row.ours / best:.0%} of the best so far; {row.notes}"))
    stack.halt("vision")
    return rows


def _run_reference(folder: Path, pictures: Sequence[bytes], divisor: int) -> RunResult:
    frames = []
    for index in range(240 // divisor):
        file = folder / f"{index % len(pictures)}.jpg"
        if not file.exists():
            file.write_bytes(pictures[index % len(pictures)])
        camera = list(CAMERAS)[(index % len(pictures)) // PICTURES_PER_SCENE]
        frames.append((camera, index / FRAMES_PER_SECOND, str(file)))
    return run_job("frame_job.py", FrameJobInput(frames=frames, count_every=COUNT_INTERVAL_SECONDS))


def _run_worker(
    stack: LocalStack,
    number: int,
    pictures: Sequence[bytes],
    seconds: float,
    reference: RunResult,
    *,
    steered: bool,
) -> ComparisonRow:
    url = f"http://127.0.0.1:{Ports(stack.data / 'ports.json').assigned('metrics-vision')}/metrics"
    names = [CameraId(f"live-{camera:02d}") for camera in range(number)]
    first, _ = _scrape(url)
    with LiveCameras(stack, names, pictures, steered=steered) as cameras:
        cameras.send(SETTLING_SECONDS)
        sent_before, before, delays_before = cameras.sent, *_scrape(url)
        since = datetime.now(UTC)
        cameras.send(seconds)
        after, delays_after = _scrape(url)
        until = datetime.now(UTC)
    offered, sent = round(seconds * FRAMES_PER_SECOND) * number, cameras.sent - sent_before
    deadline = time.monotonic() + 60
    final = after
    while final.events - first.events < cameras.sent:
        if time.monotonic() > deadline:
            raise BenchError(f"vision finished {final.events - first.events} of {cameras.sent} live frames")
        time.sleep(0.2)
        final, _ = _scrape(url)
    if final.events - first.events > cameras.sent:
        raise BenchError(f"vision counted {final.events - first.events} of {cameras.sent} live frames")
    num_processed = after.outcomes.get("ok", 0) - before.outcomes.get("ok", 0)
    dropped = after.outcomes.get("dropped", 0) - before.outcomes.get("dropped", 0)
    ours = RunResult(
        events=num_processed, seconds=after.at - before.at, cpu_seconds=after.cpu_seconds - before.cpu_seconds
    )
    unseen = sorted(_longest_unseen(stack, names, since, until).values())
    return compare(
        f"vision worker, {number} camera{'s' if number > 1 else ''} live{'' if steered else ', not steered'}",
        "frames/s",
        ours,
        "a loop of decode, score, heads once a second",
        reference,
        notes=f"{offered / seconds:.0f} frames/s offered, {1 - sent / offered:.0%} kept back by the cameras, "
        f"{dropped / max(1, sent):.0%} of the others dropped and counted; half wait less than "
        f"{_quantile(delays_before, delays_after, 0.5)} s from camera to result, 99 % less than "
        f"{_quantile(delays_before, delays_after, 0.99)} s; longest time of a camera without a count: median "
        f"{median(unseen):.1f} s, at most {unseen[-1]:.1f} s",
    )


def _scrape(url: str) -> tuple[MetricsSample, dict[float, float]]:
    """Return the worker's sample and its delay histogram so far: events by upper limit in seconds."""
    text = httpx.get(url, timeout=10).text
    delays = {
        float(one.labels["le"]): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
        if one.name == "pulso_event_delay_seconds_bucket"
    }
    return parse_metrics(text, time.monotonic(), "vision", FRAMES.name), delays


class LiveCameras:
    """Cameras that send frames at their times, spread over each eighth of a second.

    Attributes:
        sent: number of frames that were sent.
    """

    def __init__(
        self, stack: LocalStack, names: Sequence[CameraId], pictures: Sequence[bytes], *, steered: bool
    ) -> None:
        self._names, self._pictures, self._steered = names, pictures, steered
        self._producer = EventProducer(stack.settings)
        self._rates = WantedRates()
        self._reader = RatesReader(stack.settings, self._rates)
        self._last_sent: dict[CameraId, float] = {}
        self._tick = 0
        self.sent = 0

    def __enter__(self) -> Self:
        """Begin to follow the wanted rates."""
        if self._steered:
            self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Send what is queued, and end."""
        self._producer.flush()
        if self._steered:
            self._reader.close()

    def send(self, seconds: float) -> None:
        """Send frames for so many seconds."""
        start, clock = time.monotonic(), datetime.now(UTC)
        for tick in range(round(seconds * FRAMES_PER_SECOND)):
            self._tick += 1
            for index, name in enumerate(self._names):
                at = (tick + index / len(self._names)) / FRAMES_PER_SECOND
                time.sleep(max(0.0, start + at - time.monotonic()))
                self._send(index, name, clock + timedelta(seconds=at))

    def _send(self, index: int, name: CameraId, taken: datetime) -> None:
        now, last = time.monotonic(), self._last_sent.get(name)
        if not self._rates.is_due(name, None if last is None else now - last):
            return
        self._last_sent[name] = now
        jpeg = self._pictures[(index % len(CAMERAS)) * PICTURES_PER_SCENE + self._tick % PICTURES_PER_SCENE]
        self._producer.send(FRAMES, key=name, value=jpeg, id=f"{name}-{taken}", source="bench", time=taken)
        self.sent += 1


def _longest_unseen(
    stack: LocalStack, names: Sequence[CameraId], since: datetime, until: datetime
) -> dict[CameraId, float]:
    """Return the longest time in seconds that each camera was without a count of its heads, by the times of frames."""
    times: dict[CameraId, list[datetime]] = {name: [] for name in names}
    for message in read_all(stack.settings, CROWD.name):
        count = msgspec.json.decode(message.value() or b"", type=CrowdCount)
        if count.camera in times and since <= count.time <= until:
            times[count.camera].append(count.time)
    return {
        name: max((after - before).total_seconds() for before, after in pairwise([since, *sorted(found), until]))
        for name, found in times.items()
    }


def _quantile(before: dict[float, float], after: dict[float, float], quantile: float) -> str:
    """Return the upper limit of the bucket that contains the quantile.

    >>> _quantile({0.1: 5.0, 0.5: 5.0}, {0.1: 9.0, 0.5: 15.0}, 0.5)
    '0.5'
    """
    gained = {limit: count - before.get(limit, 0.0) for limit, count in sorted(after.items())}
    total = max(gained.values(), default=0.0)
    return next((f"{limit:g}" for limit, count in gained.items() if total and count >= quantile * total), "?")
