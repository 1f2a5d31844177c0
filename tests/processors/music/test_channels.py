"""Choice of channels: inverted legs, dead channels, many channels, offsets, and choices that last."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.music.audio import from_samples
from processors.music.channels import ChannelMix, ChannelSelector, FragmentMixer

RATE = 8_000
Samples = NDArray[np.float32]


def music(seconds: float = 5, seed: int = 0) -> Samples:
    """Return noise at about -20 dBFS, which has no accidental symmetry."""
    return np.random.default_rng(seed).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


def columns(*channels: Samples | float) -> Samples:
    """Return channels side by side; a number is a constant."""
    length = max(len(one) for one in channels if isinstance(one, np.ndarray))
    return np.stack([np.full(length, one, np.float32) if isinstance(one, float) else one for one in channels], axis=1)


A, B = music(seed=1), music(seed=2)
HUM = (0.0005 * np.sin(np.arange(len(A)) * 2 * np.pi * 50 / RATE)).astype(np.float32)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (columns(A), "one channel"),
        (columns(A, A), "mean of 2 channels"),
        (columns(A, B), "mean of 2 channels"),
        (columns(A, 0.5 * A), "mean of 2 channels"),
        (columns(A, -A), "channel 1 and, inverted, 2 of 2"),
        (columns(A, -0.6 * A), "channel 1 and, inverted, 2 of 2"),
        (columns(A + 0.3 * B, -A + 0.3 * B), "channel 1 and, inverted, 2 of 2"),
        (columns(A, 0.0), "channel 1 of 2"),
        (columns(HUM, A), "channel 2 of 2"),
        (columns(0.5, A), "channel 2 of 2"),  # a constant offset is no sound
        (columns(A, A, -A), "mean of 3 channels"),  # quieter, but whole
        (columns(A, A, -A, -A), "channels 1, 2 and, inverted, 3, 4 of 4"),
        (columns(0.0, 0.0, 0.0, A, 0.0, 0.0), "channel 4 of 6"),
        (columns(*[HUM] * 6, A, B), "channels 7, 8 of 8"),
        (columns(0.0, A, 0.0, 0.0, -A, 0.0, 0.0, 0.0), "channel 2 and, inverted, 5 of 8"),
        (columns(*[music(seed=seed) for seed in range(16)]), "mean of 16 channels"),
        (columns(0.0, np.zeros_like(A)), "mean of 2 channels"),
    ],
)  # fmt: skip
def test_mix_carries_the_sound(block: Samples, expected: str) -> None:
    mixer = FragmentMixer(block.shape[1])
    for start in range(0, len(block), 1_000):
        mixer.add_block(block[start : start + 1_000])
    mixed = mixer.mixed()
    assert str(mixer.mix) == expected
    assert len(mixed) == len(block)
    loudest = max(np.std(block, axis=0))
    assert np.std(mixed) >= 0.2 * loudest


def test_mean_of_ordinary_stereo_is_unchanged() -> None:
    block = columns(A, 0.7 * A + 0.3 * B)
    mixer = FragmentMixer(2)
    mixer.add_block(block)
    assert np.array_equal(mixer.mixed(), block.mean(axis=1))


def test_mix_before_stays_while_it_carries_the_sound() -> None:
    before = ChannelMix((0, 1))
    for block, expected in ((columns(A, 0.5 * A), before), (columns(A, 0.0), ChannelMix((1, 1)))):
        mixer = FragmentMixer(2, before)
        mixer.add_block(block)
        assert mixer.mix == expected


def test_large_fragment_is_mixed_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FragmentMixer, "MAX_VALUES", 10_000)
    mixer = FragmentMixer(2)
    for start in range(0, len(A), 1_000):
        mixer.add_block(columns(A, -A)[start : start + 1_000])
    assert not mixer._kept
    assert np.allclose(mixer.mixed(), A, atol=1e-6)


def mixes(selector: ChannelSelector, sound: Samples, block: int = 480) -> list[str]:
    """Return the mixes that a selector goes through, each once."""
    found: list[str] = []
    for start in range(0, len(sound), block):
        mono = selector.add_block(sound[start : start + block])
        assert len(mono) == len(sound[start : start + block])
        if not found or found[-1] != str(selector.mix):
            found.append(str(selector.mix))
    return found


def test_live_mix_is_chosen_at_first_sound() -> None:
    sound = np.concatenate([np.zeros((3 * RATE, 2), np.float32), columns(A, -A)])
    assert mixes(ChannelSelector(2, RATE), sound) == ["mean of 2 channels", "channel 1 and, inverted, 2 of 2"]


def test_live_mix_does_not_flap_between_alternating_voices() -> None:
    left, right = columns(music(12, 1), 0.0), columns(0.0, music(12, 2))
    found = mixes(ChannelSelector(2, RATE), np.concatenate([left, right] * 6))
    assert found == ["channel 1 of 2", "mean of 2 channels"]


def test_live_mix_survives_pause_and_short_effect() -> None:
    plain, pause = columns(music(20, 1), music(20, 1)), np.zeros((60 * RATE, 2), np.float32)
    effect = columns(music(4, 3), -music(4, 3))
    assert mixes(ChannelSelector(2, RATE), np.concatenate([plain, pause, plain, effect, plain])) == [
        "mean of 2 channels"
    ]


def test_live_mix_follows_a_leg_that_is_inverted_or_dies() -> None:
    both, inverted, dead = columns(music(20), music(20)), columns(music(20), -music(20)), columns(0.0, music(20))
    selector = ChannelSelector(2, RATE)
    assert mixes(selector, np.concatenate([both, inverted])) == [
        "mean of 2 channels", "channel 1 and, inverted, 2 of 2"
    ]  # fmt: skip
    assert len(mixes(selector, np.concatenate([dead, dead]))) == 1  # half as loud, but heard
    mono = selector.add_block(dead[:RATE])
    assert np.std(mono) > 0.04


def test_samples_that_are_not_finite_in_a_dead_channel_do_no_harm() -> None:
    broken = np.full(len(A), np.nan, np.float32)
    audio = from_samples(columns(A, broken), RATE)
    assert audio.loudness == pytest.approx(-20, abs=1)


@pytest.mark.parametrize("hum", [0.1, 0.3])
def test_hum_does_not_hide_that_two_legs_cancel(hum: float) -> None:
    sound, mains = music(12, seed=3), hum * np.sin(np.arange(12 * RATE) * 2 * np.pi * 50 / RATE)
    block = columns((sound + mains).astype(np.float32), (mains - sound).astype(np.float32))
    mixer, selector = FragmentMixer(2), ChannelSelector(2, RATE)
    mixer.add_block(block)
    live = np.concatenate([selector.add_block(part) for part in np.split(block, 96)])
    for mixed in (mixer.mixed(), live):
        assert np.corrcoef(np.diff(mixed), np.diff(sound))[0, 1] > 0.9
    same = columns((sound + mains).astype(np.float32), (sound - mains).astype(np.float32))
    mixer = FragmentMixer(2)
    mixer.add_block(same)
    assert str(mixer.mix) == "mean of 2 channels"
