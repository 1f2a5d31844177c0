"""Audio features: independent of format and level, finite for extreme audio."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from processors.music.audio import RATE, Audio, decode, from_samples
from processors.music.features import LEVEL_DBFS, NAMES, extract_features, normalise_level
from processors.music.log_mel_patches import patches


def struck_chords(per_minute: float, seconds: float = 12.0, rate: int = RATE) -> NDArray[np.float32]:
    """Return chords that start on each beat and decay."""
    time = np.arange(int(seconds * rate)) / rate
    envelope = np.exp(-6 * (time % (60 / per_minute)))
    return np.asarray(sum(np.sin(2 * np.pi * f * time) for f in (220, 277.2, 329.6)) * envelope * 0.2, np.float32)


def feature(audio: Audio, name: str) -> float:
    return float(extract_features(normalise_level(audio)).vector[NAMES.index(name)])


def test_wav_and_flac_give_the_same_features() -> None:
    sound = np.asarray(struck_chords(120) * 32_000, np.int16)
    vectors = []
    for kind in ("WAV", "FLAC"):
        file = io.BytesIO()
        soundfile.write(file, sound, RATE, format=kind, subtype="PCM_16")
        vectors.append(extract_features(normalise_level(decode(file.getvalue()))).vector)
    assert vectors[0].dtype == np.float32
    assert vectors[0].shape == (len(NAMES),)
    np.testing.assert_array_equal(vectors[0], vectors[1])


@pytest.mark.parametrize("gain", [0.01, 0.1, 2.0])
def test_features_are_independent_of_gain(gain: float) -> None:
    sound = struck_chords(100) + np.random.default_rng(0).normal(0, 0.01, 12 * RATE).astype(np.float32)
    quiet, scaled = (normalise_level(Audio(sound * np.float32(g))) for g in (1.0, gain))
    assert quiet.loudness == pytest.approx(LEVEL_DBFS, abs=1e-3)
    np.testing.assert_allclose(extract_features(quiet).vector, extract_features(scaled).vector, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(patches(quiet.samples), patches(scaled.samples), atol=1e-3)


@pytest.mark.parametrize("per_minute", [90.0, 120.0, 150.0])
def test_tempo_is_right_up_to_an_octave(per_minute: float) -> None:
    tempo = extract_features(normalise_level(Audio(struck_chords(per_minute)))).tempo
    assert min(abs(tempo / per_minute / octave - 1) for octave in (0.5, 1, 2)) < 0.04


def test_major_and_minor_chords_are_distinguished() -> None:
    time = np.arange(5 * RATE) / RATE

    def chord(*frequencies: float) -> Audio:
        return Audio(np.asarray(sum(np.sin(2 * np.pi * f * time) for f in frequencies) * 0.1, np.float32))

    assert feature(chord(261.6, 329.6, 392.0), "key clarity") > feature(chord(261.6, 311.1, 392.0), "key clarity")


def test_bright_noise_has_a_higher_centroid_than_a_bass() -> None:
    time = np.arange(3 * RATE) / RATE
    bass = Audio(np.asarray(np.sin(2 * np.pi * 60 * time) * 0.3, np.float32))
    noise = Audio(np.random.default_rng(0).normal(0, 0.1, 3 * RATE).astype(np.float32))
    assert feature(noise, "centroid 0 mean") > 3 * feature(bass, "centroid 0 mean")


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(RATE, np.float32),
        np.eye(1, 2 * RATE, RATE, dtype=np.float32)[0],
        np.full(3 * RATE, 1e-20, np.float32),
        np.sign(np.sin(np.arange(2 * RATE))).astype(np.float32),
    ],
    ids=["zeros", "click", "denormal", "square"],
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_features_of_extreme_audio_are_finite(samples: NDArray[np.float32]) -> None:
    audio = normalise_level(from_samples(samples, RATE))
    assert np.isfinite(extract_features(audio).vector).all()
    assert np.isfinite(patches(audio.samples)).all()


def test_feature_names_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("rate", [8_000, 96_000])
def test_shortest_audio_of_any_rate_has_a_patch(rate: int) -> None:
    audio = from_samples(struck_chords(120, 1.0, rate), rate)
    assert patches(audio.samples).shape == (1, 1, 96, 64)
