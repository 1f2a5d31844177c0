"""Counting of gate crossings: flux of heads through a strip along the gate line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processors.crowd.optical_flow import Velocity
from schemas.attendance import GateSettings

MIN_SPEED = 0.004
"""Speed in shares of the picture per second below which a head is taken as standing."""


@dataclass(frozen=True, slots=True)
class GateLine:
    """Strip along a gate, for density maps of one shape.

    A head that walks across the strip adds up to one at any speed: each moment adds the share of the strip's width
    that it walks meanwhile. This is the flux through a line, averaged over parallel lines to reduce noise.

    Attributes:
        strip: (rows, columns) float32, share of each cell that lies in the strip.
        step: (2,) float32, crossings per share of width and of height walked, inwards positive.
    """

    strip: NDArray[np.float32]
    step: NDArray[np.float32]

    @classmethod
    def of(cls, gate: GateSettings, shape: tuple[int, int]) -> GateLine:
        """Return the strip of a gate.

        Args:
            gate: line, inner side and width of the strip.
            shape: rows and columns of the density maps; the cells fill the picture.
        """
        rows, columns = shape
        # In units of the picture's width, so that right angles are preserved.
        ratio = rows / columns
        scale = np.asarray((1.0, ratio))
        begin, end = np.asarray(gate.line[0]) * scale, np.asarray(gate.line[1]) * scale
        along = (end - begin) / np.linalg.norm(end - begin)
        across = np.asarray((-along[1], along[0]))
        if (np.asarray(gate.inwards) * scale - begin) @ across < 0:
            across = -across
        fine = 4  # the strip is sampled at four times the resolution and averaged
        x, y = np.meshgrid(
            (np.arange(columns * fine) + 0.5) / (columns * fine), (np.arange(rows * fine) + 0.5) / (rows * fine) * ratio
        )
        offset = np.stack([x, y], -1) - begin
        away, beside = offset @ across, offset @ along
        inside = (np.abs(away) <= gate.band) & (beside >= 0) & (beside <= np.linalg.norm(end - begin))
        strip = inside.reshape(rows, fine, columns, fine).mean((1, 3))
        return cls(strip.astype(np.float32), (across * scale / (2 * gate.band)).astype(np.float32))

    def rates(self, heads: NDArray[np.float32], velocity: Velocity) -> tuple[float, float]:
        """Return the heads per second that enter and that leave.

        Args:
            heads: (rows, columns) float32, heads in each cell.
            velocity: (rows, columns, 2) float32, shares of width and height per second.
        """
        moving = np.linalg.norm(velocity, axis=-1) >= MIN_SPEED
        crossing = heads * self.strip * moving * (velocity @ self.step)
        return float(np.maximum(crossing, 0).sum()), float(np.maximum(-crossing, 0).sum())


MAX_STEP = 3.0
"""Seconds between two counts up to which the flow is assumed constant."""

REPORT_SECONDS = 5.0
"""Seconds between two reports of crossings."""


@dataclass(frozen=True, slots=True)
class CrossingCounts:
    """Heads that crossed since a time in seconds; fractions of heads, since a flow is measured."""

    since: float
    entered: float
    left: float


class GateCounter:
    """Sums the crossings of one gate, and reports them every five seconds."""

    def __init__(self, gate: GateSettings) -> None:
        """Create it with no crossings."""
        self.id = gate.id
        self._gate = gate
        self._line: GateLine | None = None
        self._last: float | None = None
        self._since = self._entered = self._left = 0.0

    def update(self, heads: NDArray[np.float32], velocity: Velocity | None, time: float) -> CrossingCounts | None:
        """Add one moment; return the crossings since the last report, if one is due and there are any.

        The flow since the last moment is assumed to be that of now. Over a gap of more than three seconds, or without
        velocity, nothing is added.

        Args:
            heads: (rows, columns) float32, heads in each cell.
            velocity: (rows, columns, 2) float32, shares of width and height per second; None where it is not known.
            time: seconds.
        """
        elapsed = 0.0 if self._last is None else time - self._last
        if self._last is None or not 0 < elapsed <= MAX_STEP:
            counts, self._last = self._take_counts(), time
            self._since = time
            return counts
        if velocity is not None:
            if self._line is None or self._line.strip.shape != heads.shape:
                shape = (heads.shape[0], heads.shape[1])
                self._line = GateLine.of(self._gate, shape)
            entered, left = self._line.rates(heads, velocity)
            self._entered += elapsed * entered * self._gate.calibration
            self._left += elapsed * left * self._gate.calibration
        self._last = time
        if time - self._since < REPORT_SECONDS:
            return None
        counts, self._since = self._take_counts(), time
        return counts

    def _take_counts(self) -> CrossingCounts | None:
        entered, left, self._entered, self._left = self._entered, self._left, 0.0, 0.0
        return CrossingCounts(self._since, entered, left) if entered or left else None
