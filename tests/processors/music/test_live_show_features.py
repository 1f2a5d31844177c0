"""Beats, tempo, bands and key of synthesised music."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.music.audio import RATE, Audio
from processors.music.features import extract_features, normalise_level
from processors.music.live_show_features import LiveShowFeatures, tempo_from_beats
from processors.music.spectra import BANDS

SECONDS = 15.0
TIME = np.arange(int(SECONDS * RATE)) / RATE


def show_features(sound: NDArray[np.float64]) -> LiveShowFeatures:
    return extract_features(normalise_level(Audio(sound.astype(np.float32)))).show


def drum_beats(tempo: float, start: float = 0.25) -> NDArray[np.float64]:
    """Return a drum on each beat."""
    since = (TIME - start) % (60 / tempo)
    return np.asarray(0.5 * np.sin(2 * np.pi * 80 * since) * np.exp(-12 * since) * (start <= TIME))


def chord_sequence(*bars: tuple[int, ...]) -> NDArray[np.float64]:
    """Return chords of equal length, given in semitones above C."""
    length = len(TIME) // len(bars)
    sound = np.zeros(len(TIME))
    for number, bar in enumerate(bars):
        section = slice(number * length, (number + 1) * length)
        for note in bar:
            sound[section] += sum(
                np.sin(2 * np.pi * 261.63 * 2 ** (note / 12) * k * TIME[section]) / k**2 for k in (1, 2)
            )
    return 0.1 * sound


@pytest.mark.parametrize("tempo", [90.0, 120.0, 133.0])
def test_beats_match_drum_and_tempo_is_exact(tempo: float) -> None:
    features = extract_features(normalise_level(Audio(drum_beats(tempo).astype(np.float32))))
    true_beats = np.arange(0.25, SECONDS, 60 / tempo)
    distance = np.abs(np.array(features.show.beats)[:, None] - true_beats[None]).min(axis=1)
    assert np.median(distance) < 0.02
    assert distance.max() < 0.07
    assert features.tempo == pytest.approx(tempo, rel=0.005)


@pytest.mark.parametrize(
    ("bars", "key"),
    [
        (((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)), "C major"),
        (((2, 6, 9), (7, 11, 14), (9, 13, 16), (2, 6, 9)), "D major"),
        (((-3, 0, 4), (2, 5, 9), (4, 8, 11), (-3, 0, 4)), "A minor"),
    ],
)
def test_key_of_cadence_is_recognised(bars: tuple[tuple[int, ...], ...], key: str) -> None:
    features = show_features(chord_sequence(*bars))
    assert features.key == key
    assert features.key_confidence > 0.6


def test_noise_and_silence_have_no_key() -> None:
    assert show_features(np.random.default_rng(0).normal(0, 0.1, len(TIME))).key == ""
    silent = show_features(np.zeros(len(TIME)))
    assert (silent.key, silent.beats, silent.onset) == ("", (), 0.0)
    assert set(silent.bands) == set(BANDS)


@pytest.mark.parametrize(
    ("frequency", "band"), [(40, "sub"), (120, "bass"), (350, "low_mid"), (1_000, "mid"), (8_000, "high")]
)
def test_tone_has_power_in_its_band(frequency: float, band: str) -> None:
    features = show_features(0.3 * np.sin(2 * np.pi * frequency * TIME))
    assert max(features.bands, key=features.bands.__getitem__) == band
    assert features.bands[band] == pytest.approx(0, abs=0.5)  # all of the power
    assert features.brightness == pytest.approx(frequency, rel=0.2)


def test_tempo_without_line_of_beats_is_unchanged() -> None:
    assert tempo_from_beats((0.0, 0.5, 1.0), 117.5) == 117.5
    assert tempo_from_beats(tuple(np.random.default_rng(0).uniform(0, 30, 40).tolist()), 117.5) == 117.5
