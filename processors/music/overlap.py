"""Windows that slide over one sound: where they overlap, and a sound at another rate of which only the end is new."""

from __future__ import annotations

import math

import librosa
import numpy as np

from processors.music.audio import Samples

LEAST = 1.0
"""of a second: an overlap that is shorter is not worth looking for"""

MARGIN = 0.05
"""seconds: a resampling filter hears no farther than this"""

_PROBES = (0, 1, 2, 3, 5, 8, 13, 31, 97, 499, 2_003)
_MOST = 4
"""candidates that are compared to their end; silence and a hum of whole samples have many"""


def window_shift(before: Samples, now: Samples, rate: int) -> int | None:
    """By how many samples `now` begins after `before`; None where they do not share a sound, sample for sample.

    >>> sound = np.random.default_rng(0).normal(size=8_000).astype(np.float32)
    >>> window_shift(sound[:5_000], sound[1_000:6_000], 1_000), window_shift(sound[:5_000], sound[:6_000], 1_000)
    (1000, 0)
    >>> window_shift(sound[:4_000], sound[4_000:], 1_000) is None
    True
    """
    least = int(LEAST * rate)
    starts = np.arange(len(before) - least + 1)
    if not len(starts) or len(now) < least:
        return None
    for probe in _PROBES:
        if probe < least:
            starts = starts[before[starts + probe] == now[probe]]
    for start in starts[:_MOST].tolist():
        shared = len(before) - start
        if shared <= len(now) and np.array_equal(before[start:], now[:shared]):
            return int(start)
    return None


class SampleTrack:
    """A sound that goes on, as numbered samples; the oldest are forgotten.

    Attributes:
        samples: what is kept.
        first: number of the first that is kept.
        settled: number of the first sample that what comes later may still change.
    """

    def __init__(self, samples: Samples, first: int = 0) -> None:
        self.samples, self.first, self.settled = samples, first, first

    @property
    def end(self) -> int:
        """Number after the last sample."""
        return self.first + len(self.samples)

    def since(self, number: int) -> Samples:
        """From a sample on."""
        return self.samples[max(0, number - self.first) :]


class ResampledTrack(SampleTrack):
    """A track at another rate: when its source has grown, only the end is resampled."""

    def __init__(self, source: SampleTrack, rate: int, target: int) -> None:
        shared = math.gcd(rate, target)
        self._in, self._out = rate // shared, target // shared
        self._rate, self._target = rate, target
        self._margin = math.ceil(MARGIN * rate / self._in)
        super().__init__(np.zeros(0, np.float32), self.number(source.first))
        self.follow(source)

    def number(self, of_source: int) -> int:
        """Of the first sample that is not before the source's sample."""
        return -(-of_source * self._out // self._in)

    def follow(self, source: SampleTrack) -> None:
        """Take in how the source has changed: a new end, and perhaps a later beginning."""
        first, source_end = self.number(source.first), source.first + len(source.samples)
        # What was resampled near an end had silence after it: it is done again.
        block = max(self.settled // self._out, source.first // self._in)
        begin = max(block - self._margin, -(-source.first // self._in))
        piece = source.since(begin * self._in)
        if self._rate != self._target:
            piece = librosa.resample(piece, orig_sr=self._rate, target_sr=self._target, res_type="soxr_hq")
        new = max(block, begin) * self._out
        if new <= first or len(self.samples) == 0:
            self.samples, self.first = piece[max(0, first - begin * self._out) :], max(first, begin * self._out)
        else:
            kept = self.samples[first - self.first : new - self.first]
            self.samples, self.first = np.concatenate([kept, piece[new - begin * self._out :]]), first
        margin = 0 if self._rate == self._target else self._margin * self._out
        self.settled = max(self.first, self.number(source_end) - margin)
