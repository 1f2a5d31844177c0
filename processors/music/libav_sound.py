"""Decoding of sound files with ffmpeg's libraries, in this process (PyAV)."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO, Self

import av
import numpy as np
from av.audio.stream import AudioStream
from av.error import FFmpegError
from numpy.typing import NDArray

from processors.music.audio_errors import AudioFormatError

CONTAINERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,iff,latm,loas,matroska,mlp,mov,mp3,mpc,"
    "mpc8,mpeg,mpegts,nistsphere,ogg,oma,osq,qoa,rm,shn,sox,tak,truehd,tta,voc,w64,wav,wv"
)
"""Formats that may be opened: sound and video files, and no playlist, which could name other files and addresses."""

SIZED_CONTAINERS = frozenset(
    ("mov", "matroska", "asf", "caf", "wav", "w64", "aiff", "ape", "wv", "flac", "tta", "tak", "avi")
)
"""Formats whose header has the length; of others libav guesses it."""

MAX_PACKET_SECONDS = 60.0
"""Longest length of a packet that is believed, seconds: that of the last one may be less than 0, and wrap around."""

MAX_ERRORS = 100
"""Number of errors in a row after which reading ends."""


class LibavSound:
    """The first sound track of a file.

    Args:
        file: at its beginning; it is closed with this object.

    Attributes:
        seconds: length by the header; 0 where it has none.
        tracks: number of sound tracks.
        damaged: number of places that could not be decoded so far.

    Raises:
        AudioFormatError: libav does not support the format, or the file has no sound.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        try:
            self._container = av.open(file, "r", options={"format_whitelist": CONTAINERS}, metadata_errors="ignore")
        except (FFmpegError, ValueError) as error:
            file.close()
            raise AudioFormatError(f"ffmpeg can't read it: {_reason(error)}") from error
        self.tracks = len(self._container.streams.audio)
        self.damaged = 0
        if not self.tracks:
            self.close()
            raise AudioFormatError("the file has no sound track")
        self._stream = self._container.streams.audio[0]
        sized = not SIZED_CONTAINERS.isdisjoint(self._container.format.name.split(","))
        self.seconds = max(0.0, (self._container.duration or 0) / av.time_base) if sized else 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        self._file.close()

    def packet_seconds(self) -> float:
        """Return the length of all packets, without decoding them; the file is then at its end."""
        lengths = (float((packet.duration or 0) * packet.time_base) for packet in self._packets())
        return sum(length for length in lengths if 0 < length < MAX_PACKET_SECONDS)

    def blocks(self) -> Iterator[tuple[NDArray[np.float32], int]]:
        """Yield samples (n, channels), full scale 1, and their rate in Hz; what can't be decoded is left out."""
        errors = 0
        for packet in self._packets():
            try:
                frames = packet.decode()
            except (FFmpegError, ValueError):
                self.damaged += errors == 0
                errors += 1
                if errors > MAX_ERRORS:
                    return
                continue
            errors = 0 if frames else errors
            for frame in frames:
                if frame.samples:
                    yield _block(frame), int(frame.sample_rate)

    def _packets(self) -> Iterator[av.Packet[AudioStream]]:
        errors = 0
        while errors <= MAX_ERRORS:
            try:
                for packet in self._container.demux(self._stream):
                    errors = 0
                    yield packet
            except FFmpegError:
                self.damaged += errors == 0
                errors += 1
            else:
                return


def _block(frame: av.AudioFrame) -> NDArray[np.float32]:
    samples: NDArray[Any] = frame.to_ndarray()
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels)
    if samples.dtype == np.uint8:
        return np.asarray((samples.astype(np.float32) - 128) / 128, np.float32)
    if np.issubdtype(samples.dtype, np.integer):
        return np.asarray(samples / float(-np.iinfo(samples.dtype).min), np.float32)
    return np.asarray(samples, np.float32)


def _reason(error: Exception) -> str:
    """Return an error without the name of the file object."""
    return str(getattr(error, "strerror", "") or error)
