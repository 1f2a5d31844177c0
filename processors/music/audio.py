"""Audio as an array: decoding, validation, mixing to mono and loudness."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import soundfile
from msgspec import Struct
from numpy.typing import NDArray

from schemas.errors import PulsoError

Samples = NDArray[np.float32]

RATE = 22_050
"""Sample rate of all features, Hz."""

MIN_SECONDS, MAX_SECONDS = 1.0, 60.0
"""Shortest and longest audio that is analysed, seconds; of longer audio only the first minute is read."""

SILENT_DBFS = -55.0
"""Loudness below which a fragment is silent: a stage microphone then records its own noise."""

RECENT_SECONDS = 5.0
"""Seconds at the end of a fragment that decide about silence: it may have begun loud."""

MIN_RATE, MAX_RATE = 4_000, 384_000
"""Bounds of a plausible sample rate, Hz."""
MAX_CHANNELS = 64
"""Number of channels that are mixed at most."""
MAX_AMPLITUDE = 16.0
"""Largest accepted sample: a float file may exceed full scale by some decibels; one with integers as floats is a
mistake."""

CANCELLATION_RATIO = 0.01
"""Share of the channels' power left after mixing (-20 dB) below which they cancel each other."""

_BLOCK = 1 << 16

_MARKS = (
    ("MP4 or M4A sound", 4, b"ftyp"), ("Matroska or WebM", 0, b"\x1aE\xdf\xa3"), ("Windows Media", 0, b"0&\xb2u"),
    ("AMR sound", 0, b"#!AMR"), ("a JPEG picture", 0, b"\xff\xd8\xff"), ("a PNG picture", 0, b"\x89PNG"),
    ("JSON text", 0, b"{"), ("a cut-off WAV", 0, b"RIFF"), ("a cut-off Ogg", 0, b"OggS"),
    ("a cut-off FLAC", 0, b"fLaC"), ("a cut-off MP3", 0, b"ID3"),
)  # fmt: skip


class AudioError(PulsoError, ValueError):
    """The audio can't be used; the message says why."""


class AudioFormatError(AudioError):
    """libsndfile does not support the format; ffmpeg may."""


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
    """Decode WAV, FLAC, Ogg (Vorbis, Opus), MP3, AIFF and other formats of libsndfile.

    A file that ends early gives the samples before its end.

    Raises:
        AudioFormatError: libsndfile does not support the format.
        AudioError: empty, cut off, too short, or with samples that are not finite.

    >>> file = io.BytesIO()
    >>> soundfile.write(file, np.zeros((96_000, 2)), 48_000, format="FLAC")
    >>> decode(file.getvalue()).seconds
    2.0
    """
    return from_samples(*read_mono(value))


def read_mono(value: bytes) -> tuple[Samples, int]:
    """Return mono samples and their rate in Hz, before the checks of `from_samples`; raises as `decode` does."""
    if not value:
        raise AudioError("the sound is empty: 0 bytes")
    try:
        file = soundfile.SoundFile(io.BytesIO(value))
    except soundfile.LibsndfileError as error:
        raise _unknown_format(value, len(value), error) from error
    with file:
        rate = _checked_rate(file)
        try:
            return _mixed(file, 0, int(MAX_SECONDS * rate)), rate
        except soundfile.LibsndfileError as error:
            raise _damaged(file, error) from error


def fragments(path: Path, seconds: float = 30.0) -> Iterator[Audio]:
    """Yield a file of any length in fragments without overlap, so that memory does not grow with it.

    The rest counts as a fragment from `MIN_SECONDS` on; a file that is damaged later gives the fragments before.

    Args:
        path: audio file.
        seconds: length of a fragment.

    Raises:
        AudioFormatError: libsndfile does not support the format.
        AudioError: the first fragment can't be used: empty, too short, damaged, or with samples that are not finite.
        OSError: the file can't be read.
    """
    size = path.stat().st_size
    if not size:
        raise AudioError("the file is empty: 0 bytes")
    with path.open("rb") as opened:
        head = opened.read(16)
    try:
        file = soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        raise _unknown_format(head, size, error) from error
    with file:
        rate = _checked_rate(file)
        length, start = int(seconds * rate), 0
        while True:
            try:
                samples = _mixed(file, start, length)
                if start and len(samples) < MIN_SECONDS * rate:
                    return
                yield from_samples(samples, rate)
            except (AudioError, soundfile.LibsndfileError) as error:
                if start:
                    return
                raise error if isinstance(error, AudioError) else _damaged(file, error) from error
            start += length


def _unknown_format(head: bytes, size: int, error: soundfile.LibsndfileError) -> AudioFormatError:
    return AudioFormatError(
        f"{_named(head)}, {size} bytes, which libsndfile does not read; send WAV, FLAC, Ogg, Opus or MP3 "
        f"({error.error_string})"
    )


def _damaged(file: soundfile.SoundFile, error: soundfile.LibsndfileError) -> AudioError:
    return AudioError(f"the {file.format} sound is cut off or damaged: {error.error_string}")


def _checked_rate(file: soundfile.SoundFile) -> int:
    rate, channels = int(file.samplerate), int(file.channels)
    _check_rate(rate)
    if channels > MAX_CHANNELS:
        raise AudioError(f"{channels} channels; at most {MAX_CHANNELS} are mixed")
    return rate


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
    _check_rate(rate)
    if len(raw) < MIN_SECONDS * rate:
        raise AudioError(f"{len(raw) / rate:.2f} s of sound; at least {MIN_SECONDS:.0f} s are needed")
    mono = raw if raw.ndim == 1 else _mix(lambda: [raw])
    if not np.isfinite(mono).all():
        raise AudioError("the sound has values that are not finite (NaN or infinite)")
    if (largest := float(np.abs(mono).max())) > MAX_AMPLITUDE:
        raise AudioError(f"values up to {largest:.0f}; full scale is 1, so divide integers by their largest value")
    mono = mono - mono.mean()
    if rate != RATE:
        mono = librosa.resample(mono, orig_sr=rate, target_sr=RATE, res_type="soxr_hq")
    return Audio(np.ascontiguousarray(np.clip(mono, -1.0, 1.0), np.float32))


def _check_rate(rate: int) -> None:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError(f"a sample rate of {rate} Hz is not plausible: {MIN_RATE} to {MAX_RATE} Hz are")


def _mixed(file: soundfile.SoundFile, start: int, frames: int) -> Samples:
    """Read mono audio in blocks: a few kilobytes of FLAC may hold gigabytes of zeros in many channels."""

    def blocks() -> Iterator[Samples]:
        file.seek(start)
        left = frames
        # Until the file ends: the header's count is wrong where a file was cut off.
        while left and len(block := file.read(min(left, _BLOCK), dtype="float32", always_2d=True)):
            left -= len(block)
            yield block

    return _mix(blocks)


def _mix(blocks: Callable[[], Iterable[Samples]]) -> Samples:
    """Return the mean of the channels, or the strongest channel where they cancel each other.

    A balanced line on a stereo input arrives twice, once inverted: its mean would be silence.
    """
    means: list[Samples] = []
    power: Any = 0.0
    for block in blocks():
        means.append(block.mean(axis=1))
        power = power + np.square(block, dtype=np.float64).sum(axis=0)
    if not means:
        return np.zeros(0, np.float32)
    mean = np.concatenate(means)
    left = float(np.square(mean, dtype=np.float64).sum())
    if left >= CANCELLATION_RATIO * float(np.max(power)) or not np.isfinite(power).all():
        return mean
    strongest = int(np.argmax(power))
    return np.concatenate([block[:, strongest] for block in blocks()])


def _dbfs(samples: Samples) -> float:
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return min(0.0, 10 * math.log10(max(power, 1e-12)))


def _named(value: bytes) -> str:
    """Return the format that the first bytes suggest, for an error message."""
    for name, at, mark in _MARKS:
        if value[at : at + len(mark)] == mark:
            return name
    if value[0] == 0xFF and len(value) > 1 and value[1] & 0xF6 == 0xF0:
        return "raw AAC sound"
    return "not a recognised audio format"
