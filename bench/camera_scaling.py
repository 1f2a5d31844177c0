"""Cost of a frame and memory for 1, 10 and 50 cameras: the computation of the vision worker without Kafka."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.camera_scaling_job import CameraScalingJobInput
from bench.comparison_table import ComparisonRow, compare
from bench.frame_throughput import CAMERAS, EARLIEST
from bench.reference_job import run_job
from bench.run_result import RunResult
from simulation.crowd_images import render_burst
from simulation.evening import Evening

NUMBERS = (1, 10, 50)
FRAMES = 400
"""Number of timed frames, for any number of cameras."""
SECOND = 8
"""Minimum number of frames of each camera: heads are counted in one of eight."""
PICTURES = 24


def measure(folder: Path, *, share: int, announce: Callable[[str], None]) -> list[ComparisonRow]:
    """Analyse the same number of frames with growing numbers of cameras; the reference is one camera.

    Raises:
        BenchError: a frame could not be analysed.
    """
    camera, zone = next(iter(CAMERAS.items()))
    files = []
    for place, (_, jpeg) in enumerate(render_burst(Evening(), camera, zone, EARLIEST, PICTURES)):
        file = folder / f"{place}.jpg"
        file.write_bytes(jpeg)
        files.append(str(file))
    found: dict[int, RunResult] = {}
    held: dict[int, int] = {}
    for number in NUMBERS:
        announce(f"many: {number} camera{'s' if number > 1 else ''}")
        order = CameraScalingJobInput(cameras=number, frames=max(SECOND * number, FRAMES // share), files=files)
        found[number] = run_job("camera_scaling_job.py", order)
        traced = CameraScalingJobInput(cameras=number, frames=number, files=files, trace=True)
        held[number] = run_job("camera_scaling_job.py", traced).held_bytes
    least = found[NUMBERS[0]]
    return [
        compare(
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
