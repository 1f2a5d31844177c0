"""A picture so coarse that it shows what is done, and not who does it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def coarse(grey: NDArray[np.uint8], columns: int, *, height: int, width: int) -> NDArray[np.uint8]:
    """Average a grey picture over `columns` cells a row, and as many rows as keep its shape.

    Args:
        grey: (rows, columns) uint8, of any size and stretched in any way.
        columns: of a person who fills the height of the picture, 48 leave a head of some five cells: people recognise
            faces they know well from 7 × 10 (Sinha et al., Proc. IEEE 94, 2006).
        height, width: of the picture as it was taken.

    >>> coarse(np.zeros((144, 192), np.uint8), 48, height=1080, width=1920).shape
    (27, 48)
    """
    rows = max(1, round(columns * height / width))
    return np.asarray(cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
