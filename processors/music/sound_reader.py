"""Reader of sound in blocks: libsndfile first, and ffmpeg's libraries (PyAV) for what it does not read to the end."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from processors.music.audio_errors import AudioError, AudioFormatError
from processors.music.ogg_links import OggLink, ogg_links
from processors.music.wav_header import read_wav_header

if TYPE_CHECKING:
    from processors.music.libav_sound import LibavSound

Block = NDArray[np.float32]
"""Samples (n, channels), full scale 1."""

MIN_RATE, MAX_RATE = 4_000, 384_000
"""Bounds of a plausible sample rate, Hz."""
MAX_CHANNELS = 64
"""Number of channels that are mixed at most."""

TOLERANCE_SECONDS = 0.5
"""Seconds that may be missing at the end without a note: encoders pad, decoders cut the padding off."""

MAX_PLAUSIBLE_SECONDS = 10 * 24 * 3600.0
"""Longest length that a header is believed, seconds."""

_UNCOMPRESSED = ("WAV", "WAVEX", "AIFF", "AU", "CAF", "W64", "RF64", "SVX", "VOC", "NIST", "IRCAM")
"""Formats whose length libsndfile knows exactly, so that it needs no second look."""

_BLOCK = 1 << 16

_MARKS = (
    ("MP4 or M4A sound", 4, b"ftyp"), ("Matroska or WebM", 0, b"\x1aE\xdf\xa3"), ("Windows Media", 0, b"0&\xb2u"),
    ("AMR sound", 0, b"#!AMR"), ("a JPEG picture", 0, b"\xff\xd8\xff"), ("a PNG picture", 0, b"\x89PNG"),
    ("JSON text", 0, b"{"), ("a cut-off WAV", 0, b"RIFF"), ("a cut-off Ogg", 0, b"OggS"),
    ("a cut-off FLAC", 0, b"fLaC"), ("a cut-off MP3", 0, b"ID3"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Part:
    """Part of a file that is a sound of its own.

    Attributes:
        patches: bytes to replace by their place in the file.
        link: of an Ogg file.
    """

    start: int
    length: int
    patches: Mapping[int, bytes] = field(default_factory=dict)
    link: OggLink | None = None

    def seconds(self, frames: int, rate: int) -> float:
        """Return its length, given libsndfile's figure, which is often absurd for Ogg."""
        return frames / rate if self.link is None else self.link.samples / (self.link.rate or rate)


@dataclass(slots=True)
class _Progress:
    """Seconds of a part that were heard, and that should be."""

    heard: float = 0.0
    expected: float = 0.0
    format: str = ""
    exact: bool = False

    def expect(self, seconds: float) -> None:
        if seconds <= MAX_PLAUSIBLE_SECONDS:
            self.expected = max(self.expected, seconds)


class SoundReader:
    """Reader of one sound, from its beginning, once.

    Args:
        source: a file, or the bytes of one.
        recover: go on after damage, and look for sound after the end that libsndfile sees.

    Attributes:
        notes: what the user should know: parts that are missing, damage, changes of the format.

    Raises:
        AudioError: the sound is empty.
        OSError: the file can't be read.

    >>> file = io.BytesIO()
    >>> soundfile.write(file, np.zeros((800, 2)), 8_000, format="WAV")
    >>> [(block.shape, rate) for block, rate in SoundReader(file.getvalue()).blocks()]
    [((800, 2), 8000)]
    """

    def __init__(self, source: Path | bytes, *, recover: bool = True) -> None:
        self.notes: list[str] = []
        self._source, self._recover = source, recover
        self._size = len(source) if isinstance(source, bytes) else source.stat().st_size
        if not self._size:
            raise AudioError(f"the {'sound' if isinstance(source, bytes) else 'file'} is empty: 0 bytes")

    def blocks(self) -> Iterator[tuple[Block, int]]:
        """Yield blocks and their sample rates in Hz; both rate and number of channels may change.

        Raises:
            AudioFormatError: no decoder supports the format.
            AudioError: nothing can be heard: cut off, damaged, or of an implausible rate or number of channels.
        """
        with self._open() as file:
            header = read_wav_header(file, self._size)
            links = ogg_links(file, self._size)
        if header is not None and header.missing > 0:
            self.notes.append(f"cut off: the last {header.missing:.0%} are missing")
        if len(links) < 2:
            link = links[0] if links else None
            yield from self._part(_Part(0, self._size, header.patches if header else {}, link))
            return
        seconds = 0.0
        for number, link in enumerate(links):
            if number:
                self.notes.append(f"another sound begins at {clock(seconds)}")
            try:
                for block, rate in self._part(_Part(link.start, link.length, link=link)):
                    seconds += len(block) / rate
                    yield block, rate
            except AudioError as error:
                if not seconds or not self._recover:
                    raise
                self.notes.append(f"left out: {error}")

    def _open(self) -> BinaryIO:
        return io.BytesIO(self._source) if isinstance(self._source, bytes) else self._source.open("rb")

    def _view(self, part: _Part) -> BinaryIO:
        return io.BufferedReader(_View(self._open(), part))

    def _part(self, part: _Part) -> Iterator[tuple[Block, int]]:
        """Yield the blocks of one part: by libsndfile, and by libav where that stops before the sound does."""
        progress, failure = _Progress(), None
        try:
            yield from self._by_libsndfile(part, progress)
        except soundfile.LibsndfileError as error:
            failure = error
        if failure is not None and progress.format and not self._recover:
            raise _damaged(progress, failure)
        if failure is not None and progress.heard:
            self.notes.append(f"damaged at {clock(progress.heard)}")
        try:
            if not progress.heard or (self._recover and self._continues(part, progress, failure)):
                yield from self._by_libav(part, progress)
        except AudioFormatError as error:
            if not progress.heard:
                raise self._refusal(part, progress, failure, error) from error
        if progress.expected - progress.heard > TOLERANCE_SECONDS:
            self.notes.append(f"{progress.heard:.1f} of {progress.expected:.1f} s can be read")

    def _by_libsndfile(self, part: _Part, progress: _Progress) -> Iterator[tuple[Block, int]]:
        with self._sndfile(part) as file:
            progress.format = file.format
            rate = _checked_rate(file.samplerate, file.channels)
            progress.expect(part.seconds(file.frames, rate))
            while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
                progress.heard += len(block) / rate
                yield block, rate
            progress.exact = file.format in _UNCOMPRESSED

    def _sndfile(self, part: _Part) -> soundfile.SoundFile:
        if part.patches or part.length != self._size:
            return soundfile.SoundFile(self._view(part))
        if isinstance(self._source, bytes):
            return soundfile.SoundFile(io.BytesIO(self._source))
        # As bytes: a name need not be valid UTF-8.
        return soundfile.SoundFile(os.fsencode(self._source))

    def _continues(self, part: _Part, progress: _Progress, failure: Exception | None) -> bool:
        """Return True where the file has sound after what was heard."""
        if progress.exact and failure is None:
            return False
        with _libav_sound(self._view(part)) as sound:
            progress.expect(length := sound.packet_seconds())
        return failure is not None or length - progress.heard > TOLERANCE_SECONDS

    def _by_libav(self, part: _Part, progress: _Progress) -> Iterator[tuple[Block, int]]:
        """Yield what libav decodes after the seconds that were heard already."""
        skip, before = progress.heard, None
        with _libav_sound(self._view(part)) as sound:
            for whole, rate in sound.blocks():
                skipped = min(len(whole), max(0, round(skip * rate)))
                skip -= len(whole) / rate
                if not len(block := whole[skipped:]):
                    continue
                channels = block.shape[1]
                if before is not None and before != (rate, channels):
                    self.notes.append(f"{rate} Hz and {_counted(channels, 'channel')} from {clock(progress.heard)} on")
                before = (_checked_rate(rate, channels), channels)
                progress.heard += len(block) / rate
                yield block, rate
            progress.expect(sound.seconds)
            if sound.tracks > 1:
                self.notes.append(f"the first of {sound.tracks} sound tracks")
            if sound.damaged:
                self.notes.append(f"damaged in {_counted(sound.damaged, 'place')}")

    def _refusal(
        self, part: _Part, progress: _Progress, failure: soundfile.LibsndfileError | None, error: AudioFormatError
    ) -> AudioError:
        if progress.format:
            return _damaged(progress, failure)
        with self._view(part) as file:
            head = file.read(16)
        return AudioFormatError(
            f"{_named(head)}, {self._size} bytes, which neither libsndfile nor ffmpeg reads; "
            f"send WAV, FLAC, Ogg, Opus or MP3 ({error})"
        )


class _View(io.RawIOBase):
    """Part of a file, with some bytes replaced."""

    def __init__(self, file: BinaryIO, part: _Part) -> None:
        super().__init__()
        self._file, self._part = file, part
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._part.length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._file.seek(self._part.start + self._at)
        data = bytearray(self._file.read(max(0, min(len(buffer), self._part.length - self._at))))
        for place, patch in self._part.patches.items():
            for index, byte in enumerate(patch, place - self._part.start - self._at):
                if 0 <= index < len(data):
                    data[index] = byte
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def clock(seconds: float) -> str:
    """Return a place in a sound.

    >>> clock(75.4), clock(4 * 3600 + 5)
    ('1:15', '4:00:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def check_rate(rate: int) -> None:
    """Raise AudioError for an implausible sample rate, Hz."""
    if not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError(f"a sample rate of {rate} Hz is not plausible: {MIN_RATE} to {MAX_RATE} Hz are")


def _checked_rate(rate: int, channels: int) -> int:
    check_rate(rate)
    if channels > MAX_CHANNELS:
        raise AudioError(f"{channels} channels; at most {MAX_CHANNELS} are mixed")
    return rate


def _damaged(progress: _Progress, failure: soundfile.LibsndfileError | None) -> AudioError:
    reason = "no sample can be read" if failure is None else failure.error_string
    return AudioError(f"the {progress.format} sound is cut off or damaged: {reason}")


def _libav_sound(file: BinaryIO) -> LibavSound:
    from processors.music.libav_sound import LibavSound  # noqa: PLC0415 - few need it, and it takes long to load

    return LibavSound(file)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _named(value: bytes) -> str:
    """Return the format that the first bytes suggest, for an error message."""
    for name, at, mark in _MARKS:
        if value[at : at + len(mark)] == mark:
            return name
    if value[0] == 0xFF and len(value) > 1 and value[1] & 0xF6 == 0xF0:
        return "raw AAC sound"
    return "not a recognised audio format"
