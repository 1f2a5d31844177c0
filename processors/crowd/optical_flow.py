"""How a picture moved since the last one: dense optical flow, without the shake of the mast."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

LONGEST_STEP = 0.6
"""seconds between two pictures beyond which nobody is where they were"""

BEST_STEP = 0.25
"""seconds between two pictures that show a walk best: longer than the noise, shorter than a stride"""

STEADY_STEP = 0.5
"""seconds that take the jumping out of a crowd: people who dance to a beat are back where they were"""

QUICK_STEP = 0.125
"""seconds between two pictures that show a run: over a longer one runners are taken for others, and seem to stand"""

RUNNING_SPEED = 0.1
"""shares of the picture's width a second, as a mean over heads over the quick step, from which it is kept"""

COURSE_SIZE = (40, 30)
"""columns and rows in which a camera's last motion is kept"""

ENOUGH_BACKGROUND = 0.05
"""share of the picture that must lie outside all zones to tell how the camera shook"""

Velocity = NDArray[np.float32]


class MotionEstimator:
    """Dense optical flow (DIS, Kroeger et al., ECCV 2016) on pictures of 320 pixels: about 2 ms.

    The preset "ultrafast", but down to half of that size and not a quarter: on rendered walkers it finds the speed of
    a head to 4 % in the mean, with a smaller error than "fast", and without the variational steps that take 15 ms.
    One object serves any number of cameras, one call at a time.
    """

    def __init__(self) -> None:
        self._flow: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._flow.setFinestScale(1)

    def velocity(
        self,
        before: NDArray[np.uint8],
        now: NDArray[np.uint8],
        seconds: float,
        background: NDArray[np.bool_],
        prior: FlowPrior | None = None,
    ) -> Velocity:
        """Velocity in each cell of a density map, (rows, columns, 2) float32: x and y in shares of width and height.

        A cell moves as the mean of what is in it; the median over the background, if there is enough of it, is the
        camera's own shake and is taken off.

        Args:
            before, now: (height, width) uint8 of one size.
            seconds: between the two, above 0.
            background: (rows, columns), the cells that no zone covers.
            prior: where the camera's last motion is kept; changed.
        """
        flow = self._flow.calc(before, now, None if prior is None else prior.initial_flow(now.shape, seconds))
        if prior is not None:
            prior.update(flow, seconds)
        rows, columns = background.shape
        cells = cv2.resize(flow, (columns, rows), interpolation=cv2.INTER_AREA)
        if float(background.mean()) >= ENOUGH_BACKGROUND:
            cells = cells - np.median(cells[background], axis=0)
        height, width = now.shape
        return np.asarray(cells / (np.asarray((width, height), np.float32) * seconds), np.float32)


class FlowPrior:
    """How the parts of one camera's picture moved last: where the next motion is looked for first.

    A runner near the camera goes further between two pictures than the next one stands away, so that one is taken for
    the other, and a crowd that runs seems to stand. Whoever ran a second ago is looked for where a runner would be.
    """

    def __init__(self) -> None:
        self._moved: NDArray[np.float32] | None = None

    def initial_flow(self, shape: tuple[int, ...], seconds: float) -> NDArray[np.float32] | None:
        """Pixels that a picture of (height, width) is taken to move in this time; None where nothing is known."""
        if self._moved is None:
            return None
        whole = cv2.resize(self._moved, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
        return np.asarray(whole * (np.asarray(shape[1::-1], np.float32) * seconds), np.float32)

    def update(self, flow: NDArray[np.float32], seconds: float) -> None:
        """Remember a flow in pixels, in shares of the picture a second, 10 kB."""
        height, width = flow.shape[:2]
        small = cv2.resize(flow, COURSE_SIZE, interpolation=cv2.INTER_AREA)
        self._moved = np.asarray(small / (np.asarray((width, height), np.float32) * seconds), np.float32)

    def clear(self) -> None:
        """Forget it."""
        self._moved = None


class RecentPictures:
    """The grey pictures of one camera within the last half second: what a motion is measured against."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, NDArray[np.uint8]]] = []

    def before(
        self, time: float, now: NDArray[np.uint8], step: float = BEST_STEP
    ) -> tuple[float, NDArray[np.uint8]] | None:
        """Seconds since, and the picture that is nearest to `step` seconds old; None where there is none."""
        found = [
            (time - at, luma) for at, luma in self._kept if 0 < time - at <= LONGEST_STEP and luma.shape == now.shape
        ]
        return min(found, key=lambda one: abs(one[0] - step), default=None)

    def add(self, time: float, now: NDArray[np.uint8]) -> None:
        """Remember a picture, and forget those that are too old, or younger than it."""
        self._kept = [(at, luma) for at, luma in self._kept if 0 < time - at <= LONGEST_STEP]
        self._kept.append((time, now))

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
