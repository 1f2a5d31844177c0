"""Augmentation of studio recordings as a stage microphone records them: part, hall, equaliser, crowd and overload."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from processors.music.audio import MIN_SECONDS, RATE, Audio

Sound = NDArray[np.float32]
Generator = np.random.Generator


def augment_with_pink_noise(audio: Audio, rng: Generator) -> Audio:
    """Return one rendering; each effect has its own probability, so some renderings are nearly clean.

    The crowd is pink noise modulated at the rate of syllables, 5 to 25 dB below the music. It replaces recordings of
    crowds, which the data do not have.
    """
    samples = random_part(audio.samples, rng)
    if rng.random() < 0.5:
        samples = add_reverberation(samples, rng)
    if rng.random() < 0.6:
        samples = equalise(samples, rng)
    if rng.random() < 0.7:
        samples = samples + root_mean_square(samples) * 10 ** (-rng.uniform(5, 25) / 20) * pink_noise(len(samples), rng)
    if rng.random() < 0.25:
        clipping_level = float(np.quantile(np.abs(samples), rng.uniform(0.97, 0.999)))
        samples = np.clip(samples, -clipping_level, clipping_level)
    samples = samples / max(float(np.abs(samples).max()), 1e-9) * 10 ** (-rng.uniform(0, 20) / 20)
    return Audio(np.ascontiguousarray(samples, np.float32))


def root_mean_square(samples: Sound) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def random_part(samples: Sound, rng: Generator) -> Sound:
    """Return a random part of the fragment, at least half of it."""
    length = max(int(MIN_SECONDS * RATE), int(len(samples) * rng.uniform(0.5, 1.0)))
    start = int(rng.integers(0, len(samples) - length + 1))
    return samples[start : start + length]


def add_reverberation(samples: Sound, rng: Generator) -> Sound:
    """Add reverberation: noise that decays by 60 dB in 0.4 to 2 s, 0 to 12 dB below the direct sound."""
    decay = rng.uniform(0.4, 2.0)
    time = np.arange(int(decay * RATE)) / RATE
    impulse_response = rng.standard_normal(len(time)) * 10 ** (-3 * time / decay)
    impulse_response /= np.sqrt(np.sum(impulse_response**2))
    reverberation = fftconvolve(samples, impulse_response)[: len(samples)] * 10 ** (-rng.uniform(0, 12) / 20)
    return (samples + reverberation).astype(np.float32)


def equalise(samples: Sound, rng: Generator) -> Sound:
    """Cut treble above 3 to 9 kHz, cut bass below 60 to 200 Hz, or boost the bass."""
    kind = rng.integers(3)
    if kind == 0:
        return _filtered(samples, "lowpass", rng.uniform(3_000, 9_000))
    if kind == 1:
        return _filtered(samples, "highpass", rng.uniform(60, 200))
    bass = _filtered(samples, "lowpass", rng.uniform(80, 250))
    return samples + np.float32(rng.uniform(0.3, 1.5)) * bass


def _filtered(samples: Sound, kind: str, frequency: float) -> Sound:
    return np.asarray(sosfilt(butter(2, frequency, kind, fs=RATE, output="sos"), samples), np.float32)


def pink_noise(length: int, rng: Generator) -> Sound:
    """Return pink noise of root mean square 1, with an envelope of 1 to 6 Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    frequency = np.fft.rfftfreq(length, 1 / RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 50.0)), length)
    envelope = np.interp(np.arange(length) / RATE * rng.uniform(1, 6), np.arange(400), rng.uniform(0.5, 1.5, 400))
    noise = noise * envelope
    return np.asarray(noise / max(root_mean_square(noise.astype(np.float32)), 1e-9), np.float32)
