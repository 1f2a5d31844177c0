"""Audio as an array: decoding, validation, mixing to mono and loudness."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import librosa
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.music.audio_errors import AudioError, AudioFormatError
from processors.music.channels import ChannelMix, FragmentMixer
from processors.music.sound_reader import SoundReader, check_rate, clock

__all__ = ["RATE", "Audio", "AudioError", "AudioFormatError", "decode", "fragments", "from_samples", "read_mono"]

Samples = NDArray[np.float32]

RATE = 22_050
"""Sample rate of all features, Hz."""

MIN_SECONDS, MAX_SECONDS = 1.0, 60.0
"""Shortest and longest audio that is analysed, seconds; of longer audio only the first minute is read."""

SILENT_DBFS = -55.0
"""Loudness below which a fragment is silent: a stage microphone then records its own noise."""

RECENT_SECONDS = 5.0
"""Seconds at the end of a fragment that decide about silence: it may have begun loud."""

MAX_AMPLITUDE = 16.0
"""Largest accepted sample: a float file may exceed full scale by some decibels; one with integers as floats is a
mistake."""


class Audio(Struct, frozen=True):
    """Mono audio at `RATE`: float32 samples from -1 to 1, (n,)."""

    samples: Samples

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / RATE

    @property
    def loudness(self) -> float:
        """Root mean square in dBFS, at most 0; -120 for digital silence."""
        return _dbfs(self.samples)

    @property
    def recent_loudness(self) -> float:
        """Root mean square of the last `RECENT_SECONDS` in dBFS, at most 0."""
        return _dbfs(self.samples[-int(RECENT_SECONDS * RATE) :])

    @property
    def peak(self) -> float:
        """Largest absolute sample in dBFS, at most 0; -120 for digital silence."""
        return max(-120.0, 20 * math.log10(max(float(np.abs(self.samples).max(initial=0.0)), 1e-6)))

    @property
    def clipped(self) -> float:
        """Share of samples within 0.1 % of full scale, 0 to 1; above some 0.001 the microphone is overloaded."""
        return float(np.mean(np.abs(self.samples) >= 0.999))

    @property
    def silent(self) -> bool:
        """True where the last `RECENT_SECONDS` are below `SILENT_DBFS`."""
        return self.recent_loudness < SILENT_DBFS


def decode(value: bytes) -> Audio:
    """Decode WAV, FLAC, Ogg (Vorbis, Opus), MP3, AIFF, and what ffmpeg's libraries read, as M4A and Windows Media.

    A file that ends early gives the samples before its end. Of several channels those are mixed that carry the sound.

    Raises:
        AudioFormatError: neither libsndfile nor ffmpeg's libraries support the format.
        AudioError: empty, cut off, too short, or with samples that are not finite.

    >>> import io, soundfile
    >>> file = io.BytesIO()
    >>> soundfile.write(file, np.zeros((96_000, 2)), 48_000, format="FLAC")
    >>> decode(file.getvalue()).seconds
    2.0
    """
    return from_samples(*read_mono(value))


def read_mono(value: bytes) -> tuple[Samples, int]:
    """Return mono samples and their rate in Hz, before the checks of `from_samples`; raises as `decode` does."""
    mixer, rate = FragmentMixer(1), RATE
    for block, rate_now in SoundReader(value, recover=False).blocks():
        if not mixer.frames:
            mixer, rate = FragmentMixer(block.shape[1]), rate_now
        left = int(MAX_SECONDS * rate) - mixer.frames
        if left <= 0 or (rate_now, block.shape[1]) != (rate, mixer.channels):
            break
        mixer.add_block(block[:left])
    return mixer.mixed(), rate


def fragments(path: Path, seconds: float = 30.0) -> RecordingFragments:
    """Return the fragments of a file of any length, without overlap; see `RecordingFragments`."""
    return RecordingFragments(path, seconds)


class RecordingFragments(Iterator[Audio]):
    """Fragments of a file of any length, one after the other, so that memory does not grow with it.

    The rest counts as a fragment from `MIN_SECONDS` on. Where the sample rate or the number of channels changes a new
    fragment begins. The channels are chosen in the first fragment, and again where the choice loses the sound.

    Args:
        path: audio file.
        seconds: length of a fragment.

    Raises:
        AudioFormatError: neither libsndfile nor ffmpeg's libraries support the format.
        AudioError: the first fragment can't be used: empty, too short, damaged, or with samples that are not finite.
        OSError: the file can't be read.
    """

    def __init__(self, path: Path, seconds: float = 30.0) -> None:
        self._reader = SoundReader(path)
        self._length = seconds
        self._notes: list[str] = []
        self._mix: ChannelMix | None = None
        self._begin = 0.0
        self._used = 0
        self._fragments = self._read()

    def __next__(self) -> Audio:
        """Return the next fragment."""
        return next(self._fragments)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the user should know so far: channels, damage, missing parts."""
        return (*self._notes, *self._reader.notes)

    def _read(self) -> Iterator[Audio]:
        mixer, rate = FragmentMixer(1), RATE
        for block, rate_now in self._reader.blocks():
            if (rate_now, block.shape[1]) != (rate, mixer.channels):
                yield from self._finished(mixer, rate)
                if block.shape[1] != mixer.channels:
                    self._mix = None
                mixer, rate = FragmentMixer(block.shape[1], self._mix), rate_now
            rest, length = block, int(self._length * rate)
            while mixer.frames + len(rest) >= length:
                taken = length - mixer.frames
                mixer.add_block(rest[:taken])
                rest = rest[taken:]
                yield from self._finished(mixer, rate)
                mixer = FragmentMixer(block.shape[1], self._mix)
            if len(rest):
                mixer.add_block(rest)
        yield from self._finished(mixer, rate)
        if not self._used:
            raise AudioError(f"{self._begin:.2f} s of sound; at least {MIN_SECONDS:.0f} s are needed")

    def _finished(self, mixer: FragmentMixer, rate: int) -> Iterator[Audio]:
        """Yield the fragment of a mixer, if there is one that can be used."""
        begin, samples = self._begin, mixer.mixed()
        self._begin += len(samples) / rate
        if len(samples) < MIN_SECONDS * rate:
            return
        if mixer.mix != (self._mix or ChannelMix((1,) * mixer.channels)):
            self._notes.append(f"{mixer.mix}{f' from {clock(begin)} on' if begin else ''}")
        self._mix = mixer.mix
        try:
            audio = from_samples(samples, rate)
        except AudioError as error:
            if not self._used:
                raise
            self._notes.append(f"left out at {clock(begin)}: {error}")
            return
        self._used += 1
        yield audio


def from_samples(raw: NDArray[np.float32], rate: int) -> Audio:
    """Validate samples and convert them to mono at `RATE`, without the DC offset of cheap sound cards.

    Args:
        raw: (n,) or (n, channels), -1 to 1.
        rate: Hz.

    Raises:
        AudioError: empty, too short, or with samples that are not finite or far beyond full scale.

    >>> round(from_samples(np.zeros(16_000, np.float32), 8_000).seconds, 2)
    2.0
    """
    check_rate(rate)
    if len(raw) < MIN_SECONDS * rate:
        raise AudioError(f"{len(raw) / rate:.2f} s of sound; at least {MIN_SECONDS:.0f} s are needed")
    mono = raw if raw.ndim == 1 else _mixed(raw)
    if not np.isfinite(mono).all():
        raise AudioError("the sound has values that are not finite (NaN or infinite)")
    if (largest := float(np.abs(mono).max())) > MAX_AMPLITUDE:
        raise AudioError(f"values up to {largest:.0f}; full scale is 1, so divide integers by their largest value")
    mono = mono - mono.mean()
    if rate != RATE:
        mono = librosa.resample(mono, orig_sr=rate, target_sr=RATE, res_type="soxr_hq")
    return Audio(np.ascontiguousarray(np.clip(mono, -1.0, 1.0), np.float32))


def _dbfs(samples: Samples) -> float:
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return min(0.0, 10 * math.log10(max(power, 1e-12)))


def _mixed(samples: NDArray[np.float32]) -> Samples:
    mixer = FragmentMixer(samples.shape[1])
    mixer.add_block(samples)
    return mixer.mixed()
