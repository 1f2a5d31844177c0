"""Freeze detection: a camera or recorder that sends one picture again and again, with a clock in it or encoded anew.

A live sensor has noise, so two pictures of it are never equal, and where people are something moves. A frozen picture
may differ, too: a recorder writes a clock into it, and an encoder of constant bit rate codes it with varying errors.
The clock is left out: few cells that change once a second, or near the upper or lower edge in the same place all the
time. Without it, a picture is frozen if nothing moves and every picture repeats an earlier one, or, for longer, if
nothing moves and the noise is that of an encoder, which leaves parts of the picture as they were, and not that of a
sensor.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.camera_faults import CameraFaultThresholds

CELL_PIXELS = 4
"""Side of a cell in pixels of the thumbnail, 320 wide; a letter of a clock covers some cells."""

EVALUATION_SECONDS = 1.0
"""Time between two evaluations of the window; in between the last result holds."""

MOVED_LUMA = 5.0
"""Difference of a cell's mean luma between both halves of the window from which something moved.

Measured: at most 4.7 in frozen pictures coded at 300 kbit/s to 3 Mbit/s, 9 and more in views of people.
"""

PASSED_LUMA = 20.0
"""Deviation of a cell from its mean over the window from which something passed; coding errors reach 16."""

REPEAT_SECONDS = 2.0
"""Age from which a picture counts as repeated: within a group of pictures an encoder copies what changed little."""

REPEATED_SHARE = 0.9
"""Share of the pictures that must repeat an earlier one."""

COPIED_SHARE = 0.25
"""Median share of the cells that are equal to those of the picture before, from which noise is an encoder's.

Measured: 0.45 and more in frozen pictures coded at 300 kbit/s to 3 Mbit/s, at most 0.05 with a sensor's noise by day.
"""

COPIED_DIFFERENCE = 0.05
"""Mean difference of a cell's pixels, of 255, up to which it is equal to the one before."""

MIN_LUMA = 40.0
"""Median luma below which an encoder removes the noise of the sensor, so that noise says nothing about a freeze."""

CODED_FACTOR = 3.0
"""Multiple of `frozen_seconds` after which a view that only has an encoder's noise is frozen."""

OVERLAY_LUMA = 8.0
"""Range of a cell's luma within half a window from which it changes as text does."""

OVERLAY_EDGE = 0.25
"""Share of the height at the upper and lower edge in which recorders write text."""

MAX_OVERLAY_SHARE = 0.08
"""Largest share of the picture that text covers, with a margin of a cell for the encoder's errors around it."""

TICK_SHARE = 0.6
"""Share of the seconds in which a clock must change; between two changes lie whole seconds."""

MAX_JUMPS = 2
"""Changes of a clock without seconds within a window, also one that an encoder spreads over two pictures."""

MAX_TICK_STEP = 0.26
"""Longest time in seconds between two pictures that shows the changes of a clock to be a second apart."""

FloatCells = NDArray[np.float32]


class _Sample(NamedTuple):
    time: float
    cells: FloatCells
    copied: float


class FreezeDetector:
    """Detects a camera that sends the same picture again and again.

    >>> detector, picture = FreezeDetector(CameraFaultThresholds()), np.zeros((8, 8), np.uint8)
    >>> [detector.update(picture, float(second)) for second in range(11)][-2:]
    [False, True]
    """

    def __init__(self, settings: CameraFaultThresholds) -> None:
        """Create it before the first picture."""
        self._settings = settings
        self._luma: NDArray[np.uint8] | None = None
        self._window: list[_Sample] = []
        self._evaluated: float | None = None
        self._coded_since: float | None = None
        self._frozen = False

    def update(self, luma: NDArray[np.uint8], time: float) -> bool:
        """Add the next picture; return whether the camera is frozen.

        Args:
            luma: (height, ≤ 320) uint8.
            time: when it was taken, seconds.
        """
        before, self._luma = self._luma, luma
        last = self._window[-1].time if self._window else time
        comparable = before is not None and before.shape == luma.shape
        if before is None or not comparable or not 0 <= time - last <= self._settings.frozen_seconds:
            self._restart(luma, time)
            return False
        difference = np.asarray(cv2.absdiff(before, luma), np.uint8)
        copied = float((_cells(difference) <= COPIED_DIFFERENCE).mean())
        self._window.append(_Sample(time, _cells(luma), copied))
        # One picture that is older than the window stays, so that the window is covered completely.
        while len(self._window) > 2 and time - self._window[1].time >= self._settings.frozen_seconds:
            del self._window[0]
        if self._evaluated is None or time - self._evaluated >= EVALUATION_SECONDS:
            self._evaluated = time
            self._frozen = self._evaluate(time)
        return self._frozen

    def _restart(self, luma: NDArray[np.uint8], time: float) -> None:
        self._window = [_Sample(time, _cells(luma), 0.0)]
        self._evaluated = self._coded_since = None
        self._frozen = False

    def _evaluate(self, time: float) -> bool:
        if time - self._window[0].time < self._settings.frozen_seconds:
            return False
        cells = np.stack([sample.cells for sample in self._window])
        kept = ~_overlay(cells, np.asarray([sample.time for sample in self._window]))
        cells = cells[:, kept]
        if not _is_motionless(cells):
            self._coded_since = None
            return False
        if self._is_repeated(cells):
            return True
        if not self._is_coded(cells):
            self._coded_since = None
            return False
        if self._coded_since is None:
            self._coded_since = self._window[0].time
        return time - self._coded_since >= CODED_FACTOR * self._settings.frozen_seconds

    def _is_repeated(self, cells: FloatCells) -> bool:
        """Return whether nearly every picture equals one that is at least two seconds older."""
        times = np.asarray([sample.time for sample in self._window])
        repeated = [
            bool((np.abs(cells[times <= time - REPEAT_SECONDS] - own).mean(1) <= self._settings.still).any())
            for time, own in zip(times, cells, strict=True)
            if time - times[0] >= REPEAT_SECONDS
        ]
        # The first picture that differs ends a freeze, unless single ones differed before, as an encoder's do.
        is_first_other = not repeated[-1] and all(repeated[:-1])
        return not is_first_other and sum(repeated) >= REPEATED_SHARE * len(repeated)

    def _is_coded(self, cells: FloatCells) -> bool:
        """Return whether the differences are those of an encoder; never in the dark, where a sensor's are removed."""
        copied = float(np.median([sample.copied for sample in self._window[1:]]))
        return copied >= COPIED_SHARE and float(np.median(cells[-1])) >= MIN_LUMA


def _cells(luma: NDArray[np.uint8]) -> FloatCells:
    """Return the mean of each 4 × 4 pixels."""
    height, width = luma.shape
    size = (max(1, width // CELL_PIXELS), max(1, height // CELL_PIXELS))
    return np.asarray(cv2.resize(luma.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def _overlay(cells: FloatCells, times: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the cells of a clock, (rows, columns) bool: few, changing once a second, or at an edge."""
    rows = cells.shape[1]
    middle = len(cells) // 2
    halves = [np.ptp(half, axis=0) > OVERLAY_LUMA for half in (cells[: middle + 1], cells[middle:])]
    edge = np.zeros(cells.shape[1:], np.bool_)
    band = round(OVERLAY_EDGE * rows)
    edge[:band] = edge[rows - band :] = True
    # A person who walks changes other cells now than before; the digits of a clock change beside each other.
    near = [cv2.dilate(half.astype(np.uint8), np.ones((5, 9), np.uint8)) > 0 for half in halves]
    stays = not (halves[0] & ~near[1]).any() and not (halves[1] & ~near[0]).any()
    text = cv2.dilate((halves[0] | halves[1]).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not text.any() or float(text.mean()) > MAX_OVERLAY_SHARE:
        return np.zeros_like(text)
    step, changes = _changes(cells[:, text], times)
    ticks = _ticks(changes, step, times[-1] - times[0])
    jumps = step <= MAX_TICK_STEP and len(changes) <= MAX_JUMPS  # a clock without seconds
    is_at_edge = (stays or jumps) and not (text & ~edge).any()
    return text if is_at_edge or ticks else np.zeros_like(text)


def _changes(cells: FloatCells, times: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the seconds between two pictures, and the times at which some of the cells (pictures, cells) changed."""
    changed = np.abs(np.diff(cells, axis=0)).max(1) > OVERLAY_LUMA
    return float(np.median(np.diff(times))), times[1:][changed]


def _ticks(changes: NDArray[np.float64], step: float, seconds: float) -> bool:
    """Return whether cells change once a second, as a clock's do wherever it stands, and nobody's movements.

    Args:
        changes: times of the changes, seconds.
        step: seconds between two pictures.
        seconds: length of the window.
    """
    gaps = np.diff(changes)
    regular = bool((np.abs(gaps - np.maximum(1, np.round(gaps))) <= 1.1 * step).all())
    return step <= MAX_TICK_STEP and regular and len(changes) >= TICK_SHARE * seconds


def _is_motionless(cells: FloatCells) -> bool:
    """Return whether nothing moved or passed within the window.

    Args:
        cells: (pictures, cells) float32.
    """
    middle = len(cells) // 2
    if float(np.abs(cells[:middle].mean(0) - cells[middle:].mean(0)).max()) > MOVED_LUMA:
        return False
    return float(np.abs(cells - cells.mean(0)).max()) <= PASSED_LUMA
