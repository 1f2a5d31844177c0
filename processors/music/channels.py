"""Choice of the channels of a sound that carry it, and of the mix of them.

The plain mean of all channels is silence where one leg of a balanced line arrives inverted, and far too quiet where one
of eight inputs is in use. The choice rests on the covariance of the channels, which has the power of every mix.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

QUIET_RATIO = 1 / 400
"""Power relative to the loudest channel's (-26 dB) below which a channel carries nothing: crosstalk and hum."""

CANCELLATION_RATIO = 0.2
"""Power of a sum relative to that of unrelated channels (-7 dB) below which the channels cancel each other.

For two equal channels that is 10 dB below either; the sides of a wide stereo recording do not come near it.
"""

SILENT_POWER = 10**-6.5
"""Mean square of the loudest channel (-65 dBFS) below which nothing can be told from the channels."""

Samples = NDArray[np.float32]
Covariance = NDArray[np.float64]


class ChannelMix(Struct, frozen=True):
    """Weights with which channels become one.

    Attributes:
        signs: 1 for a channel that is added, -1 for one that is inverted, 0 for one that is left out.
    """

    signs: tuple[int, ...]

    @property
    def weights(self) -> tuple[float, ...]:
        """Weights of the channels; their absolute values add up to 1."""
        used = sum(map(abs, self.signs))
        return tuple(sign / used for sign in self.signs)

    @property
    def is_mean(self) -> bool:
        """True where all channels are added."""
        return all(sign == 1 for sign in self.signs)

    @property
    def inverted(self) -> bool:
        """True where a channel is inverted."""
        return -1 in self.signs

    def __str__(self) -> str:
        """Return a description with channels numbered from 1.

        >>> str(ChannelMix((0, 0, 0, 1, 0, 0))), str(ChannelMix((1, -1))), str(ChannelMix((1, 1)))
        ('channel 4 of 6', 'channel 1 and, inverted, 2 of 2', 'mean of 2 channels')
        """
        total = len(self.signs)
        if total == 1:
            return "one channel"
        if self.is_mean:
            return f"mean of {total} channels"
        added = [number for number, sign in enumerate(self.signs, 1) if sign > 0]
        turned = [number for number, sign in enumerate(self.signs, 1) if sign < 0]
        text = f"channel{'s' if len(added) > 1 else ''} {_listed(added)}"
        return f"{text}{f' and, inverted, {_listed(turned)}' if turned else ''} of {total}"

    def apply(self, block: NDArray[np.float32]) -> Samples:
        """Return the mix of a block (n, channels)."""
        if self.is_mean:
            return np.asarray(block.mean(axis=1), np.float32)
        if sum(map(abs, self.signs)) == 1:
            return np.ascontiguousarray(block[:, self.signs.index(1)], np.float32)
        return np.asarray(block @ np.asarray(self.weights, np.float32), np.float32)


class ChannelStatistics:
    """Covariance of the channels of a sound, without their DC offset.

    Args:
        channels: number of channels.

    Attributes:
        frames: number of samples of each channel.
    """

    def __init__(self, channels: int) -> None:
        self.frames = 0
        self._sums = np.zeros(channels)
        self._products = np.zeros((channels, channels))
        self._steps = np.zeros((channels, channels))

    def add_block(self, block: NDArray[np.float32]) -> None:
        """Add samples (n, channels); those that are not finite count as zeros."""
        values = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float64)
        self.frames += len(values)
        self._sums += values.sum(axis=0)
        self._products += values.T @ values
        steps = np.diff(values, axis=0)
        self._steps += steps.T @ steps

    def merge(self, other: ChannelStatistics) -> None:
        """Add the samples of another one."""
        self.frames += other.frames
        self._sums += other._sums
        self._products += other._products
        self._steps += other._steps

    def covariance(self) -> Covariance:
        """Return the covariance (channels, channels)."""
        frames = max(self.frames, 1)
        means = self._sums / frames
        return np.asarray(self._products / frames - np.outer(means, means))

    def step_covariance(self) -> Covariance:
        """Return the covariance of the steps from one sample to the next, in which hum of the mains is 40 dB weaker."""
        return np.asarray(self._steps / max(self.frames, 1))


def choose_mix(covariance: Covariance, before: ChannelMix | None = None, steps: Covariance | None = None) -> ChannelMix:
    """Return the mix that carries the sound; the one before stays unless it loses the sound.

    Channels are left out that are far quieter than the loudest. Where those that are left cancel each other, those
    that run against the loudest are inverted. A mix that was chosen before gains channels where it carries less than a
    tenth of the power, and never loses one: who sings left, then right, is heard all the time. Where only what is above
    the hum cancels, the sum would be hum: the loudest channel is used alone.

    Args:
        covariance: of the channels.
        before: mix of the same channels until now; None at the beginning.
        steps: covariance of the steps from one sample to the next; None leaves hum out of account.

    >>> str(choose_mix(np.array([[1.0, -0.9], [-0.9, 1.0]])))
    'channel 1 and, inverted, 2 of 2'
    >>> str(choose_mix(np.diag([0.0, 1.0])))
    'channel 2 of 2'
    """
    powers = np.clip(np.diagonal(covariance), 0.0, None)
    count = len(powers)
    if count == 1 or powers.max() < SILENT_POWER:
        return before or ChannelMix((1,) * count)
    sounding = powers >= QUIET_RATIO * powers.max()
    if before is None:
        signs = sounding.astype(int)
    else:
        signs = np.asarray(before.signs)
        if powers[signs != 0].sum() < 0.1 * powers.sum():
            signs = np.where(signs == 0, sounding, signs)
    if _cancels(covariance, signs):
        loudest = int(np.argmax(np.where(signs != 0, powers, -1.0)))
        turned = covariance[loudest] < 0
        signs = np.where(signs == 0, 0, np.where(turned & sounding, -1, np.where(sounding, 1, signs)))
        if _cancels(covariance, signs):
            signs = np.arange(count) == loudest
    elif steps is not None and _cancels(steps, signs):
        above = np.where(signs != 0, np.diagonal(steps), -1.0)
        signs = np.arange(count) == int(np.argmax(above >= 0.5 * above.max()))  # of equal ones always the first
    return _positive_first(signs)


class FragmentMixer:
    """Mixer of one fragment: the mix is chosen from all its samples, or from the first ones of a very large fragment.

    Args:
        channels: number of channels.
        before: mix of the sound before this fragment.

    Attributes:
        channels: number of channels.
        frames: number of samples of each channel so far.

    >>> mixer = FragmentMixer(2)
    >>> mixer.add_block(np.array([[0.5, 0.0], [-0.5, 0.0]], np.float32))
    >>> mixer.mixed().tolist(), str(mixer.mix)
    ([0.5, -0.5], 'channel 1 of 2')
    """

    MAX_VALUES = 1 << 24
    """Largest number of values that are kept until the choice: a few kilobytes of FLAC may hold gigabytes of zeros."""

    def __init__(self, channels: int, before: ChannelMix | None = None) -> None:
        self.channels, self._before = channels, before
        self._statistics = ChannelStatistics(channels)
        self._kept: list[NDArray[np.float32]] = []
        self._mixed: list[Samples] = []
        self._chosen: ChannelMix | None = None
        self.frames = 0

    @property
    def mix(self) -> ChannelMix:
        """Return the mix; no later block changes it."""
        if self._chosen is None:
            statistics = self._statistics
            self._chosen = choose_mix(statistics.covariance(), self._before, statistics.step_covariance())
            self._mixed = [self._chosen.apply(block) for block in self._kept]
            self._kept = []
        return self._chosen

    def add_block(self, block: NDArray[np.float32]) -> None:
        """Add samples (n, channels)."""
        self.frames += len(block)
        if self._chosen is not None:
            self._mixed.append(self._chosen.apply(block))
            return
        self._kept.append(block)
        if self.channels > 1:
            self._statistics.add_block(block)
        if self.frames * self.channels > self.MAX_VALUES:
            _ = self.mix

    def mixed(self) -> Samples:
        """Return the mix of all samples, (n,)."""
        _ = self.mix
        return np.concatenate(self._mixed) if self._mixed else np.zeros(0, np.float32)


class ChannelSelector:
    """Mixer of a live sound: it decides at the first sound, and again while that is seconds old; then it stays.

    A later change needs two checks in a row that find the sound lost, so that a pause or an effect of the music does
    not change the mix.

    Args:
        channels: number of channels.
        rate: samples a second, Hz.

    Attributes:
        mix: the mix in use.

    >>> selector = ChannelSelector(2, 8_000)
    >>> sound = np.sin(np.arange(8_000, dtype=np.float32))[:, None] * np.array([[0.5, -0.5]], np.float32)
    >>> float(np.abs(selector.add_block(sound)).max()) > 0.4, str(selector.mix)
    (True, 'channel 1 and, inverted, 2 of 2')
    """

    CHECK_SECONDS = 5.0
    """Seconds of sound between two checks."""
    SETTLING_CHECKS = 2
    """Number of checks after the first sound that may still choose freely."""

    def __init__(self, channels: int, rate: int) -> None:
        self.mix = ChannelMix((1,) * channels)
        self._channels, self._rate = channels, rate
        self._first, self._recent = ChannelStatistics(channels), ChannelStatistics(channels)
        self._checks = 0
        self._decided = False
        self._lost = False

    def add_block(self, block: NDArray[np.float32]) -> Samples:
        """Return the mix of the next samples (n, channels), full scale 1, of any number."""
        if self._channels == 1:
            return np.ascontiguousarray(block[:, 0], np.float32)
        self._recent.add_block(block)
        if not self._decided:
            covariance = self._recent.covariance()
            if np.diagonal(covariance).max() >= SILENT_POWER:
                self.mix, self._decided = choose_mix(covariance, steps=self._recent.step_covariance()), True
        if self._recent.frames >= self.CHECK_SECONDS * self._rate:
            self._check()
        return self.mix.apply(block)

    def _check(self) -> None:
        recent = self._recent.covariance()
        if np.diagonal(recent).max() >= SILENT_POWER:
            if self._checks < self.SETTLING_CHECKS:
                self._first.merge(self._recent)
                first = self._first
                self.mix = choose_mix(first.covariance(), steps=first.step_covariance())
                self._checks += 1
            else:
                better = choose_mix(recent, self.mix, self._recent.step_covariance())
                if better == self.mix:
                    self._lost = False
                elif self._lost:
                    self.mix, self._lost = better, False
                else:
                    self._lost = True
        self._recent = ChannelStatistics(self._channels)


def _cancels(covariance: Covariance, signs: NDArray[np.int_]) -> bool:
    used = signs != 0
    unrelated = float(np.diagonal(covariance)[used].sum())
    return float(signs @ covariance @ signs) < CANCELLATION_RATIO * unrelated


def _positive_first(signs: NDArray[np.int_]) -> ChannelMix:
    """Return a mix whose first channel is not inverted: only the differences matter."""
    first = next((int(sign) for sign in signs if sign), 1)
    return ChannelMix(tuple(int(sign) * first for sign in signs))


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
