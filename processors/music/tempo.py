"""The tempo of a fragment, with its octave: of half, whole and double, the one that feet would follow."""

from __future__ import annotations

from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray

from processors.music.audio import RATE
from processors.music.spectra import HOP

SLOWEST, FASTEST = 55.0, 200.0
"""beats per minute"""

USUAL, SPREAD = 120.0, 0.9
"""Beats per minute and octaves: a log-normal prior (Ellis, 2007)."""

LOW = 6
"""mel bands, up to some 150 Hz: where the bass drum and the bass are"""

LOW_SHARE = 0.5
"""of the pulse that is looked for in the bass"""

MULTIPLES = (1, 2, 3, 4)
"""A period's multiples are periods too: what fits only itself is a syncopation."""

BETWEEN = 0.7
"""Where the bass strikes as regularly at half a period, at least by this share, that half is the period."""

DOUBLED = 180.0
"""Beats per minute that doubling may reach: beyond, a bass that plays eighths is likelier than so fast a beat."""

CLEAR = 0.1
"""Autocorrelation below which there is no pulse."""

_STEPS = np.geomspace(SLOWEST, FASTEST, 300)
_BLUR = np.array([0.25, 0.5, 0.25])

Array = NDArray[Any]


def estimate_tempo(mel: Array, onset: Array) -> float:
    """Beats per minute, within about 1 %; 0 where there is no pulse.

    Args:
        mel: (96, frames) dB.
        onset: (frames,) onset strength of all bands.
    """
    if len(onset) < 4 * RATE / HOP or float(onset.std()) < 1e-6:
        return 0.0
    low = librosa.onset.onset_strength(S=mel[:LOW], sr=RATE, hop_length=HOP)
    whole, bass = _correlation(onset), _correlation(low)
    both = LOW_SHARE * bass + (1 - LOW_SHARE) * whole
    lags = 60 / _STEPS * RATE / HOP
    prior = np.exp(-0.5 * np.square(np.log2(_STEPS / USUAL) / SPREAD))
    fit = np.mean([_at(both, lags * times) for times in MULTIPLES], axis=0)
    best = int(np.argmax(fit * prior))
    lag = float(lags[best])
    if float(_at(both, np.array([lag]))[0]) < CLEAR:
        return 0.0
    tempo = float(_STEPS[best])
    here, half = _at(bass, np.array([lag, lag / 2]))
    if 2 * tempo <= DOUBLED and here > 0 and half > BETWEEN * here:
        tempo *= 2
    return tempo


def _correlation(onset: Array) -> Array:
    """Autocorrelation by lag in frames, 1 at lag 0, blurred by a frame, since periods are no whole number of frames."""
    centred = onset - onset.mean()
    found = librosa.autocorrelate(centred, max_size=len(onset) * 3 // 4)
    found = found / np.arange(len(onset), len(onset) - len(found), -1)
    return np.convolve(found / max(float(found[0]), 1e-12), _BLUR, mode="same")


def _at(correlation: Array, lags: Array) -> Array:
    """Between whole lags; 0 beyond those that were heard."""
    return np.interp(lags, np.arange(len(correlation)), correlation, right=0.0)
