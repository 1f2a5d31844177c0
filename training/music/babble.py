"""Synthetic babble of a talking crowd, as a stage microphone records it.

Voices are pulses through three moving resonances (the source-filter model of Fant, 1960) in syllables of random length,
with hiss for consonants. It has no words and no recordings of people.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from processors.music.audio import RATE

Sound = NDArray[np.float32]

NUM_VOICES = 24
"""Number of voices; with more than about twenty none is intelligible, and more change little."""

# Formants of vowels of a man, Hz (Peterson and Barney, 1952): i, ɛ, æ, ɑ, ɔ, u, ʌ.
VOWEL_FORMANTS = (
    (270, 2290, 3010), (530, 1840, 2480), (660, 1720, 2410), (730, 1090, 2440), (570, 840, 2410), (300, 870, 2240),
    (640, 1190, 2390),
)  # fmt: skip
FORMANT_BANDWIDTHS = (60.0, 90.0, 150.0)


def babble(length: int, rng: np.random.Generator) -> Sound:
    """Return `length` samples at `RATE`, of root mean square 1."""
    total = np.zeros(length)
    for _ in range(NUM_VOICES):
        total += rng.uniform(0.3, 1.0) * _voice(length, rng)
    return np.asarray(total / max(float(np.sqrt(np.mean(total**2))), 1e-9), np.float32)


@cache
def cached_babble(pool: int, number: int) -> Sound:
    """Return a cached minute of a crowd; pools share no voice, so that tests use other voices than training."""
    return babble(60 * RATE, np.random.default_rng([pool, number]))


def loop_excerpt(sound: Sound, length: int, rng: np.random.Generator) -> Sound:
    """Return `length` samples from a random position, repeating the audio as needed."""
    return np.resize(np.roll(sound, -int(rng.integers(len(sound)))), length)


def _voice(length: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return one voice: syllables of 0.12 to 0.35 s, with pauses."""
    sound = np.zeros(length)
    pitch = rng.uniform(85, 250)
    formant_scale = 1.0 + 0.2 * (pitch > 160)  # shorter throats sound higher
    position = int(rng.uniform(0, 0.5) * RATE)
    while position < length:
        syllable_length = min(int(rng.uniform(0.12, 0.35) * RATE), length - position)
        sound[position : position + syllable_length] = _syllable(
            syllable_length, pitch * rng.uniform(0.85, 1.2), formant_scale, rng
        )
        pause = rng.uniform(0.2, 1.0) if rng.random() < 0.15 else rng.uniform(0.0, 0.05)
        position += syllable_length + int(pause * RATE)
    return sound


def _syllable(length: int, pitch: float, formant_scale: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a fricative, then a vowel with a rising and falling envelope."""
    pitch_contour = pitch * (1 + np.linspace(0.05, -0.1, length))
    phase = np.cumsum(pitch_contour / RATE)
    pulses = (np.diff(np.floor(phase), prepend=0) > 0).astype(float)
    source = lfilter([1.0], [1.0, -0.95], pulses) + 0.02 * rng.standard_normal(length)
    for formant, bandwidth in zip(VOWEL_FORMANTS[rng.integers(len(VOWEL_FORMANTS))], FORMANT_BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * bandwidth / RATE)
        angle = 2 * np.pi * formant * formant_scale / RATE
        source = lfilter([1 - radius], [1.0, -2 * radius * np.cos(angle), radius**2], source)
    source = source / max(float(np.abs(source).max()), 1e-9) * np.hanning(length)
    fricative_length = min(length, int(rng.uniform(0.02, 0.08) * RATE))
    source[:fricative_length] += (
        0.15 * np.diff(rng.standard_normal(fricative_length + 1)) * np.hanning(fricative_length)
    )
    return source
