"""Job that analyses frames of many cameras as the vision worker does, without Kafka.

Reads a `CameraScalingJobInput` from standard input.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.run_result import RunResult, read_clocks
from processors.cameras.analyzer import CameraAnalyzer
from processors.cameras.frame_result import CameraFrame
from processors.crowd.density import CrowdCounter
from processors.violence.scorer import ViolenceScorer
from schemas.cameras import CameraSettings, CameraView
from schemas.crowd import ZoneSettings
from schemas.ids import CameraId, EventId
from schemas.venue import Venue

CORNERS = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
FIRST_FRAME_TIME = datetime(2026, 7, 4, 20, tzinfo=UTC)
FRAME_INTERVAL = timedelta(seconds=0.125)
WARM_UP_ROUNDS = 8
"""Number of warm-up rounds, after which states, baselines and the models' memory exist."""


class CameraScalingJobInput(Struct, kw_only=True):
    """JPEG files that every camera shows in turn, and the total number of frames.

    Attributes:
        trace: measure the memory held at the end, which slows down every allocation.
    """

    cameras: int
    frames: int
    files: list[str]
    trace: bool = False


def main() -> None:
    """Analyse all frames and print the result."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=CameraScalingJobInput)
    jpegs = [Path(file).read_bytes() for file in job.files]
    names = [CameraId(f"camera-{number:02d}") for number in range(job.cameras)]
    analyzer = CameraAnalyzer(_venue(names), CrowdCounter.load(), ViolenceScorer.load())
    if job.trace:
        tracemalloc.start()
    rounds = WARM_UP_ROUNDS + -(-job.frames // job.cameras)
    began = (0.0, 0.0)
    for round_number in range(rounds):
        if round_number == WARM_UP_ROUNDS:
            began = read_clocks()
        for name in names:
            jpeg = jpegs[round_number % len(jpegs)]
            (frame_result,) = analyzer.analyze(
                [
                    CameraFrame(
                        EventId(f"{name}-{round_number}"), name, FIRST_FRAME_TIME + FRAME_INTERVAL * round_number, jpeg
                    )
                ]
            )
            if frame_result.error:
                raise RuntimeError(frame_result.error)
    ended = read_clocks()
    gc.collect()
    result = RunResult(
        events=(rounds - WARM_UP_ROUNDS) * job.cameras,
        seconds=ended[0] - began[0],
        cpu_seconds=ended[1] - began[1],
        held_bytes=tracemalloc.get_traced_memory()[0],
    )
    print(msgspec.json.encode(result).decode())


def _venue(names: list[CameraId]) -> Venue:
    zones = [ZoneSettings(id=f"zone-{name}", area_m2=400, capacity=1500) for name in names]
    cameras = [
        CameraSettings(id=name, views=[CameraView(zone=zone.id, polygon=CORNERS)])
        for name, zone in zip(names, zones, strict=True)
    ]
    return Venue(name="bench", zones=zones, cameras=cameras)


if __name__ == "__main__":
    main()
