"""What the violence network is shown of a camera: a small grey picture, and how it moved since the last one.

Colour is dropped here, once, for training and serving alike: coloured stage light, night vision and faded
surveillance recorders then cannot decide anything. Motion is in pixels of the small picture per tick of
1/8 s, so a camera that delivers a little faster or slower looks the same.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 144, 192
MOTION_HEIGHT, MOTION_WIDTH = HEIGHT // 4, WIDTH // 4
FRAMES_PER_SECOND = 8.0
TICK = 1.0 / FRAMES_PER_SECOND


def small_frame(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink a picture of any size to grey, (144, 192) uint8.

    The picture is stretched to 4:3, not cut: a fight at the edge must stay visible.

    Args:
        frame: (height, width, 3) uint8 RGB, or (height, width) uint8 grey.

    Raises:
        ValueError: the frame is empty, not uint8, or has another number of channels.

    >>> small_frame(np.full((240, 320, 3), 90, np.uint8))[0, 0]
    np.uint8(90)
    """
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8:
        found = getattr(frame, "dtype", type(frame).__name__)
        raise ValueError(f"a frame must be an array of uint8 (0 to 255), this one is {found}")
    if frame.ndim not in {2, 3} or (frame.ndim == 3 and frame.shape[2] != 3) or 0 in frame.shape:
        raise ValueError(f"a frame must have the shape (height, width, 3) and hold pixels, this one has {frame.shape}")
    # Grey first: a third of the work for a large picture, and the same to within half a level of brightness.
    grey = frame if frame.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    resized = cv2.resize(np.ascontiguousarray(grey), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, dtype=np.uint8)


class MotionField:
    """Dense optical flow between two small pictures (DIS, Kroeger et al., ECCV 2016; preset "fast").

    One object serves any number of cameras, one call at a time; it keeps nothing between calls.
    """

    def __init__(self) -> None:
        self._flow: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def between(self, previous: NDArray[np.uint8], current: NDArray[np.uint8], seconds: float) -> NDArray[np.float32]:
        """Motion from `previous` to `current`, (2, 36, 48) float32: x and y in small pixels per 1/8 s.

        The median over the picture is taken off, so a camera that pans or shakes shows little motion itself.

        Args:
            previous: (144, 192) uint8.
            current: (144, 192) uint8.
            seconds: time between the two, above 0.
        """
        flow = self._flow.calc(previous, current, None)
        small = cv2.resize(flow, (MOTION_WIDTH, MOTION_HEIGHT), interpolation=cv2.INTER_AREA)
        small -= np.median(small.reshape(-1, 2), axis=0)
        # Beyond half a tick the time stamps say more about the network than about the camera.
        small *= TICK / max(seconds, TICK / 2)
        return np.ascontiguousarray(small.transpose(2, 0, 1), dtype=np.float32)
