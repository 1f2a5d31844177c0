"""Tempo and its octave, of unambiguous drums."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.music.audio import RATE, Audio
from processors.music.features import NAMES, FragmentFeatures, extract_features, normalise_level

SECONDS = 15


def drum_kit(tempo: float) -> NDArray[np.float32]:
    """Return a bass drum on each beat, a snare drum on every second beat and a hi-hat between beats."""
    time = np.arange(SECONDS * RATE) / RATE
    noise = np.random.default_rng(0).normal(0, 1, len(time))
    beat = (time - 0.2) % (60 / tempo)
    kick = np.sin(2 * np.pi * 55 * beat) * np.exp(-9 * beat)
    snare = noise * np.exp(-18 * ((time - 0.2 - 60 / tempo) % (120 / tempo)))
    hi_hat = np.diff(noise, prepend=0) * np.exp(-60 * ((time - 0.2 - 30 / tempo) % (60 / tempo)))
    return np.asarray((0.5 * kick + 0.15 * snare + 0.1 * hi_hat + 0.005 * noise) * (time > 0.2), np.float32)


def features_at(tempo: float) -> FragmentFeatures:
    return extract_features(normalise_level(Audio(drum_kit(tempo))))


@pytest.mark.parametrize("tempo", [75.0, 100.0, 128.0, 160.0, 174.0])
def test_tempo_is_that_of_the_bass_drum(tempo: float) -> None:
    features = features_at(tempo)
    assert features.tempo == pytest.approx(tempo, rel=0.01)
    assert len(features.show.beats) == pytest.approx(SECONDS * tempo / 60, abs=3)


def test_tempo_feature_is_that_of_librosa() -> None:
    """The feature is librosa's tempo, which takes the beat of 174 for 87."""
    assert 2 ** features_at(174.0).vector[NAMES.index("tempo")] == pytest.approx(87, rel=0.04)


def test_noise_and_silence_have_no_tempo() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, SECONDS * RATE).astype(np.float32)
    assert extract_features(normalise_level(Audio(noise))).tempo == 0
    assert extract_features(Audio(np.zeros(SECONDS * RATE, np.float32))).show.beats == ()
