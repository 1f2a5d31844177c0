"""Detection of damage by the picture alone: what a decoder makes up where parts of a stream are missing.

A recorder that encodes a damaged picture anew leaves no error in its stream. Known are three fillings that no scene
has: the grey of an empty picture, the green of one whose samples are all 0, and the last whole line repeated down to
the end of a slice, over the whole width. Blocks that moved to wrong places are not found: lamps and coarse
compression have the same edges.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.cameras.picture import Picture

GREY_LUMA = (127, 131)
"""Luma of a grey filling: 128, or 130 where luma has the range of television."""

NEUTRAL = 2
"""Difference of the colours of a grey filling from no colour, of 255."""

GREY_SHARE = 0.08
"""Share of the picture that a grey filling covers."""

PEAK_SHARE, PEAK_WIDTH = 0.75, 10
"""Share of the neutral pixels within 10 levels of a grey filling that have its luma; of fog and walls far fewer do."""

GREEN_LEVELS, OTHER_LEVELS, GREEN_SHARE = (105, 165), 12, 0.03
"""Green of a green filling, its red and blue at most, and the share of the picture that it covers.

Of all pixels without red and blue, the filling has `PEAK_SHARE`: a stage lit by green lamps has every shade."""

LINE_RATIO, LINE_GRADIENT = 0.15, 1.5
"""Ratio of vertical to horizontal gradients below which lines repeat, and the horizontal one that shows that there are
any, in luma per pixel of the thumbnail."""

LINE_AREA = (16, 12)
"""Width and height in pixels over which gradients are averaged."""

FULL_WIDTH, LINES_SHARE = 0.7, 0.08
"""Share of the width in which lines repeat, so that a curtain or a screen is none, and share of such lines."""


def is_made_up(colour: Picture, luma: NDArray[np.uint8]) -> bool:
    """Return whether parts of a picture are a decoder's filling.

    Args:
        colour: (height, ≤ 320, 3) uint8 RGB.
        luma: (height, ≤ 320) uint8.

    >>> picture = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    >>> filled = np.where(np.arange(60)[:, None, None] < 40, picture, picture[39:40])
    >>> [is_made_up(one, one[..., 0]) for one in (picture, filled)]
    [False, True]
    """
    return _has_grey(colour) or _has_green(colour) or _has_repeated_lines(luma)


def _has_grey(colour: Picture) -> bool:
    ycc = cv2.cvtColor(colour, cv2.COLOR_RGB2YCrCb)
    neutral = (np.abs(ycc[..., 1:].astype(np.int16) - 128) <= NEUTRAL).all(-1)
    shares = np.bincount(ycc[..., 0][neutral], minlength=256) / neutral.size
    first, last = GREY_LUMA
    peak = max(float(shares[level - 1 : level + 2].sum()) for level in range(first, last + 1))
    around = float(shares[first - PEAK_WIDTH : last + PEAK_WIDTH + 1].sum())
    return peak > GREY_SHARE and peak > PEAK_SHARE * around


def _has_green(colour: Picture) -> bool:
    pure = (colour[..., 0] <= OTHER_LEVELS) & (colour[..., 2] <= OTHER_LEVELS)
    shares = np.bincount(colour[..., 1][pure], minlength=256) / pure.size
    first, last = GREEN_LEVELS
    peak = max(float(shares[level - 1 : level + 2].sum()) for level in range(first, last + 1))
    return peak > GREEN_SHARE and peak > PEAK_SHARE * float(shares[first // 2 :].sum())


def _has_repeated_lines(luma: NDArray[np.uint8]) -> bool:
    """Return whether lines repeat downwards over nearly the whole width."""
    values = luma.astype(np.float32)
    down = cv2.blur(np.abs(np.diff(values, axis=0, append=values[-1:])), LINE_AREA)
    across = cv2.blur(np.abs(np.diff(values, axis=1, append=values[:, -1:])), LINE_AREA)
    repeated = (down < LINE_RATIO * across) & (across > LINE_GRADIENT)
    return float((repeated.mean(1) >= FULL_WIDTH).mean()) > LINES_SHARE
