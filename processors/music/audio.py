"""Sound as an array: decoding, checks, loudness."""

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
"""Hz; what all features are computed at"""

SHORTEST, LONGEST = 1.0, 60.0
"""seconds: less says nothing about music, and of more only the first minute is listened to"""

SILENT_DBFS = -55.0
"""A stage microphone that hears less than this hears its own noise."""

RECENT = 5.0
"""seconds: a fragment whose last seconds are silent is silent now, however loud it began"""

LOWEST_RATE, HIGHEST_RATE = 4_000, 384_000
MOST_CHANNELS = 64
LARGEST_VALUE = 16.0
"""A float file may exceed full scale by some decibels; one that holds 16-bit integers as floats is a mistake."""

CANCELLED = 0.01
"""−20 dB: less than this left of the channels' power after mixing means that they cancel each other."""

_BLOCK = 1 << 16

_MARKS = (
    ("MP4 or M4A sound", 4, b"ftyp"), ("Matroska or WebM", 0, b"\x1aE\xdf\xa3"), ("Windows Media", 0, b"0&\xb2u"),
    ("AMR sound", 0, b"#!AMR"), ("a JPEG picture", 0, b"\xff\xd8\xff"), ("a PNG picture", 0, b"\x89PNG"),
    ("JSON text", 0, b"{"), ("a cut-off WAV", 0, b"RIFF"), ("a cut-off Ogg", 0, b"OggS"),
    ("a cut-off FLAC", 0, b"fLaC"), ("a cut-off MP3", 0, b"ID3"),
)  # fmt: skip


class AudioError(PulsoError, ValueError):
    """The sound can't be used; the message says why."""


class AudioFormatError(AudioError):
    """libsndfile does not know the format; ffmpeg may."""


class Audio(Struct, frozen=True):
    """Mono sound at `RATE`, float32 in −1…1."""

    samples: Samples

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.samples) / RATE

    @property
    def loudness(self) -> float:
        """Root mean square in dBFS, at most 0; −120 for digital silence."""
        return _dbfs(self.samples)

    @property
    def recent_loudness(self) -> float:
        """Root mean square of the last `RECENT` seconds in dBFS, at most 0."""
        return _dbfs(self.samples[-int(RECENT * RATE) :])

    @property
    def peak(self) -> float:
        """Largest value in dBFS, at most 0; −120 for digital silence."""
        return max(-120.0, 20 * math.log10(max(float(np.abs(self.samples).max(initial=0.0)), 1e-6)))

    @property
    def clipped(self) -> float:
        """Share of samples within 0.1 % of full scale, 0…1; above some 0.001 the microphone is overloaded."""
        return float(np.mean(np.abs(self.samples) >= 0.999))

    @property
    def silent(self) -> bool:
        """Whether the microphone hears nothing now: the last `RECENT` seconds are below `SILENT_DBFS`."""
        return self.recent_loudness < SILENT_DBFS


def decode(value: bytes) -> Audio:
    """Read WAV, FLAC, Ogg (Vorbis, Opus), MP3, AIFF and whatever else libsndfile reads.

    A file that ends early gives what it holds.

    Raises:
        AudioFormatError: not a format that libsndfile reads.
        AudioError: empty, cut off, too short, or with values that are no numbers.

    >>> file = io.BytesIO()
    >>> soundfile.write(file, np.zeros((96_000, 2)), 48_000, format="FLAC")
    >>> decode(file.getvalue()).seconds
    2.0
    """
    return from_samples(*read_mono(value))


def read_mono(value: bytes) -> tuple[Samples, int]:
    """Samples as they come, mono, and their rate in Hz: what `from_samples` takes; raises as `decode`."""
    if not value:
        raise AudioError("the sound is empty: 0 bytes")
    try:
        file = soundfile.SoundFile(io.BytesIO(value))
    except soundfile.LibsndfileError as error:
        raise _unknown_format(value, len(value), error) from error
    with file:
        rate = _checked_rate(file)
        try:
            return _mixed(file, 0, int(LONGEST * rate)), rate
        except soundfile.LibsndfileError as error:
            raise _damaged(file, error) from error


def fragments(path: Path, seconds: float = 30.0) -> Iterator[Audio]:
    """A file of any length, fragment by fragment without overlap, so that memory does not grow with it.

    The end counts as a fragment from `SHORTEST` seconds on; a file that is damaged further on gives what comes before.

    Raises:
        AudioFormatError: not a format that libsndfile reads.
        AudioError: the first fragment can't be used: empty, too short, damaged, or with values that are no numbers.
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
                if start and len(samples) < SHORTEST * rate:
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
    if channels > MOST_CHANNELS:
        raise AudioError(f"{channels} channels; at most {MOST_CHANNELS} are mixed")
    return rate


def from_samples(raw: NDArray[np.float32], rate: int) -> Audio:
    """Check and bring to mono at `RATE`, without the offset (direct current) of cheap sound cards.

    Args:
        raw: (n,) or (n, channels), −1…1.
        rate: Hz.

    Raises:
        AudioError: empty, too short, or with values that are no numbers or far beyond full scale.

    >>> round(from_samples(np.zeros(16_000, np.float32), 8_000).seconds, 2)
    2.0
    """
    _check_rate(rate)
    if len(raw) < SHORTEST * rate:
        raise AudioError(f"{len(raw) / rate:.2f} s of sound; at least {SHORTEST:.0f} s are needed")
    mono = raw if raw.ndim == 1 else _mix(lambda: [raw])
    if not np.isfinite(mono).all():
        raise AudioError("the sound has values that are no numbers (NaN or infinite)")
    if (largest := float(np.abs(mono).max())) > LARGEST_VALUE:
        raise AudioError(f"values up to {largest:.0f}; full scale is 1, so divide integers by their largest value")
    mono = mono - mono.mean()
    if rate != RATE:
        mono = librosa.resample(mono, orig_sr=rate, target_sr=RATE, res_type="soxr_hq")
    return Audio(np.ascontiguousarray(np.clip(mono, -1.0, 1.0), np.float32))


def _check_rate(rate: int) -> None:
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise AudioError(f"a sample rate of {rate} Hz is not plausible: {LOWEST_RATE} to {HIGHEST_RATE} Hz are")


def _mixed(file: soundfile.SoundFile, start: int, frames: int) -> Samples:
    """Mono, read in blocks: a few kilobytes of FLAC may hold gigabytes of zeros in many channels."""

    def blocks() -> Iterator[Samples]:
        file.seek(start)
        left = frames
        # Until nothing comes: the header's count is wrong where a file was cut off.
        while left and len(block := file.read(min(left, _BLOCK), dtype="float32", always_2d=True)):
            left -= len(block)
            yield block

    return _mix(blocks)


def _mix(blocks: Callable[[], Iterable[Samples]]) -> Samples:
    """The mean of the channels, or the strongest channel where they cancel each other.

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
    if left >= CANCELLED * float(np.max(power)) or not np.isfinite(power).all():
        return mean
    strongest = int(np.argmax(power))
    return np.concatenate([block[:, strongest] for block in blocks()])


def _dbfs(samples: Samples) -> float:
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return min(0.0, 10 * math.log10(max(power, 1e-12)))


def _named(value: bytes) -> str:
    """What the first bytes look like, for an error message."""
    for name, at, mark in _MARKS:
        if value[at : at + len(mark)] == mark:
            return name
    if value[0] == 0xFF and len(value) > 1 and value[1] & 0xF6 == 0xF0:
        return "raw AAC sound"
    return "no known sound"
