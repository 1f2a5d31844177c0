"""Incremental features of overlapping windows: what two windows of a stage share is not computed again.

`window_shift` finds the overlap, `ResampledTrack` resamples only the new end, and `SlidingWindow` keeps spectra and
embeddings of the overlap.
"""

from __future__ import annotations

import math

import librosa
import numpy as np
from numpy.typing import NDArray

from processors.models.inference import Model
from processors.music.audio import RATE, Audio, Samples, from_samples
from processors.music.features import LEVEL_DBFS, FragmentFeatures, fragment_features
from processors.music.log_mel_patches import FRAMES, PATCH, YAMNET_RATE, patches_at
from processors.music.log_mel_patches import HOP as MEL_HOP
from processors.music.spectra import FFT, HOP, Spectra, compute_spectra, frames_in

MAX_LEVEL_CHANGE_DB = 1.0
"""Change of the level within which embeddings are kept; they depend on it, and 0.2 dB moves a probability by a
thousandth."""

MAX_OFFSET_CHANGE = 2e-3
"""Difference of the means of two windows of one piece of music, in full scale, that its lowest notes may cause."""

EMBEDDING_SIZE = 1024
"""Numbers of an embedding."""

EDGE_FRAMES = FFT // 2 // HOP
"""Frames at the beginning and at the end of a window that reach beyond it, where it is padded with silence."""

MIN_OVERLAP_SECONDS = 1.0
"""Shortest overlap that is looked for, seconds."""

FILTER_SECONDS = 0.05
"""Length of the resampling filter's impulse response on each side, seconds."""

_PROBES = (0, 1, 2, 3, 5, 8, 13, 31, 97, 499, 2_003)
"""Samples at which candidates for the shift are compared first."""
_MAX_CANDIDATES = 4
"""Number of candidates that are compared to their end; silence and a hum of whole samples have many."""

Array = NDArray[np.float32]


def window_shift(before: Samples, now: Samples, rate: int) -> int | None:
    """Return the number of samples by which `now` begins after `before`; None where they share no audio exactly.

    >>> sound = np.random.default_rng(0).normal(size=8_000).astype(np.float32)
    >>> window_shift(sound[:5_000], sound[1_000:6_000], 1_000), window_shift(sound[:5_000], sound[:6_000], 1_000)
    (1000, 0)
    >>> window_shift(sound[:4_000], sound[4_000:], 1_000) is None
    True
    """
    least = int(MIN_OVERLAP_SECONDS * rate)
    starts = np.arange(len(before) - least + 1)
    if not len(starts) or len(now) < least:
        return None
    for probe in _PROBES:
        if probe < least:
            starts = starts[before[starts + probe] == now[probe]]
    for start in starts[:_MAX_CANDIDATES].tolist():
        shared = len(before) - start
        if shared <= len(now) and np.array_equal(before[start:], now[:shared]):
            return int(start)
    return None


class SampleTrack:
    """Audio that continues, as numbered samples of which the oldest are dropped.

    Attributes:
        samples: samples that are kept.
        first: number of the first one that is kept.
        settled: number of the first sample that later audio may still change.
    """

    def __init__(self, samples: Samples, first: int = 0) -> None:
        self.samples, self.first, self.settled = samples, first, first

    @property
    def end(self) -> int:
        """Number after the last sample."""
        return self.first + len(self.samples)

    def since(self, number: int) -> Samples:
        """Return the samples from a number on."""
        return self.samples[max(0, number - self.first) :]


class ResampledTrack(SampleTrack):
    """Track at another sample rate: when its source has grown, only the end is resampled.

    Args:
        source: track to resample.
        rate: its rate, Hz.
        target: rate of this track, Hz.
    """

    def __init__(self, source: SampleTrack, rate: int, target: int) -> None:
        shared = math.gcd(rate, target)
        self._in, self._out = rate // shared, target // shared
        self._rate, self._target = rate, target
        self._margin = math.ceil(FILTER_SECONDS * rate / self._in)
        super().__init__(np.zeros(0, np.float32), self.number(source.first))
        self.update(source)

    def number(self, of_source: int) -> int:
        """Return the number of the first sample that is not before the source's sample."""
        return -(-of_source * self._out // self._in)

    def update(self, source: SampleTrack) -> None:
        """Update with a change of the source: a new end, and perhaps a later beginning."""
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


class SlidingWindow:
    """Incremental features of one stage's overlapping windows.

    Where a window shares its beginning with the one before, sample for sample (so the microphone must send WAV or
    FLAC), only its new seconds are analysed; any other window begins anew. The window then starts where a frame does,
    up to 23 ms after its own beginning, and its embeddings where a patch does, up to 0.96 s after: apart from that the
    result is that of the whole window (`tests/processors/music/test_sliding_window.py`).

    Args:
        sound: model of the embeddings.

    Attributes:
        reused: share of the last window's frames that were cached.
    """

    def __init__(self, sound: Model) -> None:
        self._sound = sound
        self._raw: SampleTrack | None = None
        self._rate = 0
        self.reused = 0.0

    def add_window(self, raw: Samples, rate: int) -> tuple[Audio, FragmentFeatures | None, Array]:
        """Add the next window and return its features.

        Args:
            raw: mono, not yet resampled.
            rate: its sample rate, Hz.

        Returns:
            The audio at `RATE`; its features, None where it is silent now; embeddings (patches, 1024).

        Raises:
            AudioError: as `from_samples`; the cache is kept.
        """
        before, shift = self._raw, None
        if before is not None and rate == self._rate:
            shift = window_shift(before.samples, raw, rate)
        if before is None or shift is None or abs(float(raw.mean()) - self._offset) > MAX_OFFSET_CHANGE:
            return self._restart(raw, rate)
        self._raw = track = SampleTrack(raw, before.first + shift)
        self._levels.samples = np.concatenate(
            [self._levels.since(track.first), raw[before.end - track.first :] - np.float32(self._offset)]
        )
        self._levels.first = track.first
        kept_until, patched_until = self._samples.settled, self._narrow.settled
        self._samples.update(self._levels)
        self._narrow.update(self._samples)
        return self._window_features(kept_until, patched_until)

    def _restart(self, raw: Samples, rate: int) -> tuple[Audio, FragmentFeatures | None, Array]:
        from_samples(raw, rate)  # raises for invalid audio
        self._raw, self._rate = SampleTrack(raw), rate
        self._offset = float(raw.mean())
        self._levels = SampleTrack(raw - np.float32(self._offset))
        self._samples = ResampledTrack(self._levels, rate, RATE)
        self._narrow = ResampledTrack(self._samples, RATE, YAMNET_RATE)
        self._first_frame = 0
        self._spectra: Spectra | None = None
        self._embeddings: dict[int, Array] = {}
        self._gain = 0.0
        return self._window_features(0, 0)

    def _window_features(self, kept_until: int, patched_until: int) -> tuple[Audio, FragmentFeatures | None, Array]:
        first = -(-self._samples.first // HOP)
        window = np.clip(self._samples.since(first * HOP), -1, 1)
        audio = Audio(np.ascontiguousarray(window, np.float32))
        if audio.silent:
            self._spectra, self._embeddings = None, {}
            return audio, None, np.zeros((0, EMBEDDING_SIZE), np.float32)
        gain = 10 ** ((LEVEL_DBFS - audio.loudness) / 20)
        spectra = self._frames_of(audio.samples, first, kept_until).scaled(gain)
        return audio, fragment_features(spectra, audio.seconds), self._window_embeddings(gain, patched_until)

    def _frames_of(self, window: Samples, first: int, kept_until: int) -> Spectra:
        """Return all frames of a window: its edges, the cached ones, the new ones."""
        count = frames_in(len(window))
        last_kept = (kept_until - FFT // 2) // HOP + 1  # number after the last frame that nothing changes
        kept = 0
        if self._spectra is not None:
            kept = min(last_kept, self._first_frame + len(self._spectra)) - (first + EDGE_FRAMES)
        if self._spectra is None or kept <= 0:
            spectra, kept = compute_spectra(window), 0
        else:
            start = first + EDGE_FRAMES - self._first_frame
            spectra = compute_spectra(window, 0, EDGE_FRAMES).concatenate(
                self._spectra.frames(start, start + kept), compute_spectra(window, EDGE_FRAMES + kept, count)
            )
        self._spectra, self._first_frame = spectra, first
        self.reused = kept / count
        return spectra

    def _window_embeddings(self, gain: float, patched_until: int) -> Array:
        if self._gain <= 0 or abs(20 * math.log10(gain / self._gain)) > MAX_LEVEL_CHANGE_DB:
            self._embeddings, self._gain = {}, gain
        track, stride = self._narrow, FRAMES * MEL_HOP
        first = -(-track.first // stride)
        numbers = range(first, (track.end - PATCH) // stride + 1)
        kept = {
            number: self._embeddings[number]
            for number in numbers
            if number in self._embeddings and number * stride + PATCH <= patched_until
        }
        new = [number for number in numbers if number not in kept]
        if new:
            sound = track.since(new[0] * stride) * np.float32(self._gain)
            rows = self._sound.session.run(["embeddings"], {"patches": patches_at(sound)[: len(new)]})[0]
            kept |= dict(zip(new, rows, strict=True))
        self._embeddings = kept
        return np.stack([kept[number] for number in numbers])
