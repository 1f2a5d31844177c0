"""Throughput of the vision worker in frames per second, against a bare loop with the same images and models."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.comparison_table import ComparisonRow, compare
from bench.frame_job import FrameJobInput
from bench.reference_job import run_job
from bench.run_result import BenchError, RunResult
from bench.worker_metrics import measure_worker
from schemas.cameras import FRAMES
from schemas.cloudevents import Envelope
from schemas.crowd import CROWD, CrowdCount
from schemas.ids import CameraId, EventId
from schemas.violence import VIOLENCE, ViolenceScore
from simulation.crowd_images import FRAMES_PER_SECOND, render
from simulation.evening import BAR_SQUARE, BARS_ZONE, FRONT_LEFT, FRONT_ZONE, GATE_EAST, GATE_ZONE, Evening
from stream.local import LocalStack
from stream.runtime.producer import EventProducer
from stream.runtime.topic_reader import read_all

NUM_FRAMES = 300
CAMERAS = {FRONT_LEFT: FRONT_ZONE, GATE_EAST: GATE_ZONE, BAR_SQUARE: BARS_ZONE}
FIRST_FRAME_SECONDS = 3600.0
"""Time of the first image in seconds since the doors opened, when there is a crowd."""
HANDOVER_OFFSET = timedelta(hours=1)
"""Offset added to the hand-over time of frames: the worker drops frames older than two seconds, and here the whole
backlog waits."""


class RenderedFrame(Struct, frozen=True):
    """One image file; `time` is in seconds since the doors opened."""

    id: EventId
    camera: CameraId
    time: float
    file: Path


def render_frames(
    folder: Path, number: int, on_progress: Callable[[int], None], evening: Evening | None = None
) -> list[RenderedFrame]:
    """Render images of three cameras in turn, each at 8 per second."""
    evening = evening or Evening()
    folder.mkdir()
    frames = []
    for index in range(number):
        camera = list(CAMERAS)[index % len(CAMERAS)]
        at = FIRST_FRAME_SECONDS + index // len(CAMERAS) / FRAMES_PER_SECOND
        frame = RenderedFrame(EventId(f"bench-{index:06d}"), camera, at, folder / f"{index:06d}.jpg")
        frame.file.write_bytes(render(evening, camera, CAMERAS[camera], at).jpeg())
        frames.append(frame)
        on_progress(index + 1)
    return frames


def measure(
    stack: LocalStack, *, number: int, announce: Callable[[str], None], on_progress: Callable[[int], None]
) -> list[ComparisonRow]:
    """Pass the same images through the bare loop and then through the worker.

    Raises:
        BenchError: one of them failed, a frame was dropped, or their results differ.
    """
    stack.halt("vision")
    evening = Evening()
    announce(f"frames: rendering {number:,}")
    frames = render_frames(stack.data / "frames", number, on_progress, evening)
    announce("frames: bare loop")
    job = FrameJobInput(
        frames=[(frame.camera, evening.at(frame.time).timestamp(), str(frame.file)) for frame in frames]
    )
    bare = run_job("frame_job.py", job)
    _send(stack, frames, evening)
    announce("frames: vision worker")
    ours = measure_worker(stack, "vision", FRAMES, number, on_progress)
    stack.halt("vision")
    _agree(bare, *_published_results(stack, frames))
    return [
        compare(
            "vision worker",
            "frames/s",
            ours,
            "a loop of decode, count, score",
            bare,
            notes="640×480 JPEG, heads and violence in every frame, none dropped, one thread a model; "
            f"ours: {ours.events / max(1, ours.batches):.1f} frames a batch; judges the picture, sends results by zone",
        )
    ]


def _send(stack: LocalStack, frames: Sequence[RenderedFrame], evening: Evening) -> None:
    received = datetime.now(UTC) + HANDOVER_OFFSET
    with EventProducer(stack.settings) as producer:
        for frame in frames:
            envelope = Envelope(
                frame.id, FRAMES.event_type, "bench", evening.at(frame.time), FRAMES.content_type, received
            )
            producer.send_raw(
                FRAMES.name, key=frame.camera.encode(), value=frame.file.read_bytes(), headers=envelope.headers()
            )


def _published_results(stack: LocalStack, frames: Sequence[RenderedFrame]) -> tuple[float, dict[CameraId, float]]:
    """Return the persons in all frames and the last fight probability of each camera, as published by the worker."""
    counts: dict[EventId, float] = {}
    for message in read_all(stack.settings, CROWD.name):
        count = msgspec.json.decode(message.value() or b"", type=CrowdCount)
        if count.persons is None:
            raise BenchError(f"the vision worker classified frame {count.event_id} as blind: {count.blind}")
        counts[count.event_id] = count.persons
    if missing := {frame.id for frame in frames} - set(counts):
        raise BenchError(f"the vision worker counted no heads in {len(missing)} of {len(frames)} frames")
    scores = [
        msgspec.json.decode(message.value() or b"", type=ViolenceScore)
        for message in read_all(stack.settings, VIOLENCE.name)
    ]
    return sum(counts.values()), {score.camera: score.probability for score in scores}


def _agree(bare: RunResult, persons: float, probabilities: dict[CameraId, float]) -> None:
    if not math.isclose(bare.persons, persons, rel_tol=1e-4):
        raise BenchError(f"the vision worker saw {persons:.2f} persons in all, the bare loop {bare.persons:.2f}")
    for camera, probability in probabilities.items():
        if not math.isclose(bare.probabilities[camera], probability, abs_tol=1e-4):
            raise BenchError(f"{camera}: the worker says {probability}, the bare loop {bare.probabilities[camera]}")
