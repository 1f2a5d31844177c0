"""Reading of video files at the frame rate of cameras."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


def read_clip(path: Path, frames_per_second: float) -> tuple[list[NDArray[np.uint8]], list[float]]:
    """Read a clip, keeping the frame nearest to each tick of `frames_per_second`.

    A clip with fewer frames per second is read completely; no frames are interpolated.

    Returns:
        The frames, each (height, width, 3) uint8 RGB, and their times in seconds from the start of the clip.

    Raises:
        ValueError: the file is missing, is not a video, or holds no frame; the message names it.
    """
    if not path.is_file():
        raise ValueError(f"{path}: file not found; clips are named relative to the list that names them")
    capture = cv2.VideoCapture(str(path))
    try:
        rate = capture.get(cv2.CAP_PROP_FPS)
        if not capture.isOpened() or not 0.5 <= rate <= 1000:
            raise ValueError(f"{path}: not a video that OpenCV can read (frame rate {rate:g}); re-encode it as H.264")
        frames: list[NDArray[np.uint8]] = []
        times: list[float] = []
        index, tick = 0, 0
        while capture.grab():
            time = index / rate
            index += 1
            if time < tick / frames_per_second - 0.5 / rate:
                continue
            tick += 1
            readable, frame = capture.retrieve()
            if readable:
                frames.append(np.ascontiguousarray(frame[:, :, ::-1]))
                times.append(time)
    finally:
        capture.release()
    if not frames:
        raise ValueError(f"{path}: the video holds no readable frame; it is truncated or empty, leave it out")
    return frames, times
