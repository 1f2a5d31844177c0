"""Throughput and dropped frames with 1, 8 and 32 live cameras at 8 frames per second each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from bench.comparison_table import ComparisonRow, compare
from bench.frame_job import FrameJobInput
from bench.frame_throughput import CAMERAS, FIRST_FRAME_SECONDS
from bench.reference_job import run_job
from bench.run_result import BenchError, RunResult
from bench.worker_metrics import MetricsSample, parse_metrics
from schemas.cameras import FRAMES
from schemas.ids import CameraId
from schemas.violence import VIOLENCE, ViolenceScore
from simulation.crowd_images import FRAMES_PER_SECOND, render_burst
from simulation.evening import Evening
from stream.local import LocalStack
from stream.local.ports import Ports
from stream.runtime.producer import EventProducer
from stream.runtime.topic_reader import read_all

SECONDS_BY_CAMERAS = {1: 15.0, 8: 15.0, 32: 60.0}
"""Duration in seconds by number of cameras; long enough for every camera to be scored under overload."""
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
    for number, seconds in SECONDS_BY_CAMERAS.items():
        announce(f"cameras: {number} live")
        rows.append(_run_worker(stack, number, pictures, seconds / divisor, reference))
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
    stack: LocalStack, number: int, pictures: Sequence[bytes], seconds: float, reference: RunResult
) -> ComparisonRow:
    url = f"http://127.0.0.1:{Ports(stack.data / 'ports.json').assigned('metrics-vision')}/metrics"
    names = [CameraId(f"live-{camera:02d}") for camera in range(number)]
    before, delays_before = _scrape(url)
    offered = _send_frames(stack, names, pictures, seconds)
    after, delays_after = _scrape(url)
    deadline = time.monotonic() + 60
    final = after
    while final.events - before.events < offered:
        if time.monotonic() > deadline:
            raise BenchError(f"vision finished {final.events - before.events} of {offered} live frames")
        time.sleep(0.2)
        final, _ = _scrape(url)
    num_processed = after.outcomes.get("ok", 0) - before.outcomes.get("ok", 0)
    dropped = final.outcomes.get("dropped", 0) - before.outcomes.get("dropped", 0)
    ours = RunResult(
        events=num_processed, seconds=after.at - before.at, cpu_seconds=after.cpu_seconds - before.cpu_seconds
    )
    score_counts = _score_counts(stack, names, after.at - before.at)
    return compare(
        f"vision worker, {number} camera{'s' if number > 1 else ''} live",
        "frames/s",
        ours,
        "a loop of decode, score, heads once a second",
        reference,
        notes=f"{offered / seconds:.0f} frames/s offered, {dropped / offered:.0%} dropped as too old and counted; "
        f"half wait less than {_quantile(delays_before, delays_after, 0.5)} s from camera to result, 99 % less than "
        f"{_quantile(delays_before, delays_after, 0.99)} s; scores a camera: {min(score_counts)} to "
        f"{max(score_counts)}",
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


def _send_frames(stack: LocalStack, names: Sequence[CameraId], pictures: Sequence[bytes], seconds: float) -> int:
    """Send frames of all cameras at their times, spread over each eighth of a second."""
    sent = 0
    start, clock = time.monotonic(), datetime.now(UTC)
    with EventProducer(stack.settings) as producer:
        for tick in range(round(seconds * FRAMES_PER_SECOND)):
            for index, name in enumerate(names):
                at = (tick + index / len(names)) / FRAMES_PER_SECOND
                time.sleep(max(0.0, start + at - time.monotonic()))
                scene = (index % len(CAMERAS)) * PICTURES_PER_SCENE
                jpeg = pictures[scene + tick % PICTURES_PER_SCENE]
                timestamp = clock + timedelta(seconds=at)
                producer.send(FRAMES, key=name, value=jpeg, id=f"{name}-{timestamp}", source="bench", time=timestamp)
                sent += 1
    return sent


def _score_counts(stack: LocalStack, names: Sequence[CameraId], seconds: float) -> list[int]:
    """Return the number of recent scores of each camera."""
    since = datetime.now(UTC) - timedelta(seconds=seconds + 5)
    counted: Counter[CameraId] = Counter(dict.fromkeys(names, 0))
    for message in read_all(stack.settings, VIOLENCE.name):
        score = msgspec.json.decode(message.value() or b"", type=ViolenceScore)
        if score.camera in counted and score.time > since:
            counted[score.camera] += 1
    return list(counted.values())


def _quantile(before: dict[float, float], after: dict[float, float], quantile: float) -> str:
    """Return the upper limit of the bucket that contains the quantile.

    >>> _quantile({0.1: 5.0, 0.5: 5.0}, {0.1: 9.0, 0.5: 15.0}, 0.5)
    '0.5'
    """
    gained = {limit: count - before.get(limit, 0.0) for limit, count in sorted(after.items())}
    total = max(gained.values(), default=0.0)
    return next((f"{limit:g}" for limit, count in gained.items() if total and count >= quantile * total), "?")
