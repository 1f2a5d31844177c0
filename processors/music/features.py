"""Hand-crafted audio features of a fragment as one vector: loudness, timbre, harmony and rhythm, by librosa."""

from __future__ import annotations

import hashlib
from typing import Any

import librosa
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.music.audio import RATE, Audio
from processors.music.live_show_features import LiveShowFeatures, key_correlations, live_show_features, tempo_from_beats
from processors.music.spectra import FFT, HOP, Spectra, compute_spectra
from processors.music.tempo import estimate_tempo

LEVEL_DBFS = -20.0
"""Loudness to which all audio is normalised first: a microphone's gain says nothing about mood."""

Vector = NDArray[np.float32]


class FragmentFeatures(Struct, frozen=True):
    """Features of one fragment.

    Attributes:
        vector: (len(NAMES),) float32.
        tempo: beats per minute, 0 where there is no beat; more precise than the feature of that name, and of a likelier
            octave.
        show: features for a lighting desk, from the same spectrum.
    """

    vector: Vector
    tempo: float
    show: LiveShowFeatures


def normalise_level(audio: Audio) -> Audio:
    """Return the audio at `LEVEL_DBFS`; peaks may then exceed full scale, which no feature minds.

    >>> quiet = Audio(np.sin(np.arange(RATE, dtype=np.float32)) / np.float32(1000))
    >>> round(normalise_level(quiet).loudness, 3)
    -20.0
    """
    return Audio(audio.samples * np.float32(10 ** ((LEVEL_DBFS - audio.loudness) / 20)))


def extract_features(audio: Audio) -> FragmentFeatures:
    """Return all features of audio after `normalise_level`; about 0.07 s for 30 s of audio on one core."""
    return fragment_features(compute_spectra(audio.samples), audio.seconds)


def fragment_features(spectra: Spectra, seconds: float) -> FragmentFeatures:
    """Return the features of a fragment from its spectra."""
    mel = librosa.power_to_db(spectra.mel)
    onset = librosa.onset.onset_strength(S=mel, sr=RATE, hop_length=HOP)
    chroma = spectra.chroma
    mfcc = librosa.feature.mfcc(S=mel, n_mfcc=20)
    loudness = librosa.power_to_db(spectra.power[-1] / (1 + FFT // 2) + 1e-9)
    tempo, clarity = _tempo(onset)
    keys = key_correlations(chroma.mean(axis=1))
    centroid, bandwidth, rolloff, flatness = spectra.shape

    named: dict[str, Any] = {}
    _both(named, "mfcc", mfcc)
    _both(named, "mfcc step", np.diff(mfcc, axis=1))
    _both(named, "contrast", spectra.contrast)
    _both(named, "chroma", np.sort(chroma, axis=0))  # sorted: the same in every key
    _both(named, "tonnetz", librosa.feature.tonnetz(chroma=chroma))
    _both(named, "centroid", centroid[None] / 1000)
    _both(named, "bandwidth", bandwidth[None] / 1000)
    _both(named, "rolloff", rolloff[None] / 1000)
    _both(named, "flatness", np.log(flatness[None]))
    _both(named, "zero crossings", spectra.crossings)
    _both(named, "onset", onset[None])
    named["onsets a second"] = len(librosa.onset.onset_detect(onset_envelope=onset, sr=RATE)) / seconds
    named["dynamics"] = float(np.percentile(loudness, 95) - np.percentile(loudness, 5))
    named["low energy"] = float(np.mean(loudness < loudness.mean()))
    named["tempo"], named["pulse clarity"] = np.log2(max(tempo, 30.0)), clarity
    named["major"], named["minor"], named["key clarity"] = _key(keys)
    vector = np.nan_to_num(np.array([named[name] for name in NAMES], np.float32))
    pulse = estimate_tempo(mel, onset)  # the feature stays what the models learnt from
    show = live_show_features(spectra.power, onset, centroid, pulse, keys, seconds)
    return FragmentFeatures(vector, tempo_from_beats(show.beats, pulse), show)


def _both(named: dict[str, Any], name: str, rows: NDArray[Any]) -> None:
    """Add the mean and the standard deviation over time of each row."""
    for number, row in enumerate(rows):
        named[f"{name} {number} mean"] = float(row.mean())
        named[f"{name} {number} spread"] = float(row.std())


def _tempo(onset: NDArray[Any]) -> tuple[float, float]:
    """Return the tempo in beats per minute and the pulse clarity: the peak of the onsets' autocorrelation, 0 to 1."""
    if float(onset.std()) < 1e-6:
        return 0.0, 0.0
    centred = onset - onset.mean()
    correlation = librosa.autocorrelate(centred, max_size=round(2.0 * RATE / HOP))
    correlation = correlation / max(float(correlation[0]), 1e-9)
    shortest = round(60 / 240 * RATE / HOP)
    clarity = float(np.clip(correlation[shortest:].max(initial=0.0), 0, 1))
    tempo = float(librosa.feature.tempo(onset_envelope=onset, sr=RATE, hop_length=HOP)[0])
    return tempo, clarity


def _key(keys: NDArray[Any]) -> tuple[float, float, float]:
    """Return the best correlation with any major and any minor key, and their difference."""
    major, minor = float(keys[0].max()), float(keys[1].max())
    return major, minor, major - minor


def _names() -> tuple[str, ...]:
    rows = (
        ("mfcc", 20), ("mfcc step", 20), ("contrast", 7), ("chroma", 12), ("tonnetz", 6), ("centroid", 1),
        ("bandwidth", 1), ("rolloff", 1), ("flatness", 1), ("zero crossings", 1), ("onset", 1),
    )  # fmt: skip
    both = [f"{name} {number} {part}" for name, count in rows for number in range(count) for part in ("mean", "spread")]
    return (
        *both, "onsets a second", "dynamics", "low energy", "tempo", "pulse clarity", "major", "minor", "key clarity",
    )  # fmt: skip


NAMES = _names()
"""Names of the features, in the order of the vector."""

REVISION = 2
"""Number to raise when a feature keeps its name and changes its meaning."""

VERSION = hashlib.sha256("\n".join((*NAMES, f"{REVISION} {RATE} {FFT} {HOP} {LEVEL_DBFS}")).encode()).hexdigest()[:12]
"""Hash of the features' definition; a model that was trained on another one is rejected."""
