"""Streaming analysis for lights: level, bands, onsets and beats, frame by frame and without the delay of a fragment.

The tempo is the peak of the onsets' autocorrelation, weighted by a log-normal prior (Ellis, Journal of New Music
Research 36, 2007); the phase is that of a comb of beats over the last onsets. The next beat is predicted from both.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.music.spectra import BANDS

HOP_SECONDS = 0.01
"""Time between two onset values, seconds."""
WINDOW_SECONDS = 0.04
"""Length of the spectral window, seconds."""
LATENCY_SECONDS = 0.045
"""Delay after which an onset is detected, seconds: it must reach the middle of the window, and a bass drum takes some
milliseconds more to rise. Measured on synthesised music, with `training.music.beats`.
"""

ONSET_SECONDS = 8.0
"""Seconds of onsets in which the beat is looked for."""

UPDATE_SECONDS = 0.25
"""Seconds between two estimates of the beat."""

MIN_TEMPO, MAX_TEMPO = 60.0, 200.0
"""Bounds of the tempo, beats per minute."""

PRIOR_TEMPO = 120.0
"""Centre of the log-normal prior, beats per minute: of two tempos an octave apart, the nearer one is taken."""

PRIOR_OCTAVES = 0.9
"""Standard deviation of the prior, octaves."""

MIN_CORRELATION = 0.25
"""Autocorrelation of the onsets, relative to lag 0, below which there is no beat."""

MIN_DBFS = -60.0
"""Loudness of level 0."""

_WEIGHTS = np.array([3, 3, 1, 1, 1, 1]) / 10
"""Weights of the bands' rises: more than half of the beat is in the bass."""

_BLUR = np.hanning(9)[1:-1] / np.hanning(9).sum()

Samples = NDArray[np.float32]


class ShowFrame(Struct, frozen=True):
    """Values for a lighting desk since the frame before.

    Attributes:
        level: 0 to 1, from -60 to 0 dBFS.
        bands: 0 to 1 each, from -60 to 0 dBFS.
        onset: 0 to 1, strongest rise relative to the last seconds.
        brightness: spectral centroid, Hz.
        beat: True where a beat falls into this frame.
        tempo: beats per minute, 0 while there is none.
        until_beat: seconds from the end of this frame to the next beat, as it is expected; None while there is none.
    """

    level: float
    bands: dict[str, float]
    onset: float
    brightness: float
    beat: bool
    tempo: float
    until_beat: float | None = None


class ShowFrameStream:
    """Convert audio to frames as it arrives; beats are predicted from the onsets of the last seconds.

    Args:
        rate: sample rate, Hz.
        frames_per_second: frame rate of the lighting desk.

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
        # A bin of a window of 40 ms is 25 Hz wide: every band must have at least one.
        for name, inside in self._inside.items():
            if not inside.any():
                inside[int(np.abs(self._frequencies - sum(BANDS[name]) / 2).argmin())] = True
        self._sound = np.zeros(self._size, np.float32)
        self._rest = np.zeros(0, np.float32)
        self._onsets = np.zeros(round(ONSET_SECONDS / HOP_SECONDS))
        self._before: NDArray[np.float64] | None = None
        self._hops = 0
        self._frame_seconds = 1 / frames_per_second
        self._due = self._frame_seconds
        self._period = 0.0
        self._next_beat = np.inf
        self._last_beat = -np.inf
        self._pending: list[tuple[NDArray[np.float64], float]] = []
        self._beat = False

    @property
    def seconds(self) -> float:
        """Seconds of audio analysed."""
        return self._hops * HOP_SECONDS

    def feed(self, samples: Samples) -> list[ShowFrame]:
        """Add any number of samples from -1 to 1 and return the frames that end in them."""
        self._rest = np.concatenate([self._rest, samples])
        frames = []
        while len(self._rest) >= self._hop:
            hop, self._rest = self._rest[: self._hop], self._rest[self._hop :]
            self._add_hop(hop)
            if self.seconds >= self._due - 1e-9:
                self._due += self._frame_seconds
                frames.append(self._frame())
        return frames

    def _add_hop(self, hop: Samples) -> None:
        self._hops += 1
        self._sound = np.concatenate([self._sound[len(hop) :], hop])
        power = np.square(np.abs(np.fft.rfft(self._sound * self._window))) / (0.25 * self._size**2)
        # Bands, not bins: a bass drum fills few bins and a hi-hat hundreds, but the drum carries the beat.
        logs = np.log10(np.array([power[inside].sum() for inside in self._inside.values()]) + 1e-6)
        rise = 0.0 if self._before is None else float(np.maximum(logs - self._before, 0) @ _WEIGHTS)
        self._before = logs
        self._onsets = np.append(self._onsets[1:], rise)
        self._pending.append((power, rise))
        if self._hops % round(UPDATE_SECONDS / HOP_SECONDS) == 0:
            self._find_beat()
        if self.seconds >= self._next_beat:
            self._beat = True
            self._last_beat = self._next_beat
            self._next_beat += self._period

    def _frame(self) -> ShowFrame:
        power = np.mean([hop_power for hop_power, _ in self._pending], axis=0)
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
            until_beat=max(0.0, float(self._next_beat) - self.seconds) if self._period else None,
        )
        self._pending.clear()
        self._beat = False
        return frame

    def _find_beat(self) -> None:
        """Estimate the period from the onsets' autocorrelation, and the phase from a comb over the last seconds."""
        onsets = self._onsets
        count = min(len(onsets), self._hops)
        if count < 3 / HOP_SECONDS or float(onsets.max()) < 1e-3:
            self._period, self._next_beat = 0.0, np.inf
            return
        # Blurred, so that a period of a fractional number of hops still fits at its multiples.
        centred = np.convolve(onsets[-count:] - onsets[-count:].mean(), _BLUR, mode="same")
        spectrum = np.fft.rfft(centred, 2 * count)
        correlation = np.fft.irfft(np.square(np.abs(spectrum)))[:count] / np.arange(count, 0, -1)
        lags = np.arange(round(60 / MAX_TEMPO / HOP_SECONDS), round(60 / MIN_TEMPO / HOP_SECONDS) + 1)
        prior = np.exp(-0.5 * np.square(np.log2(60 / (lags * HOP_SECONDS) / PRIOR_TEMPO) / PRIOR_OCTAVES))
        # A period's multiples are periods too: a period that fits only itself is a syncopation.
        multiples = [correlation[np.minimum(times * lags, count - 1)] for times in (1, 2, 3)]
        best = int(np.argmax(np.mean(multiples, axis=0) * prior))
        if correlation[lags[best]] < MIN_CORRELATION * correlation[0]:
            self._period, self._next_beat = 0.0, np.inf
            return
        period = _refined(correlation, int(lags[best]), count)
        offset = _phase(onsets[-count:], period)
        self._period = period * HOP_SECONDS
        upcoming = self.seconds - offset * HOP_SECONDS - LATENCY_SECONDS + self._period
        # A beat that was reported is not reported again where this estimate finds it a little later; one that this
        # estimate finds a little earlier, and so in the past, is reported now.
        while upcoming - self._last_beat < 0.5 * self._period:
            upcoming += self._period
        while upcoming <= self.seconds - 0.5 * self._period:
            upcoming += self._period
        while upcoming - 1.5 * self._period >= max(self._last_beat, self.seconds - self._period):
            upcoming -= self._period
        self._next_beat = upcoming


def _share(power: float) -> float:
    """Return the level of a power, 0 to 1 from `MIN_DBFS` to full scale."""
    return float(np.clip(1 - 10 * np.log10(max(power, 1e-12)) / MIN_DBFS, 0, 1))


def _refined(correlation: NDArray[np.float64], lag: int, count: int) -> float:
    """Return the period in fractions of a hop: by a parabola at the highest multiple of the lag within the onsets."""
    times = max(1, min(4, (count // 2) // lag))
    around = np.arange(times * lag - times, times * lag + times + 1)
    top = int(around[np.argmax(correlation[around])])
    if not 0 < top < len(correlation) - 1:
        return float(lag)
    left, middle, right = correlation[top - 1 : top + 2]
    bend = left - 2 * middle + right
    return (top + (0.5 * (left - right) / bend if bend < 0 else 0.0)) / times


def _phase(onsets: NDArray[np.float64], period: float) -> float:
    """Return the hops between the last beat and now: the offset at which a comb over the last onsets is highest."""
    newest = onsets[::-1]
    teeth = int(len(newest) / period) - 1
    offsets = np.arange(0, period, 0.5)
    positions = offsets[:, None] + period * np.arange(max(1, teeth))[None]
    weights = 0.9 ** np.arange(max(1, teeth))
    heights = np.interp(positions, np.arange(len(newest)), newest) @ weights
    return float(offsets[int(np.argmax(heights))])
