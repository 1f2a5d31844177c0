"""Streaming frames for lights, and predicted beats."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.music.show_frames import ShowFrameStream

RATE = 24_000


def drum_beats(tempo: float, seconds: float, start: float = 0.3) -> NDArray[np.float32]:
    """Return a low drum on each beat, and a hi-hat between beats."""
    time = np.arange(int(seconds * RATE)) / RATE
    since, between = (time - start) % (60 / tempo), (time - start + 30 / tempo) % (60 / tempo)
    hi_hat = np.random.default_rng(0).standard_normal(len(time)) * np.exp(-60 * between)
    return np.asarray(0.5 * np.sin(2 * np.pi * 60 * since) * np.exp(-10 * since) + 0.05 * hi_hat, np.float32)


@pytest.mark.parametrize("tempo", [85.0, 100.0, 120.0, 135.0])
def test_frame_beats_match_drum(tempo: float) -> None:
    frames = ShowFrameStream(RATE, 50)
    sound = drum_beats(tempo, 16)
    show_frames = [
        frame for start in range(0, len(sound), 1_000) for frame in frames.feed(sound[start : start + 1_000])
    ]
    assert show_frames[-1].tempo == pytest.approx(tempo, rel=0.02)
    beats_found = np.array([0.02 * (number + 1) for number, frame in enumerate(show_frames) if frame.beat])
    beats_found = beats_found[beats_found > 6]
    true_beats = np.arange(0.3, 16, 60 / tempo)
    assert np.abs(beats_found[:, None] - true_beats[None]).min(axis=1).max() < 0.07
    assert len(beats_found) == pytest.approx((true_beats > 6).sum(), abs=1)


def test_frames_of_noise_and_silence_have_no_beat() -> None:
    for sound in (
        np.zeros(10 * RATE, np.float32),
        np.random.default_rng(0).normal(0, 0.1, 10 * RATE).astype(np.float32),
    ):
        assert not any(frame.beat for frame in ShowFrameStream(RATE, 25).feed(sound))


def test_frames_are_independent_of_piece_size() -> None:
    sound = drum_beats(120, 5)
    whole_stream, piecewise_stream = ShowFrameStream(RATE, 30), ShowFrameStream(RATE, 30)
    piecewise_frames = [
        frame for start in range(0, len(sound), 777) for frame in piecewise_stream.feed(sound[start : start + 777])
    ]
    assert piecewise_frames == whole_stream.feed(sound)


def test_full_scale_tone_has_full_level_in_its_band() -> None:
    tone = np.sin(2 * np.pi * 1_000 * np.arange(RATE) / RATE).astype(np.float32)
    last = ShowFrameStream(RATE, 25).feed(tone)[-1]
    assert last.level == pytest.approx(1 - 3 / 60, abs=0.01)  # a sine's power is 3 dB below full scale
    assert max(last.bands, key=last.bands.__getitem__) == "mid"
    assert last.brightness == pytest.approx(1_000, abs=30)
