"""A stage's fragments overlap: what was computed for the seconds that two of them share is not computed again."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from processors.models.inference import Model
from processors.music.audio import RATE, Audio, Samples, from_samples
from processors.music.features import LEVEL_DBFS, FragmentFeatures, fragment_features
from processors.music.log_mel_patches import FRAMES, PATCH, YAMNET_RATE, patches_at
from processors.music.log_mel_patches import HOP as MEL_HOP
from processors.music.overlap import ResampledTrack, SampleTrack, window_shift
from processors.music.spectra import FFT, HOP, Spectra, compute_spectra, frames_in

STEADY_DB = 1.0
"""Embeddings, which see the level, are kept while it is within this of what they were computed at; 0.2 dB is what
moves a probability by a thousandth."""

STEADY_OFFSET = 2e-3
"""of full scale: by so much the means of two windows of one piece of music may differ, through its lowest notes"""

EMBEDDING = 1024

EDGE = FFT // 2 // HOP
"""frames at the beginning and at the end of a window that reach beyond it, where silence is taken to be"""

Array = NDArray[np.float32]


class SlidingWindow:
    """Follows one stage's microphone.

    Where a window shares its beginning with the one before, sample for sample (so the microphone must send WAV or
    FLAC), only its new seconds are described; any other window begins anew. The window then starts where a frame does,
    up to 23 ms after its own beginning, and its embeddings where a patch does, up to 0.96 s after: apart from that the
    result is that of the whole window (`tests/processors/music/test_sliding_window.py`).
    """

    def __init__(self, sound: Model) -> None:
        self._sound = sound
        self._raw: SampleTrack | None = None
        self._rate = 0
        self.reused = 0.0
        """share of the last window's frames that were there already"""

    def hear(self, raw: Samples, rate: int) -> tuple[Audio, FragmentFeatures | None, Array]:
        """Take in the next window.

        Args:
            raw: mono, at its own rate in Hz, not yet resampled.

        Returns:
            The sound at `RATE`; what librosa hears, None where it is silent now; embeddings (patches, 1024).

        Raises:
            AudioError: as `from_samples`; what was heard before is kept.
        """
        slid = None
        if self._raw is not None and rate == self._rate:
            slid = window_shift(self._raw.samples, raw, rate)
        if slid is not None and abs(float(raw.mean()) - self._offset) > STEADY_OFFSET:
            slid = None
        if slid is None:
            return self._anew(raw, rate)
        assert self._raw is not None  # noqa: S101 - it was compared
        before = self._raw
        self._raw = SampleTrack(raw, before.first + slid)
        self._levels.samples = np.concatenate(
            [self._levels.since(self._raw.first), raw[before.end - self._raw.first :] - np.float32(self._offset)]
        )
        self._levels.first = self._raw.first
        kept_until, patched_until = self._samples.settled, self._narrow.settled
        self._samples.follow(self._levels)
        self._narrow.follow(self._samples)
        return self._described(kept_until, patched_until)

    def _anew(self, raw: Samples, rate: int) -> tuple[Audio, FragmentFeatures | None, Array]:
        from_samples(raw, rate)  # its checks
        self._raw, self._rate = SampleTrack(raw), rate
        self._offset = float(raw.mean())
        self._levels = SampleTrack(raw - np.float32(self._offset))
        self._samples = ResampledTrack(self._levels, rate, RATE)
        self._narrow = ResampledTrack(self._samples, RATE, YAMNET_RATE)
        self._first_frame = 0
        self._spectra: Spectra | None = None
        self._embeddings: dict[int, Array] = {}
        self._gain = 0.0
        return self._described(0, 0)

    def _described(self, kept_until: int, patched_until: int) -> tuple[Audio, FragmentFeatures | None, Array]:
        first = -(-self._samples.first // HOP)
        window = np.clip(self._samples.since(first * HOP), -1, 1)
        audio = Audio(np.ascontiguousarray(window, np.float32))
        if audio.silent:
            self._spectra, self._embeddings = None, {}
            return audio, None, np.zeros((0, EMBEDDING), np.float32)
        gain = 10 ** ((LEVEL_DBFS - audio.loudness) / 20)
        spectra = self._frames_of(audio.samples, first, kept_until).louder(gain)
        return audio, fragment_features(spectra, audio.seconds), self._embedded(gain, patched_until)

    def _frames_of(self, window: Samples, first: int, kept_until: int) -> Spectra:
        """All frames of a window: its edges, what is kept, what is new."""
        count = frames_in(len(window))
        last_kept = (kept_until - FFT // 2) // HOP + 1  # number after the last frame that nothing changes
        kept = 0
        if self._spectra is not None:
            kept = min(last_kept, self._first_frame + len(self._spectra)) - (first + EDGE)
        if self._spectra is None or kept <= 0:
            spectra, kept = compute_spectra(window), 0
        else:
            start = first + EDGE - self._first_frame
            spectra = compute_spectra(window, 0, EDGE).then(
                self._spectra.part(start, start + kept), compute_spectra(window, EDGE + kept, count)
            )
        self._spectra, self._first_frame = spectra, first
        self.reused = kept / count
        return spectra

    def _embedded(self, gain: float, patched_until: int) -> Array:
        if self._gain <= 0 or abs(20 * math.log10(gain / self._gain)) > STEADY_DB:
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
