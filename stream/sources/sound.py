"""Sound fragments of microphones: 30 seconds every 5 seconds of a device, a stream, a file or a folder."""

from __future__ import annotations

import io
import logging
import subprocess
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import numpy as np
import soundfile

from processors.music.channels import ChannelMix
from schemas.ids import StageId
from schemas.music import SNIPPETS
from schemas.visuals import VisualsSettings
from stream.features.music import metrics
from stream.features.music.lights import FrameReceiver, LiveFrames
from stream.sources.ffmpeg import FfmpegInput, error_sentence, file_input, lacks_option, stream_input
from stream.sources.local_path import local_path
from stream.sources.sound_pipe import SAMPLE_BYTES, SoundPipe
from stream.sources.source import EventSink, Source, SourceError, now
from stream.sources.visuals import VisualsSender

SAMPLE_RATE = 24_000
"""Samples a second (Hz)."""

FRAGMENT_SECONDS, HOP_SECONDS = 30.0, 5.0
"""Length of a fragment, and time between the ends of two."""

SOUND_SUFFIXES = (
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".m4a", ".m4b", ".aac", ".ac3", ".aiff", ".aif", ".aifc",
    ".caf", ".w64", ".wma", ".mka", ".webm",
)  # fmt: skip
"""Suffixes of the files of a folder that are played, in lower case."""

MIN_FRAGMENT_SECONDS = 1.0
"""Shortest rest at the end of a file that becomes a fragment."""

log = logging.getLogger(__name__)


class SoundFileError(SourceError):
    """ffmpeg can't read this input, or can't read it to its end."""


class _UnknownOptionError(SoundFileError):
    """This ffmpeg does not know an option."""


class MicrophoneSource(Source):
    """One stage's sound, through ffmpeg.

    Args:
        name: id of the stage in the venue file.
        url: http(s)://, rtsp:// or any address that ffmpeg reads; `alsa:DEVICE` or `pulse:DEVICE`; a file; a folder;
            either also as file://PATH.
        loop: begin a file or folder again at its end.
        pace: read files in real time; False reads them as fast as possible.
        lights: lighting desks that get the sound as it arrives; only with `pace`.
        visuals: settings of the stage's visuals, which get it too; None: it has none.
    """

    kind: ClassVar[str] = "microphone"

    def __init__(
        self,
        name: StageId,
        url: str,
        *,
        loop: bool = True,
        pace: bool = True,
        lights: Sequence[FrameReceiver] = (),
        visuals: VisualsSettings | None = None,
    ) -> None:
        super().__init__(name)
        self._lights = tuple(lights) if pace else ()
        self._visuals = visuals if pace else None
        self._receivers: tuple[FrameReceiver, ...] = ()
        self._url, self._loop, self._pace = url, loop, pace
        self._reported_channels = 0

    @property
    def period_seconds(self) -> float:
        """Return the seconds between two fragments."""
        return HOP_SECONDS

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        """Send fragments as FLAC; see `Source.run`."""
        session = now().strftime("%Y%m%dT%H%M%S.%f")
        visuals = () if self._visuals is None else (VisualsSender(self._visuals, sink, now),)
        self._receivers = (*self._lights, *visuals)
        path = self._path()
        number = 0
        while True:
            before = number
            for source in self._inputs(path):
                try:
                    for fragment, time_ in self._fragments(source, stop):
                        id_ = f"{self.name}/{session}/{number}"
                        sink.send(
                            SNIPPETS, key=self.name, value=fragment, id=id_, time=time_, content_type="audio/flac"
                        )
                        number += 1
                except SoundFileError as error:
                    if path is None or not path.is_dir():
                        raise
                    sink.count("refused")
                    log.warning("microphone %s: a file of the folder is skipped: %s", self.name, error)
                if stop.is_set():
                    return
            if path is None or not _is_recorded(path):
                sink.flush()
                raise SourceError("the stream ended; check the microphone's power, network and address")
            if number == before:
                raise SourceError(f"{path} has less than {MIN_FRAGMENT_SECONDS:.0f} second of sound")
            if not self._loop:
                break
            log.info("microphone %s: %s ended and begins again", self.name, path)
        sink.flush()
        log.info("microphone %s: %s ended", self.name, path)

    def _path(self) -> Path | None:
        """Return the path of a local file or folder; None for a device or an address.

        Raises:
            SourceError: There is no such file.
        """
        if (path := local_path(self._url)) is None:
            return None
        if not path.exists():
            raise SourceError(f"{path} is not a file, folder or device; check the microphone's url")
        return path

    def _inputs(self, path: Path | None) -> Iterator[FfmpegInput]:
        """Yield each input, one after the other."""
        if path is None:
            yield stream_input(self._url)
        elif path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix.lower() in SOUND_SUFFIXES)
            if not files:
                raise SourceError(f"{path} has no sound files ({', '.join(SOUND_SUFFIXES)})")
            for file in files:
                yield file_input(file, pace=self._pace)
        else:
            yield file_input(path, pace=self._pace)

    def _fragments(self, source: FfmpegInput, stop: threading.Event) -> Iterator[tuple[bytes, datetime]]:
        """Yield overlapping fragments and their ends; the first ones are shorter: they hold all sound until then."""
        try:
            yield from self._fragments_with(source, source.optional, stop)
        except _UnknownOptionError as error:
            if not source.optional:
                raise
            log.info("microphone %s: without %s: %s", self.name, " ".join(source.optional), error)
            yield from self._fragments_with(source, (), stop)

    def _fragments_with(
        self, source: FfmpegInput, options: tuple[str, ...], stop: threading.Event
    ) -> Iterator[tuple[bytes, datetime]]:
        pipe = self._open([*options, *source.arguments], live=source.live)
        step = int(HOP_SECONDS * SAMPLE_RATE)
        recent = np.zeros(0, np.int16)
        status, lines = None, list[str]()
        try:
            while not stop.is_set():
                block = pipe.read(step * SAMPLE_BYTES, stop)
                recent = np.concatenate([recent, np.frombuffer(block[: len(block) // 2 * 2], np.int16)])
                recent = recent[-int(FRAGMENT_SECONDS * SAMPLE_RATE) :]
                end = now() - timedelta(seconds=pipe.seconds_ago() if self._pace else 0)
                if len(block) < step * SAMPLE_BYTES:
                    if len(block) >= MIN_FRAGMENT_SECONDS * SAMPLE_RATE * SAMPLE_BYTES and not stop.is_set():
                        yield _flac(recent), end  # the end of a file
                    break
                yield _flac(recent), end
        finally:
            status, lines = pipe.end()
        if status and not stop.is_set():
            kind = _UnknownOptionError if lacks_option(lines) and not len(recent) else SoundFileError
            raise kind(f"ffmpeg could not go on: {error_sentence(lines, self._url)}")

    def _open(self, arguments: list[str], *, live: bool) -> SoundPipe:
        command = ["ffmpeg", "-nostdin", "-v", "error", *arguments]
        # All channels: mixed without a look, an inverted leg is silence, and of six channels one may be in use.
        command += ["-vn", "-ar", str(SAMPLE_RATE), "-c:a", "pcm_s16le", "-f", "wav", "pipe:1"]
        try:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except FileNotFoundError as error:
            raise SourceError("ffmpeg is missing: run `make setup`, or install the package ffmpeg") from error
        return SoundPipe(
            process,
            self.name,
            SAMPLE_RATE,
            live=live,
            tap=LiveFrames(self._receivers, SAMPLE_RATE).add_samples if self._receivers else None,
            mixed=self._report_mix,
            dropped=metrics.SOUND_DROPPED.labels(self.name).inc,
        )

    def _report_mix(self, mix: ChannelMix) -> None:
        log.info("microphone %s: %s", self.name, mix)
        weights = mix.weights
        for number, weight in enumerate(weights, 1):
            metrics.CHANNEL_WEIGHT.labels(self.name, str(number)).set(weight)
        for number in range(len(weights) + 1, self._reported_channels + 1):
            metrics.CHANNEL_WEIGHT.remove(self.name, str(number))
        self._reported_channels = len(weights)


def _is_recorded(path: Path) -> bool:
    """Return True for a file or folder that ends, and False for a pipe, a device or a session description."""
    return path.is_dir() or (path.is_file() and path.suffix.lower() != ".sdp")


def _flac(samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return out.getvalue()
