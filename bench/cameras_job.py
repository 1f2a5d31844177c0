"""Looks at frames of many cameras, as the vision worker does but without Kafka; reads a `CamerasOrder`."""

from __future__ import annotations

import resource
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.measured import Measured, moment
from processors.vision.density import CrowdCounter
from processors.vision.seen import Frame
from processors.vision.violence import ViolenceScorer
from processors.vision.watch import Watch
from schemas.venue import Camera, Venue, View, Zone

CORNERS = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
BEGIN = datetime(2026, 7, 4, 20, tzinfo=UTC)
EIGHTH = timedelta(seconds=0.125)
WARM = 8
"""rounds before the clock runs: states, usual contrasts and the models' own memory are there by then"""


class CamerasOrder(Struct, kw_only=True):
    """JPEG files that each camera shows in turn, one camera after the other, so many frames in all."""

    cameras: int
    frames: int
    files: list[str]


def main() -> None:
    """Look at all frames; memory is what it grew by from the loaded models to the end."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=CamerasOrder)
    jpegs = [Path(file).read_bytes() for file in order.files]
    names = [f"camera-{number:02d}" for number in range(order.cameras)]
    watch = Watch(_venue(names), CrowdCounter.load(), ViolenceScorer.load())
    # What a picture needs while it is looked at is the same for one camera and for fifty.
    for place in range(WARM):
        watch.look([Frame(f"warm-{place}", names[0], BEGIN - EIGHTH * (WARM - place), jpegs[place % len(jpegs)])])
    loaded = _resident()
    rounds = WARM + -(-order.frames // order.cameras)
    began = (0.0, 0.0)
    for place in range(rounds):
        if place == WARM:
            began = moment()
        for name in names:
            jpeg = jpegs[place % len(jpegs)]
            (seen,) = watch.look([Frame(f"{name}-{place}", name, BEGIN + EIGHTH * place, jpeg)])
            if seen.error:
                raise RuntimeError(seen.error)
    ended = moment()
    said = Measured(
        events=(rounds - WARM) * order.cameras,
        seconds=ended[0] - began[0],
        cpu_seconds=ended[1] - began[1],
        resident_bytes=max(0, _resident() - loaded),
    )
    print(msgspec.json.encode(said).decode())


def _venue(names: list[str]) -> Venue:
    zones = [Zone(id=f"zone-{name}", area_m2=400, capacity=1500) for name in names]
    cameras = [
        Camera(id=name, views=[View(zone=zone.id, polygon=CORNERS)]) for name, zone in zip(names, zones, strict=True)
    ]
    return Venue(name="bench", zones=zones, cameras=cameras)


def _resident() -> int:
    """The most memory that this process ever held, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
