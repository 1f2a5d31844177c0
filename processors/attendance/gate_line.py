"""How many people cross a gate: the flow of heads through a strip along the line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processors.crowd.optical_flow import Velocity
from schemas.attendance import GateSettings

STILL = 0.004
"""shares of the picture a second, below which a head stands and only seems to move"""


@dataclass(frozen=True, slots=True)
class GateLine:
    """A strip along a gate, for density maps of one shape.

    A head that walks across the strip adds up to one, however fast: each moment adds the share of the strip's width
    that it walks meanwhile (the flux through a line, averaged over lines side by side to calm its noise).

    Attributes:
        strip: (rows, columns) float32, share of each cell that lies in the strip.
        step: (2,) float32, what a walk of one share of width and of height adds, inwards positive.
    """

    strip: NDArray[np.float32]
    step: NDArray[np.float32]

    @classmethod
    def of(cls, gate: GateSettings, shape: tuple[int, int]) -> GateLine:
        """The strip of a gate on maps of `shape` = (rows, columns) cells that fill the picture."""
        rows, columns = shape
        # In units of the picture's width, so that across is across.
        ratio = rows / columns
        scale = np.asarray((1.0, ratio))
        begin, end = np.asarray(gate.line[0]) * scale, np.asarray(gate.line[1]) * scale
        along = (end - begin) / np.linalg.norm(end - begin)
        across = np.asarray((-along[1], along[0]))
        if (np.asarray(gate.inwards) * scale - begin) @ across < 0:
            across = -across
        fine = 4
        x, y = np.meshgrid(
            (np.arange(columns * fine) + 0.5) / (columns * fine), (np.arange(rows * fine) + 0.5) / (rows * fine) * ratio
        )
        offset = np.stack([x, y], -1) - begin
        away, beside = offset @ across, offset @ along
        inside = (np.abs(away) <= gate.band) & (beside >= 0) & (beside <= np.linalg.norm(end - begin))
        strip = inside.reshape(rows, fine, columns, fine).mean((1, 3))
        return cls(strip.astype(np.float32), (across * scale / (2 * gate.band)).astype(np.float32))

    def rates(self, heads: NDArray[np.float32], velocity: Velocity) -> tuple[float, float]:
        """Heads a second that come in and that go out.

        Args:
            heads: (rows, columns) float32.
            velocity: (rows, columns, 2) float32, shares of width and height a second.
        """
        moving = np.linalg.norm(velocity, axis=-1) >= STILL
        crossing = heads * self.strip * moving * (velocity @ self.step)
        return float(np.maximum(crossing, 0).sum()), float(np.maximum(-crossing, 0).sum())


LONGEST_STEP = 3.0
"""seconds between two counts over which a flow is taken to be the same"""

TELL_SECONDS = 5.0
"""between two tellings of who crossed"""


@dataclass(frozen=True, slots=True)
class CrossingCounts:
    """Heads that crossed since a time in seconds; parts of heads, since a flow is measured."""

    since: float
    entered: float
    left: float


class GateCounter:
    """Adds up who crosses one gate, and tells it every five seconds."""

    def __init__(self, gate: GateSettings) -> None:
        self.id = gate.id
        self._gate = gate
        self._line: GateLine | None = None
        self._last: float | None = None
        self._since = self._entered = self._left = 0.0

    def update(self, heads: NDArray[np.float32], velocity: Velocity | None, time: float) -> CrossingCounts | None:
        """Take one moment; returns who crossed when it is time to tell, if anyone did.

        The flow since the last moment is taken to be that of now; over a gap of more than three seconds, or without
        a motion, nothing is known and nothing added.
        """
        passed = 0.0 if self._last is None else time - self._last
        if self._last is None or not 0 < passed <= LONGEST_STEP:
            told, self._last = self._tell(), time
            self._since = time
            return told
        if velocity is not None:
            if self._line is None or self._line.strip.shape != heads.shape:
                shape = (heads.shape[0], heads.shape[1])
                self._line = GateLine.of(self._gate, shape)
            entered, left = self._line.rates(heads, velocity)
            self._entered += passed * entered * self._gate.calibration
            self._left += passed * left * self._gate.calibration
        self._last = time
        if time - self._since < TELL_SECONDS:
            return None
        told, self._since = self._tell(), time
        return told

    def _tell(self) -> CrossingCounts | None:
        entered, left, self._entered, self._left = self._entered, self._left, 0.0, 0.0
        return CrossingCounts(self._since, entered, left) if entered or left else None
