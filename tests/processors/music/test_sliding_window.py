"""Sliding windows: the result of the whole window, for a part of the computation."""

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
which only the contrast of the lowest band sees"""


def music(rate: int, seconds: float = SECONDS, seed: int = 1) -> NDArray[np.float32]:
    """Chords and noise that change every two seconds; 16 bits, as a microphone sends them."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    sound = random.normal(0, 0.01, len(time))
    for number in range(int(seconds // 2)):
        here = slice(number * 2 * rate, (number + 1) * 2 * rate)
        root = 110 * 2 ** (random.integers(0, 12) / 12)
        struck = np.exp(-4 * (time[here] % 0.5))
        sound[here] += sum(np.sin(2 * np.pi * root * k * time[here]) for k in (1, 1.26, 1.5, 2, 4)) * struck * 0.08
    return (np.round(sound * 32_767) / 32_768).astype(np.float32)


def assert_alike(found: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    off = np.abs(found - expected) / np.maximum(np.abs(expected), 1) / TOLERANCE
    assert off.max() < 1, f"{NAMES[int(off.argmax())]} is off by {off.max():.2f} of what is allowed"


@pytest.fixture(scope="module")
def sound() -> Model:
    return open_model("sound")


def test_window_features_equal_those_of_whole_window(sound: Model) -> None:
    samples, length, step = music(RATE), 600 * HOP, 100 * HOP
    sliding = SlidingWindow(sound)
    for number in range(6):
        window = samples[: length + step * number][-length:] if number else samples[: length // 2]
        audio, heard, embeddings = sliding.add_window(window, RATE)
        assert sliding.reused > 0.8 if number > 1 else True
        whole = normalise_level(Audio(np.ascontiguousarray(window - window.mean())))
        expected = extract_features(whole)
        assert heard is not None
        assert audio.seconds == pytest.approx(len(window) / RATE)
        assert_alike(heard.vector, expected.vector)
        np.testing.assert_allclose(heard.show.beats, expected.show.beats, atol=HOP / RATE)
        # Patches lie where those of the first window lay: the first of this one begins up to 0.96 s later.
        start = max(0, length + step * number - length) if number else 0
        lead = -start % round(PATCH_SECONDS * RATE)
        reference = sound.session.run(["embeddings"], {"patches": patches(whole.samples[lead:])})[0]
        assert len(embeddings) == len(reference)
        size = float(np.abs(reference).mean())
        assert float(np.abs(embeddings - reference).mean()) < 0.03 * size, MAX_LEVEL_CHANGE_DB


@pytest.mark.parametrize("rate", [24_000, 44_100, 48_000])
def test_window_tags_equal_those_of_window_alone(rate: int) -> None:
    tagger, samples = Tagger.load(), music(rate)
    sliding, reused, worst = SlidingWindow(tagger.sound), [], 0.0
    for end in range(5, SECONDS + 1, 5):
        window = samples[max(0, end - 30) * rate : end * rate]
        followed, alone = tagger.analyze_window(sliding, window, rate), tagger.analyze(from_samples(window, rate))
        reused.append(sliding.reused)
        assert followed.tags is not None
        assert alone.tags is not None
        worst = max(worst, *(abs(followed.tags.moods[name] - alone.tags.moods[name]) for name in alone.tags.moods))
        assert followed.loudness == pytest.approx(alone.loudness, abs=0.05)
        assert followed.seconds == pytest.approx(alone.seconds, abs=HOP / RATE + 1e-3)
    assert min(reused[6:]) > 0.8, "25 of 30 seconds were known"
    assert worst < 0.1, "the patches of the embeddings lie elsewhere in the window"


def test_window_restarts_on_other_audio_and_silence(sound: Model) -> None:
    sliding, one, other = SlidingWindow(sound), music(RATE, 20), music(RATE, 20, seed=2)
    sliding.add_window(one, RATE)
    _, heard, _ = sliding.add_window(other, RATE)
    assert sliding.reused == 0
    assert heard is not None
    assert_alike(heard.vector, extract_features(normalise_level(from_samples(other, RATE))).vector)
    quiet = np.concatenate([other[5 * RATE :], np.zeros(10 * RATE, np.float32)])
    assert sliding.add_window(quiet, RATE)[1] is None
    back = np.concatenate([quiet[5 * RATE :], one[: 8 * RATE]])
    found, expected = sliding.add_window(back, RATE)[1], extract_features(normalise_level(from_samples(back, RATE)))
    assert found is not None
    place = NAMES.index("centroid 0 mean")
    assert found.vector[place] == pytest.approx(expected.vector[place], rel=0.01)


def test_invalid_fragment_leaves_window_unchanged(sound: Model) -> None:
    sliding, samples = SlidingWindow(sound), music(RATE, 20)
    sliding.add_window(samples[: 15 * RATE], RATE)
    with pytest.raises(AudioError, match="not finite"):
        sliding.add_window(np.full(2 * RATE, np.nan, np.float32), RATE)
    sliding.add_window(samples, RATE)
    assert sliding.reused > 0.5


@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100])
def test_incremental_resampling_equals_resampling_at_once(rate: int) -> None:
    samples = music(rate, 12)
    source = SampleTrack(samples[: 5 * rate])
    pieces = ResampledTrack(source, rate, RATE)
    for end in (5.5, 8.1, 12):
        first = int((end - 5) * rate)
        source.samples, source.first = samples[first : int(end * rate)], first
        pieces.update(source)
    whole = ResampledTrack(SampleTrack(samples), rate, RATE)
    expected = whole.samples[pieces.first :]
    assert pieces.end == whole.end
    seam = RATE // 50
    np.testing.assert_allclose(pieces.samples[seam:], expected[seam:], atol=2e-5)


def test_window_shift_needs_equality_to_the_end() -> None:
    sound = music(8_000, 8)
    changed = sound[8_000:].copy()
    changed[30_000] += 0.1
    assert window_shift(sound, sound[8_000:], 8_000) == 8_000
    assert window_shift(sound, changed, 8_000) is None
    assert window_shift(np.zeros(8_000, np.float32), np.zeros(8_000, np.float32), 8_000) == 0
