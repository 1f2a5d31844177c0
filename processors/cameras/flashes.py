"""Flash detection: strobes, blinders, lightning and moments without light, which say nothing about the people.

A flash is a sudden change of light over most of the picture that does not last. Whether it lasts is known only later,
so the first pictures after any sudden change are left out; light that stays becomes the usual one.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

COLUMNS, ROWS = 16, 12
"""Blocks whose brightness is compared."""

JUMP_LUMA = 35.0
"""Change of a block's mean luma, of 255, from one picture to the next that is not movement."""

JUMP_SHARE = 0.5
"""Share of the blocks that change in one direction where the light changes; people who move change fewer."""

LASTING_SECONDS = 0.4
"""Time after which light that changed is the usual light: longer than a flash of a strobe, of two or three frames."""

MAX_AGE_SECONDS = 2.0
"""Age from which a reference picture says nothing about the present light."""


class FlashDetector:
    """Detects pictures in which the light differs suddenly from that of the pictures before.

    >>> detector, dark, bright = FlashDetector(), np.full((60, 80), 40, np.uint8), np.full((60, 80), 240, np.uint8)
    >>> shown = [dark, bright, dark, bright, bright, bright, bright, bright]
    >>> flashes = []
    >>> for number, luma in enumerate(shown):
    ...     flashes.append(detector.is_flash(luma, number / 8))
    ...     if not flashes[-1]:
    ...         detector.accept(luma, number / 8)
    >>> flashes
    [False, True, False, True, True, True, True, False]
    """

    def __init__(self) -> None:
        """Create it before the first picture."""
        self._reference: NDArray[np.float32] | None = None
        self._time = 0.0
        self._since: float | None = None

    def is_flash(self, luma: NDArray[np.uint8], time: float) -> bool:
        """Return whether the light changed suddenly, and less than 0.4 s ago.

        Args:
            luma: (height, width) uint8.
            time: when it was taken, seconds; each picture's no earlier than the last one's.
        """
        if self._reference is None or not 0 <= time - self._time <= MAX_AGE_SECONDS:
            self._since = None
            return False
        change = _block_luma(luma) - self._reference
        if max(float((change > JUMP_LUMA).mean()), float((change < -JUMP_LUMA).mean())) < JUMP_SHARE:
            self._since = None
            return False
        if self._since is None or time < self._since:
            self._since = time
        return time - self._since < LASTING_SECONDS

    def accept(self, luma: NDArray[np.uint8], time: float) -> None:
        """Add a picture that is neither a flash nor faulty; its light is the usual one."""
        self._reference, self._time, self._since = _block_luma(luma), time, None


def _block_luma(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean luma of 12 × 16 blocks, float32."""
    blocks = cv2.resize(luma, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    return np.asarray(blocks, np.float32)
