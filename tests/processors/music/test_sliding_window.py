"""Sliding windows: the result equals that of the whole window, with less computation."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.models.inference import Model, open_model
from processors.music.audio import RATE, Audio, AudioError, from_samples
from processors.music.features import NAMES, extract_features, normalise_level
from processors.music.log_mel_patches import patches
from processors.music.sliding_window import (
    MAX_LEVEL_CHANGE_DB,
    ResampledTrack,
    SampleTrack,
    SlidingWindow,
    window_shift,
)
from processors.music.spectra import HOP
from processors.music.tagger import Tagger

SECONDS = 60
PATCH_SECONDS = 0.96
TOLERANCE = np.array([0.1 if name.startswith("contrast 0") else 0.002 for name in NAMES])
"""Relative error of a feature, or absolute where it is below 1: a window loses the DC offset of the first one,
which affects only the contrast of the lowest band."""


def changing_chords(rate: int, seconds: float = SECONDS, seed: int = 1) -> NDArray[np.float32]:
    """Return chords and noise that change every two seconds, in 16 bits as from a microphone."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    sound = random.normal(0, 0.01, len(time))
    for number in range(int(seconds // 2)):
        section = slice(number * 2 * rate, (number + 1) * 2 * rate)
        root = 110 * 2 ** (random.integers(0, 12) / 12)
        envelope = np.exp(-4 * (time[section] % 0.5))
        sound[section] += (
            sum(np.sin(2 * np.pi * root * k * time[section]) for k in (1, 1.26, 1.5, 2, 4)) * envelope * 0.08
        )
    return (np.round(sound * 32_767) / 32_768).astype(np.float32)


def assert_features_close(found: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    deviation = np.abs(found - expected) / np.maximum(np.abs(expected), 1) / TOLERANCE
    assert deviation.max() < 1, f"{NAMES[int(deviation.argmax())]} deviates by {deviation.max():.2f} of the tolerance"


@pytest.fixture(scope="module")
def sound() -> Model:
    return open_model("sound")


def test_window_features_equal_those_of_whole_window(sound: Model) -> None:
    samples, length, step = changing_chords(RATE), 600 * HOP, 100 * HOP
    sliding = SlidingWindow(sound)
    for number in range(6):
        window = samples[: length + step * number][-length:] if number else samples[: length // 2]
        audio, features, embeddings = sliding.add_window(window, RATE)
        assert sliding.reused > 0.8 if number > 1 else True
        whole_window = normalise_level(Audio(np.ascontiguousarray(window - window.mean())))
        expected = extract_features(whole_window)
        assert features is not None
        assert audio.seconds == pytest.approx(len(window) / RATE)
        assert_features_close(features.vector, expected.vector)
        np.testing.assert_allclose(features.show.beats, expected.show.beats, atol=HOP / RATE)
        # Patches keep the grid of the first window, so the first patch of this one begins up to 0.96 s later.
        start = max(0, length + step * number - length) if number else 0
        patch_offset = -start % round(PATCH_SECONDS * RATE)
        reference = sound.session.run(["embeddings"], {"patches": patches(whole_window.samples[patch_offset:])})[0]
        assert len(embeddings) == len(reference)
        size = float(np.abs(reference).mean())
        assert float(np.abs(embeddings - reference).mean()) < 0.03 * size, MAX_LEVEL_CHANGE_DB


@pytest.mark.parametrize("rate", [24_000, 44_100, 48_000])
def test_window_tags_equal_those_of_window_alone(rate: int) -> None:
    tagger, samples = Tagger.load(), changing_chords(rate)
    sliding, reused, max_difference = SlidingWindow(tagger.sound), [], 0.0
    for end in range(5, SECONDS + 1, 5):
        window = samples[max(0, end - 30) * rate : end * rate]
        sliding_result, direct_result = (
            tagger.analyze_window(sliding, window, rate),
            tagger.analyze(from_samples(window, rate)),
        )
        reused.append(sliding.reused)
        assert sliding_result.tags is not None
        assert direct_result.tags is not None
        max_difference = max(
            max_difference,
            *(
                abs(sliding_result.tags.moods[name] - direct_result.tags.moods[name])
                for name in direct_result.tags.moods
            ),
        )
        assert sliding_result.loudness == pytest.approx(direct_result.loudness, abs=0.05)
        assert sliding_result.seconds == pytest.approx(direct_result.seconds, abs=HOP / RATE + 1e-3)
    assert min(reused[6:]) > 0.8, "25 of 30 seconds were cached"
    assert max_difference < 0.1, "patches have other offsets in the window"


def test_window_restarts_on_other_audio_and_silence(sound: Model) -> None:
    sliding, first_audio, second_audio = (
        SlidingWindow(sound),
        changing_chords(RATE, 20),
        changing_chords(RATE, 20, seed=2),
    )
    sliding.add_window(first_audio, RATE)
    _, features, _ = sliding.add_window(second_audio, RATE)
    assert sliding.reused == 0
    assert features is not None
    assert_features_close(features.vector, extract_features(normalise_level(from_samples(second_audio, RATE))).vector)
    with_silence = np.concatenate([second_audio[5 * RATE :], np.zeros(10 * RATE, np.float32)])
    assert sliding.add_window(with_silence, RATE)[1] is None
    resumed = np.concatenate([with_silence[5 * RATE :], first_audio[: 8 * RATE]])
    found, expected = (
        sliding.add_window(resumed, RATE)[1],
        extract_features(normalise_level(from_samples(resumed, RATE))),
    )
    assert found is not None
    index = NAMES.index("centroid 0 mean")
    assert found.vector[index] == pytest.approx(expected.vector[index], rel=0.01)


def test_invalid_fragment_leaves_window_unchanged(sound: Model) -> None:
    sliding, samples = SlidingWindow(sound), changing_chords(RATE, 20)
    sliding.add_window(samples[: 15 * RATE], RATE)
    with pytest.raises(AudioError, match="not finite"):
        sliding.add_window(np.full(2 * RATE, np.nan, np.float32), RATE)
    sliding.add_window(samples, RATE)
    assert sliding.reused > 0.5


@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100])
def test_incremental_resampling_equals_resampling_at_once(rate: int) -> None:
    samples = changing_chords(rate, 12)
    source = SampleTrack(samples[: 5 * rate])
    pieces = ResampledTrack(source, rate, RATE)
    for end in (5.5, 8.1, 12):
        first = int((end - 5) * rate)
        source.samples, source.first = samples[first : int(end * rate)], first
        pieces.update(source)
    whole_window = ResampledTrack(SampleTrack(samples), rate, RATE)
    expected = whole_window.samples[pieces.first :]
    assert pieces.end == whole_window.end
    margin = RATE // 50
    np.testing.assert_allclose(pieces.samples[margin:], expected[margin:], atol=2e-5)


def test_window_shift_needs_equality_to_the_end() -> None:
    sound = changing_chords(8_000, 8)
    changed = sound[8_000:].copy()
    changed[30_000] += 0.1
    assert window_shift(sound, sound[8_000:], 8_000) == 8_000
    assert window_shift(sound, changed, 8_000) is None
    assert window_shift(np.zeros(8_000, np.float32), np.zeros(8_000, np.float32), 8_000) == 0
