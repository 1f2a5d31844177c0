"""Synthesised instruments from sines and noise. Each adds one note to a sound in place; notes are MIDI numbers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

RATE = 24_000
"""Sampling rate in Hz."""

Sound = NDArray[np.float32]


def frequency(note: int) -> float:
    """Return the frequency of a MIDI note in Hz.

    >>> frequency(69)
    440.0
    """
    return float(440.0 * 2.0 ** ((note - 69) / 12))


def pluck(sound: Sound, start: float, seconds: float, note: int, loudness: float) -> None:
    """Add a plucked string or struck key: harmonics that decay, the high ones first."""
    _add(sound, start, _plucked(note, round(seconds, 3)) * loudness)


def pad(sound: Sound, start: float, seconds: float, note: int, loudness: float, *, bright: int) -> None:
    """Add a held chord note of two slightly detuned voices, with `bright` harmonics."""
    _add(sound, start, _held(note, round(seconds, 3), bright) * loudness)


def bass(sound: Sound, start: float, seconds: float, note: int, loudness: float) -> None:
    """Add a low note with some saturation."""
    _add(sound, start, _low(note, round(seconds, 3)) * loudness)


def distorted(sound: Sound, start: float, seconds: float, notes: list[int], loudness: float) -> None:
    """Add the chord of an electric guitar through an overdriven amplifier."""
    _add(sound, start, _overdriven(tuple(notes), round(seconds, 3)) * loudness)


def drums(sound: Sound, start: float, beat: float, pattern: str, random: np.random.Generator) -> None:
    """Add one bar of drums: `four` on the floor, `double` bass drum, or `brushes`."""
    kick, snare, hat = _kick(), _snare(), _hat()
    for sixteenth in range(16):
        at = start + sixteenth * beat / 4
        human = random.uniform(0.85, 1.0)
        if pattern == "brushes":
            if sixteenth % 4 == 2:
                _add(sound, at, hat * (0.06 * human))
            continue
        if sixteenth % 4 == 0 or (pattern == "double" and sixteenth % 2 == 0):
            _add(sound, at, kick * (0.62 * human))
        if sixteenth in {4, 12}:
            _add(sound, at, snare * (0.42 * human))
        if sixteenth % 2 == 0:
            _add(sound, at, hat * ((0.20 if pattern == "double" else 0.13) * human))


def add_reverb(sound: Sound, random: np.random.Generator, *, seconds: float) -> Sound:
    """Return the sound with reverberation, convolved with decaying noise as impulse response."""
    time = np.arange(int(seconds * RATE)) / RATE
    echo = random.normal(0, 1, time.size) * np.exp(-6.9 * time / seconds)
    echo = sosfilt(butter(2, 3_500, fs=RATE, output="sos"), echo)
    wet = fftconvolve(sound, echo / np.sqrt((echo**2).sum()))[: sound.size]
    return np.asarray(sound + 0.28 * wet, np.float32)


def crowd_noise(seconds: float, random: np.random.Generator) -> Sound:
    """Return the noise of a talking crowd: voice-band noise modulated at syllable rate, and occasional whistles."""
    size = int(seconds * RATE)
    sound = np.zeros(size)
    for _ in range(6):
        low = random.uniform(180, 500)
        band = sosfilt(
            butter(2, (low, low * random.uniform(3, 6)), "band", fs=RATE, output="sos"), random.normal(0, 1, size)
        )
        syllables = np.repeat(random.gamma(1.2, 0.6, int(seconds * 5) + 2), RATE // 5)[:size]
        sound += band * sosfilt(butter(1, 6, fs=RATE, output="sos"), syllables)
    for _ in range(int(random.poisson(seconds / 8))):
        start, length = random.uniform(0, seconds), random.uniform(0.3, 0.7)
        time = np.arange(int(length * RATE)) / RATE
        whistle = np.sin(2 * np.pi * (2_100 * time + 350 * time**2)) * np.sin(np.pi * time / length) * 0.5
        at = int(start * RATE)
        sound[at : at + time.size] += whistle[: size - at]
    return np.asarray(sound / max(1e-9, np.abs(sound).max()), np.float32)


def mains_hum(seconds: float, random: np.random.Generator) -> Sound:
    """Return the sound of a public address system that is off: mains hum and hiss near -75 dBFS."""
    time = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(2e-4 * np.sin(2 * np.pi * 50 * time) + random.normal(0, 5e-5, time.size), np.float32)


def _add(sound: Sound, start: float, note: NDArray[np.floating]) -> None:
    at = int(start * RATE)
    part = sound[at : at + note.size]
    part += note[: part.size].astype(np.float32)


def _time(seconds: float) -> NDArray[np.float64]:
    return np.arange(int(seconds * RATE)) / RATE


def _faded(wave: NDArray[np.float64], rise: float, fall: float) -> Sound:
    """Fade a note in and out over the given seconds, so that it does not click."""
    up, down = min(wave.size, int(rise * RATE)), min(wave.size, int(fall * RATE))
    wave[:up] *= np.linspace(0, 1, up)
    wave[wave.size - down :] *= np.linspace(1, 0, down)
    return wave.astype(np.float32)


@lru_cache(maxsize=512)
def _plucked(note: int, seconds: float) -> Sound:
    time, pitch = _time(seconds), frequency(note)
    wave = np.zeros(time.size)
    for harmonic in range(1, 9):
        if harmonic * pitch < RATE / 2.2:
            wave += np.exp(-time * (1.6 + 1.1 * harmonic)) * np.sin(2 * np.pi * harmonic * pitch * time) / harmonic
    return _faded(wave, 0.003, 0.05)


@lru_cache(maxsize=512)
def _held(note: int, seconds: float, bright: int) -> Sound:
    time, wave = _time(seconds), np.zeros(int(seconds * RATE))
    for detune in (0.997, 1.003):
        for harmonic in range(1, bright + 1):
            wave += np.sin(2 * np.pi * harmonic * frequency(note) * detune * time) / harmonic**1.3
    return _faded(wave * 0.5, min(0.25, seconds / 4), min(0.3, seconds / 3))


@lru_cache(maxsize=256)
def _low(note: int, seconds: float) -> Sound:
    time, pitch = _time(seconds), frequency(note)
    wave = np.tanh(1.5 * (np.sin(2 * np.pi * pitch * time) + 0.4 * np.sin(4 * np.pi * pitch * time)))
    return _faded(wave * np.exp(-time * 1.2), 0.006, 0.04)


@lru_cache(maxsize=256)
def _overdriven(notes: tuple[int, ...], seconds: float) -> Sound:
    time, wave = _time(seconds), np.zeros(int(seconds * RATE))
    for note in notes:
        wave += 2 * ((frequency(note) * time) % 1) - 1
    driven = np.tanh(5 * wave) + 0.15 * np.sign(wave)
    return _faded(sosfilt(butter(2, (90, 5_500), "band", fs=RATE, output="sos"), driven), 0.002, 0.012)


@lru_cache(maxsize=1)
def _kick() -> Sound:
    time = _time(0.28)
    return _faded(np.sin(2 * np.pi * (46 * time + 9 * (1 - np.exp(-28 * time)))) * np.exp(-11 * time), 0.001, 0.02)


@lru_cache(maxsize=1)
def _snare() -> Sound:
    time, random = _time(0.22), np.random.default_rng(1)
    rattle = sosfilt(butter(2, 1_200, "high", fs=RATE, output="sos"), random.normal(0, 0.5, time.size))
    return _faded(rattle * np.exp(-16 * time) + 0.6 * np.sin(2 * np.pi * 190 * time) * np.exp(-24 * time), 0.001, 0.02)


@lru_cache(maxsize=1)
def _hat() -> Sound:
    time, random = _time(0.07), np.random.default_rng(2)
    noise = sosfilt(butter(2, 7_000, "high", fs=RATE, output="sos"), random.normal(0, 0.6, time.size))
    return _faded(noise * np.exp(-60 * time), 0.001, 0.01)
