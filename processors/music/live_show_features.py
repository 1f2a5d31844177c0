"""Features of a fragment for lights and screens: beats, band energy, onset strength, brightness and key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import librosa
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.music.audio import RATE, RECENT_SECONDS
from processors.music.spectra import BANDS, HOP

# Krumhansl and Kessler (1982): how well each step of the scale fits a major and a minor key.
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

MIN_KEY_CORRELATION = 0.5
"""Correlation with a key's profile below which no key is named: noise reaches about 0.4."""

MIN_BEATS = 8
"""Beats from which a line through them is more precise than the autocorrelation."""

Array = NDArray[Any]


class LiveShowFeatures(Struct, frozen=True):
    """Features for a lighting desk.

    Attributes:
        beats: seconds from the fragment's beginning.
        bands: power in dB of each of `BANDS` in the last `RECENT_SECONDS`, relative to the whole fragment's power.
        onset: mean onset strength of the last `RECENT_SECONDS`, librosa's unit: mean rise in dB of 96 mel bands.
        brightness: spectral centroid of the last `RECENT_SECONDS`, Hz.
        key: "A minor" and the like; empty where none is clear.
        key_confidence: correlation with the key's profile, 0 to 1.
    """

    beats: tuple[float, ...]
    bands: dict[str, float]
    onset: float
    brightness: float
    key: str
    key_confidence: float


def live_show_features(
    power: Array, onset: Array, centroid: Array, tempo: float, keys: Array, seconds: float
) -> LiveShowFeatures:
    """Return the features for a lighting desk from arrays that are computed already.

    Args:
        power: (bands + 1, frames), as in `Spectra`.
        onset: (frames,) onset strength.
        centroid: (frames,) Hz.
        tempo: beats per minute, 0 for none.
        keys: as `key_correlations` returns them.
        seconds: length of the fragment.
    """
    recent = slice(-max(1, round(RECENT_SECONDS * RATE / HOP)), None)
    whole = float(power[-1].mean())
    bands = {}
    for name, row in zip(BANDS, power, strict=False):
        share = float(row[recent].mean()) / max(whole, 1e-12)
        bands[name] = round(10 * float(np.log10(max(share, 1e-9))), 2)
    mode, step = np.unravel_index(int(keys.argmax()), keys.shape)
    confidence = float(np.clip(keys[mode, step], 0, 1))
    key = f"{NOTES[int(step)]} {('major', 'minor')[int(mode)]}" if confidence >= MIN_KEY_CORRELATION else ""
    return LiveShowFeatures(
        beats=_beats(onset, tempo, seconds),
        bands=bands,
        onset=float(onset[recent].mean()),
        brightness=float(centroid[recent].mean()),
        key=key,
        key_confidence=round(confidence, 4),
    )


def key_correlations(chroma: Array) -> Array:
    """Return the correlation of a mean chroma (12,) with each key: (2, 12), major and minor, from C on.

    The profiles are the probe-tone ratings of Krumhansl and Kessler (Psychological Review 89, 1982).

    >>> found = key_correlations(np.array(MINOR)[np.arange(-9, 3)])  # A is step 9
    >>> int(found[1].argmax()), NOTES[9]
    (9, 'A')
    """
    if float(chroma.std()) < 1e-9:
        return np.zeros((2, 12))
    profiles = np.array([[np.roll(profile, step) for step in range(12)] for profile in (MAJOR, MINOR)])
    centred = profiles - profiles.mean(axis=2, keepdims=True)
    given = chroma - chroma.mean()
    return np.asarray(centred @ given / (np.linalg.norm(centred, axis=2) * np.linalg.norm(given)))


def _beats(onset: Array, tempo: float, seconds: float) -> tuple[float, ...]:
    """Return beat times by dynamic programming (Ellis, Journal of New Music Research 36, 2007), with librosa.

    Onset strength is highest one hop after a beat began: measured on synthesised music, with `training.music.beats`.
    """
    if not tempo:
        return ()
    _, times = librosa.beat.beat_track(onset_envelope=onset, sr=RATE, hop_length=HOP, bpm=tempo, units="time")
    return tuple(round(max(0.0, float(time) - HOP / RATE), 3) for time in times if time <= seconds)


def tempo_from_beats(beats: Sequence[float], otherwise: float) -> float:
    """Return the beats per minute of a line through the beats, which is finer than the lags of an autocorrelation.

    Args:
        beats: seconds.
        otherwise: returned for too few beats, and where they do not lie on a line.

    >>> round(tempo_from_beats([0.1 + 0.5 * number for number in range(20)], 117.5), 3)
    120.0
    """
    if len(beats) < MIN_BEATS:
        return otherwise
    numbers = np.arange(len(beats))
    slope, start = np.polyfit(numbers, beats, 1)
    off = np.abs(np.asarray(beats) - start - slope * numbers)
    return 60 / float(slope) if float(np.median(off)) < 0.1 * slope else otherwise
