"""The bare limit for frames: decode, count heads and score for violence in one loop, without Kafka or checks.

Reads a `FramesOrder` from standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.measured import Measured, moment
from processors.cameras.picture import decode
from processors.crowd.density import CrowdCounter
from processors.violence.scorer import ViolenceScorer


class FramesOrder(Struct, kw_only=True):
    """Frames in order of time: camera, seconds, JPEG file; and the seconds between two counts of heads."""

    frames: list[tuple[str, float, str]]
    count_every: float = 0.0


def main() -> None:
    """Analyse every frame once; timed from the end of the first, in which models are slow."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=FramesOrder)
    frames = [(camera, at, Path(file).read_bytes()) for camera, at, file in order.frames]
    counter, scorer = CrowdCounter.load(), ViolenceScorer.load()
    states = {camera: scorer.start() for camera, _, _ in frames}
    probabilities: dict[str, float] = {}
    counted: dict[str, float] = {}
    persons = 0.0
    began = (0.0, 0.0)
    for index, (camera, at, jpeg) in enumerate(frames):
        picture = decode(jpeg)
        (probabilities[camera],), (states[camera],) = scorer.step([states[camera]], [picture], [at])
        if at >= counted.get(camera, -1e9) + order.count_every:
            counted[camera] = at
            persons += counter.count(picture)
        if index == 0:
            began = moment()
    ended = moment()
    said = Measured(
        events=len(frames) - 1,
        seconds=ended[0] - began[0],
        cpu_seconds=ended[1] - began[1],
        persons=persons,
        probabilities=probabilities,
    )
    print(msgspec.json.encode(said).decode())


if __name__ == "__main__":
    main()
