"""Tempo of a fragment by autocorrelation of onsets, with its octave: of half, whole and double, the tactus."""

from __future__ import annotations

from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray

from processors.music.audio import RATE
from processors.music.spectra import HOP

MIN_TEMPO, MAX_TEMPO = 55.0, 200.0
"""Bounds of the tempo, beats per minute."""

PRIOR_TEMPO, PRIOR_OCTAVES = 120.0, 0.9
"""Centre in beats per minute and standard deviation in octaves of a log-normal prior (Ellis, Journal of New Music
Research 36, 2007).
"""

BASS_BANDS = 6
"""Number of mel bands with the bass drum and the bass, up to some 150 Hz."""

BASS_WEIGHT = 0.5
"""Weight of the bass in the autocorrelation."""

MULTIPLES = (1, 2, 3, 4)
"""Multiples of a period at which the autocorrelation is averaged: a period that fits only itself is a syncopation."""

HALF_PERIOD_RATIO = 0.7
"""Ratio of the bass's autocorrelation at half a period from which the half is the period."""

MAX_DOUBLED_TEMPO = 180.0
"""Tempo that doubling may reach, beats per minute: beyond, a bass that plays eighths is likelier than so fast a
beat."""

MIN_CORRELATION = 0.1
"""Autocorrelation below which there is no pulse."""

_STEPS = np.geomspace(MIN_TEMPO, MAX_TEMPO, 300)
_BLUR = np.array([0.25, 0.5, 0.25])

Array = NDArray[Any]


def estimate_tempo(mel: Array, onset: Array) -> float:
    """Return the beats per minute, within about 1 %; 0 where there is no pulse.

    Args:
        mel: (96, frames) dB.
        onset: (frames,) onset strength of all bands.
    """
    if len(onset) < 4 * RATE / HOP or float(onset.std()) < 1e-6:
        return 0.0
    low = librosa.onset.onset_strength(S=mel[:BASS_BANDS], sr=RATE, hop_length=HOP)
    whole, bass = _correlation(onset), _correlation(low)
    both = BASS_WEIGHT * bass + (1 - BASS_WEIGHT) * whole
    lags = 60 / _STEPS * RATE / HOP
    prior = np.exp(-0.5 * np.square(np.log2(_STEPS / PRIOR_TEMPO) / PRIOR_OCTAVES))
    fit = np.mean([_at(both, lags * times) for times in MULTIPLES], axis=0)
    best = int(np.argmax(fit * prior))
    lag = float(lags[best])
    if float(_at(both, np.array([lag]))[0]) < MIN_CORRELATION:
        return 0.0
    tempo = float(_STEPS[best])
    here, half = _at(bass, np.array([lag, lag / 2]))
    if 2 * tempo <= MAX_DOUBLED_TEMPO and here > 0 and half > HALF_PERIOD_RATIO * here:
        tempo *= 2
    return tempo


def _correlation(onset: Array) -> Array:
    """Return the autocorrelation by lag in frames, 1 at lag 0.

    It is blurred by a frame, since a period is no whole number of frames.
    """
    centred = onset - onset.mean()
    correlation = librosa.autocorrelate(centred, max_size=len(onset) * 3 // 4)
    correlation = correlation / np.arange(len(onset), len(onset) - len(correlation), -1)
    return np.convolve(correlation / max(float(correlation[0]), 1e-12), _BLUR, mode="same")


def _at(correlation: Array, lags: Array) -> Array:
    """Interpolate between whole lags; 0 beyond the last one."""
    return np.interp(lags, np.arange(len(correlation)), correlation, right=0.0)
