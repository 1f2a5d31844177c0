"""Sound of microphones: a device, a stream, a file or a folder, through ffmpeg.

For music fragments of 30 seconds every 5 seconds; for speech see `stream.sources.speech`.
"""

from __future__ import annotations

import io
import logging
import subprocess
import threading
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import numpy as np
import soundfile
from msgspec import Struct

from processors.music.channels import ChannelMix
from schemas.ids import StageId
from schemas.music import SNIPPETS
from schemas.topic import Topic
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


class SoundEvent(Struct, frozen=True):
    """One event of a source of sound.

    Attributes:
        mark: tells it apart from others of its run; the same for the same sound.
        time: when the last of it sounded.
        value: FLAC.
    """

    mark: str
    time: datetime
    value: bytes


class SoundSource(Source):
    """One stage's sound, through ffmpeg; derived classes make events of it.

    Args:
        name: id of the stage in the venue file.
        url: http(s)://, rtsp:// or any address that ffmpeg reads; `alsa:DEVICE` or `pulse:DEVICE`; a file; a folder;
            either also as file://PATH.
        loop: begin a file or folder again at its end.
        pace: read files in real time; False reads them as fast as possible.
        lights: lighting desks that get the sound as it arrives; only with `pace`.
        visuals: settings of the stage's visuals, which get it too; None: it has none.
    """

    kind: ClassVar[str]
    topic: ClassVar[Topic[bytes]]
    sample_rate: ClassVar[int]
    """Samples a second (Hz)."""

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
    def _label(self) -> str:
        """Label of the source in the metrics of sound."""
        return self.name

    @abstractmethod
    def _events(self, pipe: SoundPipe, sink: EventSink, stop: threading.Event) -> Iterator[SoundEvent]:
        """Yield the events of one input until it ends or `stop` is set."""

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        """Send sound as FLAC; see `Source.run`."""
        session = now().strftime("%Y%m%dT%H%M%S.%f")
        visuals = () if self._visuals is None else (VisualsSender(self._visuals, sink, now),)
        self._receivers = (*self._lights, *visuals)
        path = self._path()
        inputs = 0
        while True:
            heard = 0
            for source in self._inputs(path):
                inputs += 1
                try:
                    for event in self._sound(source, sink, stop):
                        heard += 1
                        sink.send(
                            self.topic,
                            key=self.name,
                            value=event.value,
                            id=f"{self.name}/{session}/{inputs}/{event.mark}",
                            time=event.time,
                            content_type="audio/flac",
                        )
                except SoundFileError as error:
                    if path is None or not path.is_dir():
                        raise
                    sink.count("refused")
                    log.warning("%s %s: a file of the folder is skipped: %s", self.kind, self.name, error)
                if stop.is_set():
                    return
            if path is None or not _is_recorded(path):
                sink.flush()
                raise SourceError("the stream ended; check the microphone's power, network and address")
            if not heard and (reason := self._no_events(path)):
                raise SourceError(reason)
            if not self._loop:
                break
            log.info("%s %s: %s ended and begins again", self.kind, self.name, path)
        sink.flush()
        log.info("%s %s: %s ended", self.kind, self.name, path)

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

    def _no_events(self, path: Path) -> str:
        """Return what is wrong with a file or folder that made no event; empty if nothing is."""
        del path
        return ""

    def _sound(self, source: FfmpegInput, sink: EventSink, stop: threading.Event) -> Iterator[SoundEvent]:
        """Yield the events of an input, without the options that this ffmpeg does not know."""
        try:
            yield from self._sound_with(source, source.optional, sink, stop)
        except _UnknownOptionError as error:
            if not source.optional:
                raise
            log.info("%s %s: without %s: %s", self.kind, self.name, " ".join(source.optional), error)
            yield from self._sound_with(source, (), sink, stop)

    def _sound_with(
        self, source: FfmpegInput, options: tuple[str, ...], sink: EventSink, stop: threading.Event
    ) -> Iterator[SoundEvent]:
        pipe = self._open([*options, *source.arguments], live=source.live)
        status, lines = None, list[str]()
        try:
            yield from self._events(pipe, sink, stop)
        finally:
            status, lines = pipe.end()
        if status and not stop.is_set():
            kind = _UnknownOptionError if lacks_option(lines) and not pipe.has_arrived else SoundFileError
            raise kind(f"ffmpeg could not go on: {error_sentence(lines, self._url)}")

    def _time(self, pipe: SoundPipe) -> datetime:
        """Return when the last sample that was read sounded."""
        return now() - timedelta(seconds=pipe.seconds_ago() if self._pace else 0)

    def _open(self, arguments: list[str], *, live: bool) -> SoundPipe:
        command = ["ffmpeg", "-nostdin", "-v", "error", *arguments]
        # All channels: mixed without a look, an inverted leg is silence, and of six channels one may be in use.
        command += ["-vn", "-ar", str(self.sample_rate), "-c:a", "pcm_s16le", "-f", "wav", "pipe:1"]
        try:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except FileNotFoundError as error:
            raise SourceError("ffmpeg is missing: run `make setup`, or install the package ffmpeg") from error
        return SoundPipe(
            process,
            self.name,
            self.sample_rate,
            live=live,
            tap=LiveFrames(self._receivers, self.sample_rate).add_samples if self._receivers else None,
            mixed=self._report_mix,
            dropped=metrics.SOUND_DROPPED.labels(self._label).inc,
        )

    def _report_mix(self, mix: ChannelMix) -> None:
        log.info("%s %s: %s", self.kind, self.name, mix)
        weights = mix.weights
        for number, weight in enumerate(weights, 1):
            metrics.CHANNEL_WEIGHT.labels(self._label, str(number)).set(weight)
        for number in range(len(weights) + 1, self._reported_channels + 1):
            metrics.CHANNEL_WEIGHT.remove(self._label, str(number))
        self._reported_channels = len(weights)


class MicrophoneSource(SoundSource):
    """Music of one stage: overlapping fragments; the first ones are shorter, and hold all sound until then."""

    kind: ClassVar[str] = "microphone"
    topic: ClassVar[Topic[bytes]] = SNIPPETS
    sample_rate: ClassVar[int] = SAMPLE_RATE

    @property
    def period_seconds(self) -> float:
        """Return the seconds between two fragments."""
        return HOP_SECONDS

    def _events(self, pipe: SoundPipe, sink: EventSink, stop: threading.Event) -> Iterator[SoundEvent]:
        """Yield fragments and their ends."""
        del sink
        step = int(HOP_SECONDS * SAMPLE_RATE)
        recent = np.zeros(0, np.int16)
        number = 0
        while not stop.is_set():
            block = pipe.read(step * SAMPLE_BYTES, stop)
            recent = np.concatenate([recent, np.frombuffer(block[: len(block) // 2 * 2], np.int16)])
            recent = recent[-int(FRAGMENT_SECONDS * SAMPLE_RATE) :]
            end = self._time(pipe)
            if len(block) < step * SAMPLE_BYTES:
                if len(block) >= MIN_FRAGMENT_SECONDS * SAMPLE_RATE * SAMPLE_BYTES and not stop.is_set():
                    yield SoundEvent(str(number), end, flac(recent, SAMPLE_RATE))  # the end of a file
                return
            yield SoundEvent(str(number), end, flac(recent, SAMPLE_RATE))
            number += 1

    def _no_events(self, path: Path) -> str:
        """Return that a file is too short."""
        return too_short(path)


def _is_recorded(path: Path) -> bool:
    """Return True for a file or folder that ends, and False for a pipe, a device or a session description."""
    return path.is_dir() or (path.is_file() and path.suffix.lower() != ".sdp")


def too_short(path: Path) -> str:
    """Return that a file or folder has next to no sound."""
    return f"{path} has less than {MIN_FRAGMENT_SECONDS:.0f} second of sound"


def flac(samples: np.ndarray[tuple[int], np.dtype[np.int16]], rate: int) -> bytes:
    """Return mono samples as FLAC."""
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format="FLAC", subtype="PCM_16")
    return out.getvalue()
