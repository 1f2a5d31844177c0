"""Cost of a frame and memory with 1 to 50 cameras: the vision worker's computation, without Kafka."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.cameras_job import CamerasOrder
from bench.frames import CAMERAS, EARLIEST
from bench.job import run_job
from bench.measured import Measured
from bench.table import Row, row
from simulation.crowd_images import render_burst
from simulation.evening import Evening

NUMBERS = (1, 10, 50)
FRAMES = 400
"""Number of timed frames, for any number of cameras."""
SECOND = 8
"""Smallest number of frames of a camera, one of which is counted; with fewer, some cameras would count more often."""
PICTURES = 24


def measure(folder: Path, *, share: int, say: Callable[[str], None]) -> list[Row]:
    """Analyse the same number of frames of an increasing number of cameras; the reference is one camera.

    Raises:
        BenchError: a frame could not be looked at.
    """
    camera, zone = next(iter(CAMERAS.items()))
    files = []
    for place, (_, jpeg) in enumerate(render_burst(Evening(), camera, zone, EARLIEST, PICTURES)):
        file = folder / f"{place}.jpg"
        file.write_bytes(jpeg)
        files.append(str(file))
    found: dict[int, Measured] = {}
    held: dict[int, int] = {}
    for number in NUMBERS:
        say(f"many: {number} camera{'s' if number > 1 else ''}")
        order = CamerasOrder(cameras=number, frames=max(SECOND * number, FRAMES // share), files=files)
        found[number] = run_job("cameras_job.py", order)
        traced = CamerasOrder(cameras=number, frames=number, files=files, trace=True)
        held[number] = run_job("cameras_job.py", traced).held_bytes
    least = found[NUMBERS[0]]
    return [
        row(
            f"vision, {number} cameras in memory",
            "frames/s",
            measured,
            "the same with one camera",
            least,
            notes=f"8 frames a second each, heads once a second, without Kafka; the state of {number} cameras holds "
            f"{held[number] / 2**20:.1f} MiB, of one {held[NUMBERS[0]] / 2**20:.2f} MiB",
        )
        for number, measured in found.items()
        if number != NUMBERS[0]
    ]
