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
from schemas.violence import VIOLENCE, ViolenceScore
from simulation.crowd_images import FRAMES_PER_SECOND, render
from simulation.evening import Evening
from stream.local import LocalStack
from stream.runtime.producer import EventProducer
from stream.runtime.topic_reader import read_all

NUMBER = 300
CAMERAS = {"front-left": "front", "gate-east": "gate", "bar-square": "bars"}
EARLIEST = 3600.0
"""Time of the first image in seconds since the doors opened, when there is a crowd."""
HANDOVER_OFFSET = timedelta(hours=1)
"""Offset added to the hand-over time of frames: the worker drops frames older than two seconds, and here the whole
backlog waits."""


class Shot(Struct, frozen=True):
    """One image file; `time` is in seconds since the doors opened."""

    id: str
    camera: str
    time: float
    file: Path


def shoot(folder: Path, number: int, on_progress: Callable[[int], None], evening: Evening | None = None) -> list[Shot]:
    """Render images of three cameras in turn, each at 8 per second."""
    evening = evening or Evening()
    folder.mkdir()
    shots = []
    for place in range(number):
        camera = list(CAMERAS)[place % len(CAMERAS)]
        at = EARLIEST + place // len(CAMERAS) / FRAMES_PER_SECOND
        shot = Shot(f"bench-{place:06d}", camera, at, folder / f"{place:06d}.jpg")
        shot.file.write_bytes(render(evening, camera, CAMERAS[camera], at).jpeg())
        shots.append(shot)
        on_progress(place + 1)
    return shots


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
    shots = shoot(stack.data / "frames", number, on_progress, evening)
    announce("frames: bare loop")
    order = FrameJobInput(frames=[(shot.camera, evening.at(shot.time).timestamp(), str(shot.file)) for shot in shots])
    bare = run_job("frame_job.py", order)
    _send(stack, shots, evening)
    announce("frames: vision worker")
    ours = measure_worker(stack, "vision", FRAMES, number, on_progress)
    stack.halt("vision")
    _agree(bare, *_seen(stack, shots))
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


def _send(stack: LocalStack, shots: Sequence[Shot], evening: Evening) -> None:
    received = datetime.now(UTC) + HANDOVER_OFFSET
    with EventProducer(stack.settings) as producer:
        for shot in shots:
            envelope = Envelope(
                shot.id, FRAMES.event_type, "bench", evening.at(shot.time), FRAMES.content_type, received
            )
            producer.send_raw(
                FRAMES.name, key=shot.camera.encode(), value=shot.file.read_bytes(), headers=envelope.headers()
            )


def _seen(stack: LocalStack, shots: Sequence[Shot]) -> tuple[float, dict[str, float]]:
    """Return the persons in all frames and the last fight probability of each camera, as published by the worker."""
    counts: dict[str, float] = {}
    for message in read_all(stack.settings, CROWD.name):
        count = msgspec.json.decode(message.value() or b"", type=CrowdCount)
        if count.persons is None:
            raise BenchError(f"the vision worker classified frame {count.event_id} as blind: {count.blind}")
        counts[count.event_id] = count.persons
    if missing := {shot.id for shot in shots} - set(counts):
        raise BenchError(f"the vision worker counted no heads in {len(missing)} of {len(shots)} frames")
    scores = [
        msgspec.json.decode(message.value() or b"", type=ViolenceScore)
        for message in read_all(stack.settings, VIOLENCE.name)
    ]
    return sum(counts.values()), {score.camera: score.probability for score in scores}


def _agree(bare: RunResult, persons: float, probabilities: dict[str, float]) -> None:
    if not math.isclose(bare.persons, persons, rel_tol=1e-4):
        raise BenchError(f"the vision worker saw {persons:.2f} persons in all, the bare loop {bare.persons:.2f}")
    for camera, probability in probabilities.items():
        if not math.isclose(bare.probabilities[camera], probability, abs_tol=1e-4):
            raise BenchError(f"{camera}: the worker says {probability}, the bare loop {bare.probabilities[camera]}")
