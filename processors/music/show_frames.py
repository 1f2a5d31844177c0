"""Sound as it comes, frame by frame: level, bands, onsets and the beat, for lights that can't wait for a fragment."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.music.spectra import BANDS

HOP_SECONDS = 0.01
WINDOW_SECONDS = 0.04
LATE_SECONDS = 0.045
"""A rise is seen when it has reached the middle of the window, and a bass drum takes some milliseconds more to rise:
measured on synthesised music, with `training.music.beats`."""

REMEMBERED = 8.0
"""seconds of onsets that the beat is found in"""

EVERY = 0.25
"""seconds between two looks for the beat"""

SLOWEST, FASTEST = 60.0, 200.0
"""beats per minute"""

USUAL = 120.0
"""Of two tempos that fit, an octave apart, the one nearer to this is taken: a log-normal prior (Ellis, 2007)."""

SPREAD = 0.9
"""octaves, its width"""

CLEAR = 0.25
"""Autocorrelation of the onsets below which there is no beat."""

FLOOR_DBFS = -60.0
"""what a level of 0 stands for"""

_WEIGHTS = np.array([3, 3, 1, 1, 1, 1]) / 10
"""of the bands' rises: half of the beat is in the bass"""

_BLUR = np.hanning(9)[1:-1] / np.hanning(9).sum()

Samples = NDArray[np.float32]


class ShowFrame(Struct, frozen=True):
    """What was heard since the frame before.

    Attributes:
        level: 0…1, from −60 to 0 dBFS.
        bands: 0…1 each, from −60 to 0 dBFS.
        onset: 0…1, strongest rise against the last seconds.
        brightness: Hz, spectral centroid.
        beat: whether a beat falls into this frame.
        tempo: beats per minute, 0 while there is none.
    """

    level: float
    bands: dict[str, float]
    onset: float
    brightness: float
    beat: bool
    tempo: float


class ShowFrameStream:
    """Turns sound into frames as it comes; the beat is foreseen from the onsets of the last seconds.

    >>> frames = ShowFrameStream(24_000, 25)
    >>> found = frames.feed(np.zeros(24_000, np.float32))
    >>> len(found), found[0].level, found[0].beat
    (25, 0.0, False)
    """

    def __init__(self, rate: int, frames_per_second: float) -> None:
        self._rate = rate
        self._hop = round(HOP_SECONDS * rate)
        self._size = round(WINDOW_SECONDS * rate)
        self._window = np.hanning(self._size).astype(np.float32)
        self._frequencies = np.fft.rfftfreq(self._size, 1 / rate)
        self._inside = {
            name: (self._frequencies >= low) & (self._frequencies < high) for name, (low, high) in BANDS.items()
        }
        # The lowest bin of a window of 40 ms is 25 Hz wide: every band must have one.
        for name, inside in self._inside.items():
            if not inside.any():
                inside[int(np.abs(self._frequencies - sum(BANDS[name]) / 2).argmin())] = True
        self._sound = np.zeros(self._size, np.float32)
        self._rest = np.zeros(0, np.float32)
        self._onsets = np.zeros(round(REMEMBERED / HOP_SECONDS))
        self._before: NDArray[np.float64] | None = None
        self._hops = 0
        self._frame_seconds = 1 / frames_per_second
        self._due = self._frame_seconds
        self._period = 0.0
        self._next_beat = np.inf
        self._told = -np.inf
        self._pending: list[tuple[NDArray[np.float64], float]] = []
        self._beat = False

    @property
    def seconds(self) -> float:
        """Of sound that was heard."""
        return self._hops * HOP_SECONDS

    def feed(self, samples: Samples) -> list[ShowFrame]:
        """Take sound in, −1…1, as many samples as there are; gives the frames that end in it."""
        self._rest = np.concatenate([self._rest, samples])
        found = []
        while len(self._rest) >= self._hop:
            hop, self._rest = self._rest[: self._hop], self._rest[self._hop :]
            self._take(hop)
            if self.seconds >= self._due - 1e-9:
                self._due += self._frame_seconds
                found.append(self._frame())
        return found

    def _take(self, hop: Samples) -> None:
        self._hops += 1
        self._sound = np.concatenate([self._sound[len(hop) :], hop])
        power = np.square(np.abs(np.fft.rfft(self._sound * self._window))) / (0.25 * self._size**2)
        # Bands, not bins: a bass drum fills few bins and a hat hundreds, and feet follow the drum.
        logs = np.log10(np.array([power[inside].sum() for inside in self._inside.values()]) + 1e-6)
        rise = 0.0 if self._before is None else float(np.maximum(logs - self._before, 0) @ _WEIGHTS)
        self._before = logs
        self._onsets = np.append(self._onsets[1:], rise)
        self._pending.append((power, rise))
        if self._hops % round(EVERY / HOP_SECONDS) == 0:
            self._find_beat()
        if self.seconds >= self._next_beat:
            self._beat = True
            self._told = self._next_beat
            self._next_beat += self._period

    def _frame(self) -> ShowFrame:
        power = np.mean([one for one, _ in self._pending], axis=0)
        onset = max(rise for _, rise in self._pending)
        strongest = float(np.quantile(self._onsets, 0.99))
        total = float(power.sum())
        frame = ShowFrame(
            level=_share(2 * total / 1.5),
            bands={name: _share(2 * float(power[inside].sum()) / 1.5) for name, inside in self._inside.items()},
            onset=min(1.0, onset / strongest) if strongest > 1e-3 else 0.0,
            brightness=float(self._frequencies @ power / total) if total > 1e-9 else 0.0,
            beat=self._beat,
            tempo=float(60 / self._period) if self._period else 0.0,
        )
        self._pending.clear()
        self._beat = False
        return frame

    def _find_beat(self) -> None:
        """Period from the onsets' autocorrelation, phase from a comb over the last seconds."""
        onsets = self._onsets
        heard = min(len(onsets), self._hops)
        if heard < 3 / HOP_SECONDS or float(onsets.max()) < 1e-3:
            self._period, self._next_beat = 0.0, np.inf
            return
        # Blurred, so that a period that is no whole number of hops still fits at its multiples.
        centred = np.convolve(onsets[-heard:] - onsets[-heard:].mean(), _BLUR, mode="same")
        spectrum = np.fft.rfft(centred, 2 * heard)
        correlation = np.fft.irfft(np.square(np.abs(spectrum)))[:heard] / np.arange(heard, 0, -1)
        lags = np.arange(round(60 / FASTEST / HOP_SECONDS), round(60 / SLOWEST / HOP_SECONDS) + 1)
        prior = np.exp(-0.5 * np.square(np.log2(60 / (lags * HOP_SECONDS) / USUAL) / SPREAD))
        # A period's multiples are periods too: what fits only itself is a syncopation.
        multiples = [correlation[np.minimum(times * lags, heard - 1)] for times in (1, 2, 3)]
        best = int(np.argmax(np.mean(multiples, axis=0) * prior))
        if correlation[lags[best]] < CLEAR * correlation[0]:
            self._period, self._next_beat = 0.0, np.inf
            return
        period = _refined(correlation, int(lags[best]), heard)
        offset = _phase(onsets[-heard:], period)
        self._period = period * HOP_SECONDS
        upcoming = self.seconds - offset * HOP_SECONDS - LATE_SECONDS + self._period
        # A beat that was told is not told again because this look finds it a little later, and one that this look
        # finds a little earlier, and so in the past, is told now.
        while upcoming - self._told < 0.5 * self._period:
            upcoming += self._period
        while upcoming <= self.seconds - 0.5 * self._period:
            upcoming += self._period
        while upcoming - 1.5 * self._period >= max(self._told, self.seconds - self._period):
            upcoming -= self._period
        self._next_beat = upcoming


def _share(power: float) -> float:
    """0…1 from `FLOOR_DBFS` to full scale."""
    return float(np.clip(1 - 10 * np.log10(max(power, 1e-12)) / FLOOR_DBFS, 0, 1))


def _refined(correlation: NDArray[np.float64], lag: int, heard: int) -> float:
    """The period in hops, finer than a hop: from the highest of its multiples that were heard, by a parabola."""
    times = max(1, min(4, (heard // 2) // lag))
    around = np.arange(times * lag - times, times * lag + times + 1)
    top = int(around[np.argmax(correlation[around])])
    if not 0 < top < len(correlation) - 1:
        return float(lag)
    left, middle, right = correlation[top - 1 : top + 2]
    bend = left - 2 * middle + right
    return (top + (0.5 * (left - right) / bend if bend < 0 else 0.0)) / times


def _phase(onsets: NDArray[np.float64], period: float) -> float:
    """Hops between the last beat and now: where a comb over the last onsets, the newest first, is highest."""
    newest = onsets[::-1]
    teeth = int(len(newest) / period) - 1
    offsets = np.arange(0, period, 0.5)
    positions = offsets[:, None] + period * np.arange(max(1, teeth))[None]
    weights = 0.9 ** np.arange(max(1, teeth))
    heights = np.interp(positions, np.arange(len(newest)), newest) @ weights
    return float(offsets[int(np.argmax(heights))])
