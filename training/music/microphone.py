"""Augmentation of studio recordings as a stage microphone records them: part, hall, equaliser, crowd and overload."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from processors.music.audio import MIN_SECONDS, RATE, Audio

Sound = NDArray[np.float32]
Random = np.random.Generator


def overheard(audio: Audio, random: Random) -> Audio:
    """One rendering; each effect comes with a chance of its own, so some renderings are nearly clean.

    The crowd is pink noise that swells at the pace of syllables, 5 to 25 dB below the music. It stands in for
    recordings of crowds, which the data do not have.
    """
    samples = part(audio.samples, random)
    if random.random() < 0.5:
        samples = hall(samples, random)
    if random.random() < 0.6:
        samples = equalised(samples, random)
    if random.random() < 0.7:
        samples = samples + level(samples) * 10 ** (-random.uniform(5, 25) / 20) * pink(len(samples), random)
    if random.random() < 0.25:
        top = float(np.quantile(np.abs(samples), random.uniform(0.97, 0.999)))
        samples = np.clip(samples, -top, top)
    samples = samples / max(float(np.abs(samples).max()), 1e-9) * 10 ** (-random.uniform(0, 20) / 20)
    return Audio(np.ascontiguousarray(samples, np.float32))


def level(samples: Sound) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def part(samples: Sound, random: Random) -> Sound:
    """Return a random part of the fragment, at least half of it."""
    length = max(int(MIN_SECONDS * RATE), int(len(samples) * random.uniform(0.5, 1.0)))
    start = int(random.integers(0, len(samples) - length + 1))
    return samples[start : start + length]


def hall(samples: Sound, random: Random) -> Sound:
    """Reverberation: noise that decays by 60 dB in 0.4 to 2 s, 0 to 12 dB below the direct sound."""
    decay = random.uniform(0.4, 2.0)
    time = np.arange(int(decay * RATE)) / RATE
    tail = random.standard_normal(len(time)) * 10 ** (-3 * time / decay)
    tail /= np.sqrt(np.sum(tail**2))
    wet = fftconvolve(samples, tail)[: len(samples)] * 10 ** (-random.uniform(0, 12) / 20)
    return (samples + wet).astype(np.float32)


def equalised(samples: Sound, random: Random) -> Sound:
    """Treble cut above 3 to 9 kHz, bass cut below 60 to 200 Hz, or more bass."""
    kind = random.integers(3)
    if kind == 0:
        return _filtered(samples, "lowpass", random.uniform(3_000, 9_000))
    if kind == 1:
        return _filtered(samples, "highpass", random.uniform(60, 200))
    bass = _filtered(samples, "lowpass", random.uniform(80, 250))
    return samples + np.float32(random.uniform(0.3, 1.5)) * bass


def _filtered(samples: Sound, kind: str, frequency: float) -> Sound:
    return np.asarray(sosfilt(butter(2, frequency, kind, fs=RATE, output="sos"), samples), np.float32)


def pink(length: int, random: Random) -> Sound:
    """Pink noise of level 1, its envelope moving at 1 to 6 Hz."""
    spectrum = np.fft.rfft(random.standard_normal(length))
    frequency = np.fft.rfftfreq(length, 1 / RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 50.0)), length)
    swell = np.interp(np.arange(length) / RATE * random.uniform(1, 6), np.arange(400), random.uniform(0.5, 1.5, 400))
    noise = noise * swell
    return np.asarray(noise / max(level(noise.astype(np.float32)), 1e-9), np.float32)
