"""Frames per second of the vision worker, beside a loop over the same pictures with the same models."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.frames_job import FramesOrder
from bench.job import run_job
from bench.measured import BenchError, Measured
from bench.meter import watch
from bench.table import Row, row
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
"""Seconds after the doors opened, when there is a crowd."""
LONGER = timedelta(hours=1)
"""Offset of the frames' reception time. The worker drops frames that waited for more than two seconds; here all of them
wait, since its capacity is measured."""


class Shot(Struct, frozen=True):
    """One picture in a file.

    Attributes:
        time: seconds after the doors opened.
    """

    id: str
    camera: str
    time: float
    file: Path


def shoot(folder: Path, number: int, seen: Callable[[int], None], evening: Evening | None = None) -> list[Shot]:
    """Render pictures of three cameras in turn, each at 8 a second."""
    evening = evening or Evening()
    folder.mkdir()
    shots = []
    for place in range(number):
        camera = list(CAMERAS)[place % len(CAMERAS)]
        at = EARLIEST + place // len(CAMERAS) / FRAMES_PER_SECOND
        shot = Shot(f"bench-{place:06d}", camera, at, folder / f"{place:06d}.jpg")
        shot.file.write_bytes(render(evening, camera, CAMERAS[camera], at).jpeg())
        shots.append(shot)
        seen(place + 1)
    return shots


def measure(stack: LocalStack, *, number: int, say: Callable[[str], None], seen: Callable[[int], None]) -> list[Row]:
    """Analyse the same pictures with the loop, then with the worker.

    Raises:
        BenchError: one of them did not run, a frame was dropped, or they saw something else.
    """
    stack.halt("vision")
    evening = Evening()
    say(f"frames: rendering {number:,}")
    shots = shoot(stack.data / "frames", number, seen, evening)
    say("frames: bare loop")
    order = FramesOrder(frames=[(shot.camera, evening.at(shot.time).timestamp(), str(shot.file)) for shot in shots])
    bare = run_job("frames_job.py", order)
    _send(stack, shots, evening)
    say("frames: vision worker")
    ours = watch(stack, "vision", FRAMES, number, seen)
    stack.halt("vision")
    _agree(bare, *_seen(stack, shots))
    return [
        row(
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
    received = datetime.now(UTC) + LONGER
    with EventProducer(stack.settings) as producer:
        for shot in shots:
            envelope = Envelope(
                shot.id, FRAMES.event_type, "bench", evening.at(shot.time), FRAMES.content_type, received
            )
            producer.send_raw(
                FRAMES.name, key=shot.camera.encode(), value=shot.file.read_bytes(), headers=envelope.headers()
            )


def _seen(stack: LocalStack, shots: Sequence[Shot]) -> tuple[float, dict[str, float]]:
    """Return the persons in all frames and each camera's last probability, as the worker published them."""
    counts: dict[str, float] = {}
    for message in read_all(stack.settings, CROWD.name):
        count = msgspec.json.decode(message.value() or b"", type=CrowdCount)
        if count.persons is None:
            raise BenchError(f"the vision worker took frame {count.event_id} for blind: {count.blind}")
        counts[count.event_id] = count.persons
    if missing := {shot.id for shot in shots} - set(counts):
        raise BenchError(f"the vision worker counted no heads in {len(missing)} of {len(shots)} frames")
    scores = [
        msgspec.json.decode(message.value() or b"", type=ViolenceScore)
        for message in read_all(stack.settings, VIOLENCE.name)
    ]
    return sum(counts.values()), {score.camera: score.probability for score in scores}


def _agree(bare: Measured, persons: float, probabilities: dict[str, float]) -> None:
    if not math.isclose(bare.persons, persons, rel_tol=1e-4):
        raise BenchError(f"the vision worker saw {persons:.2f} persons in all, the bare loop {bare.persons:.2f}")
    for camera, probability in probabilities.items():
        if not math.isclose(bare.probabilities[camera], probability, abs_tol=1e-4):
            raise BenchError(f"{camera}: the worker says {probability}, the bare loop {bare.probabilities[camera]}")
