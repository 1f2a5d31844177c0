"""Gate counting on rendered crowds, whose true crossings follow from the positions of the people."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.attendance.gate_line import GateCounter
from processors.cameras.faults import Thumbnail
from processors.cameras.picture import decode
from processors.crowd.density import CrowdCounter
from processors.crowd.optical_flow import MotionEstimator
from schemas.attendance import GateSettings
from simulation.crowd_images import render
from simulation.evening import Evening, clock

ROW = 0.5
GATE = GateSettings(id="east", line=[(0, ROW), (1, ROW)], inwards=(0.5, 0.95))
SECONDS = 31
"""Length of the sequence in seconds: one to start with, and six reports of five seconds."""


@lru_cache(maxsize=512)
def picture(start: str, eighths: int) -> tuple[bytes, NDArray[np.float64]]:
    rendering = render(Evening(), "gate-east", "gate", clock(start) + eighths / 8)
    return rendering.jpeg(), rendering.heads


def true_crossings(start: str) -> int:
    """Return the net number of people who crossed the row in the reported time."""
    net, before = 0, None
    for eighths in range(8 * (SECONDS - 1) + 1):
        after = picture(start, eighths)[1]
        if before is not None:
            common = min(len(before), len(after))
            old, new = before[:common, 1], after[:common, 1]
            near = np.abs(new - old) < 60  # a person who leaves near the camera reappears far away
            line = ROW * 480
            net += int((near & (old < line) & (new >= line)).sum()) - int((near & (old >= line) & (new < line)).sum())
        before = after
    return net


def counted_crossings(start: str, counter: CrowdCounter, *, backwards: bool = False) -> tuple[float, float]:
    gate, motion = GateCounter(GATE), MotionEstimator()
    entered = left = 0.0
    for second in range(SECONDS):
        index = SECONDS - 1 - second if backwards else second
        earlier = index * 8 + 2 if backwards else index * 8 - 2
        now = decode(picture(start, index * 8)[0])
        density = counter.density(now)
        heads = density.heads[:60, :80]
        velocity = None
        if earlier >= 0:
            before, small = Thumbnail.from_picture(decode(picture(start, earlier)[0])), Thumbnail.from_picture(now)
            velocity = motion.velocity(before.luma, small.luma, 0.25, np.zeros((60, 80), bool))
        crossings = gate.update(heads, velocity, float(second))
        if crossings is not None:
            entered, left = entered + crossings.entered, left + crossings.left
    return entered, left


@pytest.mark.parametrize("start", ["18:40", "22:00"])
def test_gate_counts_people_walking_in(start: str, counter: CrowdCounter) -> None:
    """Error at most 25 %, that of the counting network included; by day, and at night with noise."""
    truth = true_crossings(start)
    entered, left = counted_crossings(start, counter)
    print(f"{start}: {truth} crossed, {entered:.1f} in, {left:.1f} out")
    assert truth > 50
    assert entered - left == pytest.approx(truth, rel=0.25)
    assert left < 0.1 * entered


def test_gate_counts_reversed_film_as_leaving(counter: CrowdCounter) -> None:
    entered, left = counted_crossings("18:40", counter, backwards=True)
    assert left == pytest.approx(true_crossings("18:40"), rel=0.25)
    assert entered < 0.1 * left
