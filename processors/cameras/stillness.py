"""Is a camera frozen? A live sensor has noise, so two pictures of it are never the same."""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from schemas.camera_faults import CameraFaultThresholds


class Stillness(Struct, frozen=True):
    """Since when a camera shows the same picture.

    Attributes:
        luma: the last picture, (height, ≤ 320) uint8; None before the first.
        since: when it was first seen, seconds.
        time: when the last picture was taken, seconds.
    """

    luma: NDArray[np.uint8] | None = None
    since: float = 0.0
    time: float = 0.0

    def update(self, luma: NDArray[np.uint8], time: float, settings: CameraFaultThresholds) -> tuple[Stillness, bool]:
        """Take the next picture; returns whether the camera is frozen.

        A live sensor has noise, so two pictures of it are never the same; a recorder that hangs sends one again.

        >>> picture = np.zeros((8, 8), np.uint8)
        >>> still, frozen = Stillness().update(picture, 0.0, CameraFaultThresholds())
        >>> for second in range(1, 11):
        ...     still, frozen = still.update(picture, float(second), CameraFaultThresholds())
        >>> frozen
        True
        """
        gap = time - self.time
        before = self.luma
        if before is None or before.shape != luma.shape or not 0 <= gap <= settings.frozen_seconds:
            return Stillness(luma, time, time), False
        if float(cv2.absdiff(before, luma).mean()) > settings.still:
            return Stillness(luma, time, time), False
        return Stillness(before, self.since, time), time - self.since >= settings.frozen_seconds
