"""Cost of a frame and memory for 1, 10 and 50 cameras: the computation of the vision worker without Kafka."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.camera_scaling_job import CameraScalingJobInput
from bench.comparison_table import ComparisonRow, compare
from bench.frame_throughput import CAMERAS, FIRST_FRAME_SECONDS
from bench.reference_job import run_job
from bench.run_result import RunResult
from simulation.crowd_images import render_burst
from simulation.evening import Evening

CAMERA_NUMBERS = (1, 10, 50)
TIMED_FRAMES = 400
"""Number of timed frames, for any number of cameras."""
MIN_FRAMES_PER_CAMERA = 8
"""Minimum number of frames of each camera: heads are counted in every eighth."""
NUM_PICTURES = 24


def measure(folder: Path, *, divisor: int, announce: Callable[[str], None]) -> list[ComparisonRow]:
    """Analyse the same number of frames with growing numbers of cameras; the reference is one camera.

    Raises:
        BenchError: a frame could not be analysed.
    """
    camera, zone = next(iter(CAMERAS.items()))
    files = []
    for index, (_, jpeg) in enumerate(render_burst(Evening(), camera, zone, FIRST_FRAME_SECONDS, NUM_PICTURES)):
        file = folder / f"{index}.jpg"
        file.write_bytes(jpeg)
        files.append(str(file))
    results: dict[int, RunResult] = {}
    held_bytes: dict[int, int] = {}
    for number in CAMERA_NUMBERS:
        announce(f"many: {number} camera{'s' if number > 1 else ''}")
        job = CameraScalingJobInput(
            cameras=number, frames=max(MIN_FRAMES_PER_CAMERA * number, TIMED_FRAMES // divisor), files=files
        )
        results[number] = run_job("camera_scaling_job.py", job)
        traced_job = CameraScalingJobInput(cameras=number, frames=number, files=files, trace=True)
        held_bytes[number] = run_job("camera_scaling_job.py", traced_job).held_bytes
    one_camera = results[CAMERA_NUMBERS[0]]
    return [
        compare(
            f"vision, {number} cameras in memory",
            "frames/s",
            measured,
            "the same with one camera",
            one_camera,
            notes=f"8 frames a second each, heads once a second, without Kafka; the state of {number} cameras holds "
            f"{held_bytes[number] / 2**20:.1f} MiB, of one {held_bytes[CAMERA_NUMBERS[0]] / 2**20:.2f} MiB",
        )
        for number, measured in results.items()
        if number != CAMERA_NUMBERS[0]
    ]
