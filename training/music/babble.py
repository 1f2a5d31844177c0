"""Synthetic babble of a talking crowd, as a stage microphone records it between itself and the band.

Voices are pulses through three moving resonances (the source-filter model of Fant, 1960) in syllables of random length,
with hiss for consonants. No word is said and no one was recorded.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from processors.music.audio import RATE

Sound = NDArray[np.float32]

VOICES = 24
"""Number of voices; from some twenty on none is intelligible, and more change little."""

# Formants of vowels of a man, Hz (Peterson and Barney, 1952): i, ɛ, æ, ɑ, ɔ, u, ʌ.
VOWELS = (
    (270, 2290, 3010), (530, 1840, 2480), (660, 1720, 2410), (730, 1090, 2440), (570, 840, 2410), (300, 870, 2240),
    (640, 1190, 2390),
)  # fmt: skip
BANDWIDTHS = (60.0, 90.0, 150.0)


def babble(length: int, random: np.random.Generator) -> Sound:
    """Return `length` samples at `RATE`, of root mean square 1."""
    crowd = np.zeros(length)
    for _ in range(VOICES):
        crowd += random.uniform(0.3, 1.0) * _voice(length, random)
    return np.asarray(crowd / max(float(np.sqrt(np.mean(crowd**2))), 1e-9), np.float32)


@cache
def crowd(pool: int, number: int) -> Sound:
    """Return a cached minute of a crowd; pools share no voice, so that scoring uses other voices than training."""
    return babble(60 * RATE, np.random.default_rng([pool, number]))


def cut(sound: Sound, length: int, random: np.random.Generator) -> Sound:
    """Return `length` samples from a random position, repeating the audio as needed."""
    return np.resize(np.roll(sound, -int(random.integers(len(sound)))), length)


def _voice(length: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return one voice: syllables of 0.12 to 0.35 s, with pauses."""
    sound = np.zeros(length)
    pitch = random.uniform(85, 250)
    size = 1.0 + 0.2 * (pitch > 160)  # shorter throats sound higher
    at = int(random.uniform(0, 0.5) * RATE)
    while at < length:
        span = min(int(random.uniform(0.12, 0.35) * RATE), length - at)
        sound[at : at + span] = _syllable(span, pitch * random.uniform(0.85, 1.2), size, random)
        pause = random.uniform(0.2, 1.0) if random.random() < 0.15 else random.uniform(0.0, 0.05)
        at += span + int(pause * RATE)
    return sound


def _syllable(length: int, pitch: float, size: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Return a fricative, then a vowel with a rising and falling envelope."""
    glide = pitch * (1 + np.linspace(0.05, -0.1, length))
    phase = np.cumsum(glide / RATE)
    pulses = (np.diff(np.floor(phase), prepend=0) > 0).astype(float)
    source = lfilter([1.0], [1.0, -0.95], pulses) + 0.02 * random.standard_normal(length)
    for formant, bandwidth in zip(VOWELS[random.integers(len(VOWELS))], BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * bandwidth / RATE)
        angle = 2 * np.pi * formant * size / RATE
        source = lfilter([1 - radius], [1.0, -2 * radius * np.cos(angle), radius**2], source)
    source = source / max(float(np.abs(source).max()), 1e-9) * np.hanning(length)
    hiss = min(length, int(random.uniform(0.02, 0.08) * RATE))
    source[:hiss] += 0.15 * np.diff(random.standard_normal(hiss + 1)) * np.hanning(hiss)
    return source
