"""Reference job for frames: decode, count heads and score for violence in one loop, without Kafka or checks.

Reads a `FrameJobInput` from standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.run_result import RunResult, read_clocks
from processors.cameras.picture import decode
from processors.crowd.density import CrowdCounter
from processors.violence.scorer import ViolenceScorer
from schemas.ids import CameraId


class FrameJobInput(Struct, kw_only=True):
    """Frames in order of time (camera, seconds, JPEG file), and the seconds between two head counts."""

    frames: list[tuple[CameraId, float, str]]
    count_every: float = 0.0


def main() -> None:
    """Process every frame once; the first one is warm-up and is not timed."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=FrameJobInput)
    frames = [(camera, at, Path(file).read_bytes()) for camera, at, file in job.frames]
    counter, scorer = CrowdCounter.load(), ViolenceScorer.load()
    states = {camera: scorer.start() for camera, _, _ in frames}
    probabilities: dict[CameraId, float] = {}
    last_count: dict[CameraId, float] = {}
    persons = 0.0
    began = (0.0, 0.0)
    for index, (camera, at, jpeg) in enumerate(frames):
        picture = decode(jpeg)
        (probabilities[camera],), (states[camera],) = scorer.step([states[camera]], [picture], [at])
        if camera not in last_count or at >= last_count[camera] + job.count_every:
            last_count[camera] = at
            persons += counter.count(picture)
        if index == 0:
            began = read_clocks()
    ended = read_clocks()
    result = RunResult(
        events=len(frames) - 1,
        seconds=ended[0] - began[0],
        cpu_seconds=ended[1] - began[1],
        persons=persons,
        probabilities=probabilities,
    )
    print(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
