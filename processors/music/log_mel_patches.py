"""Log-mel patches for the YAMNet network (Plakal and Ellis, TensorFlow model garden): its front end, in NumPy."""

from __future__ import annotations

from functools import cache

import librosa
import numpy as np
from numpy.typing import NDArray

from processors.music.audio import RATE, Samples

YAMNET_RATE = 16_000
"""Sample rate of the network, Hz."""
WINDOW, HOP, BINS = 400, 160, 512
"""Samples of a window (25 ms) and of a hop (10 ms), and points of the Fourier transform."""
BANDS, FRAMES = 64, 96
"""Mel bands and frames of a patch (0.96 s)."""
PATCH = (FRAMES - 1) * HOP + WINDOW
"""Samples at `YAMNET_RATE` that a patch needs."""

MIN_FREQUENCY, MAX_FREQUENCY = 125.0, 7_500.0
"""Range of the mel bands, Hz."""

Array = NDArray[np.float32]


def patches(samples: Samples) -> Array:
    """Return log-mel patches of 0.96 s without overlap.

    Args:
        samples: mono at `RATE`, at least one second.

    Returns:
        (n, 1, 96, 64) float32: time × band.

    >>> patches(np.zeros(2 * RATE, np.float32)).shape
    (2, 1, 96, 64)
    """
    return patches_at(librosa.resample(samples, orig_sr=RATE, target_sr=YAMNET_RATE, res_type="soxr_hq"))


def patches_at(sound: Samples) -> Array:
    """Return the `patches` of audio that is at `YAMNET_RATE` already."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP]
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    spectrum = np.abs(np.fft.rfft(frames * window, BINS)).astype(np.float32)
    mel = np.log(spectrum @ _bands() + 0.001)
    whole = len(mel) // FRAMES
    return np.ascontiguousarray(mel[: whole * FRAMES].reshape(whole, 1, FRAMES, BANDS), np.float32)


@cache
def _bands() -> Array:
    """Return triangular filters (257, 64), equally spaced in mel: m(f) = 1127 ln(1 + f/700)."""

    def mel(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(1127 * np.log1p(frequency / 700))

    lowest, highest = mel(np.array([MIN_FREQUENCY, MAX_FREQUENCY]))
    edges = np.linspace(float(lowest), float(highest), BANDS + 2)
    bins = mel(np.linspace(0, YAMNET_RATE / 2, BINS // 2 + 1))[:, None]
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))
    return np.asarray(np.maximum(weights, 0), np.float32)
