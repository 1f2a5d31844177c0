"""Input of the violence network: a small grey picture, and the optical flow since the last one.

Colour is removed here, for training and serving alike, so that coloured stage light, night vision and faded
surveillance recorders have no influence. Flow is in pixels of the small picture per tick of 1/8 s, so that a camera
that delivers a little faster or slower gives the same values.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 144, 192
"""Size of the grey picture in pixels."""

MOTION_HEIGHT, MOTION_WIDTH = HEIGHT // 4, WIDTH // 4
"""Size of the flow field: one vector for 4 × 4 pixels."""

FRAMES_PER_SECOND = 8.0
"""Frame rate that the network was trained at."""

TICK = 1.0 / FRAMES_PER_SECOND
"""Seconds between two frames at that rate."""


def small_frame(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reduce a picture of any size to grey, (144, 192) uint8.

    The picture is stretched to 4:3 and not cropped, since a fight may be at the edge.

    Args:
        frame: (height, width, 3) uint8 RGB, or (height, width) uint8 grey.

    Raises:
        ValueError: the frame is empty, not uint8, or has another number of channels.

    >>> small_frame(np.full((240, 320, 3), 90, np.uint8))[0, 0]
    np.uint8(90)
    """
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8:
        found = getattr(frame, "dtype", type(frame).__name__)
        raise ValueError(f"a frame must be an array of uint8 (0 to 255), not {found}")
    if frame.ndim not in {2, 3} or (frame.ndim == 3 and frame.shape[2] != 3) or 0 in frame.shape:
        raise ValueError(f"a frame must have the shape (height, width, 3) and hold pixels, this one has {frame.shape}")
    # Converted before resizing: a third of the work, and the same result to within half a level of brightness.
    grey = frame if frame.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    resized = cv2.resize(np.ascontiguousarray(grey), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, dtype=np.uint8)


class MotionField:
    """Dense optical flow between two small pictures (DIS; Kroeger et al., ECCV 2016; preset "fast").

    One object serves any number of cameras, one call at a time; it keeps no state between calls.
    """

    def __init__(self) -> None:
        """Create the estimator with its working memory."""
        self._flow: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def between(self, previous: NDArray[np.uint8], current: NDArray[np.uint8], seconds: float) -> NDArray[np.float32]:
        """Return the flow from `previous` to `current`, (2, 36, 48) float32: x and y in small pixels per 1/8 s.

        The median over the picture is subtracted, which removes most of the movement of the camera itself.

        Args:
            previous: (144, 192) uint8.
            current: (144, 192) uint8.
            seconds: time between the two, above 0.
        """
        flow = self._flow.calc(previous, current, None)
        small = cv2.resize(flow, (MOTION_WIDTH, MOTION_HEIGHT), interpolation=cv2.INTER_AREA)
        small -= np.median(small.reshape(-1, 2), axis=0)
        # Shorter intervals than half a tick are jitter of the network, not of the camera.
        small *= TICK / max(seconds, TICK / 2)
        return np.ascontiguousarray(small.transpose(2, 0, 1), dtype=np.float32)
