"""Sound fragments of microphones: 30 seconds every 5 seconds of a device, a stream, a file or a folder."""

from __future__ import annotations

import io
import logging
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, ClassVar

import numpy as np
import soundfile

from schemas.ids import StageId
from schemas.music import SNIPPETS
from stream.features.music.lights import LightingDesk, LiveLights
from stream.sources.source import EventSink, Source, SourceError, now

SAMPLE_RATE = 24_000
"""Samples a second (Hz)."""

FRAGMENT_SECONDS, HOP_SECONDS = 30.0, 5.0
"""Length of a fragment, and time between the ends of two."""

SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aac", ".aiff")
STREAM_TIMEOUT_SECONDS = 15.0
"""Seconds without sound after which a live stream counts as lost."""

MIN_FRAGMENT_SECONDS = 1.0
"""Shortest rest at the end of a file that becomes a fragment."""

_SAMPLE_BYTES = 2
"""Samples are 16-bit integers."""

log = logging.getLogger(__name__)


class SoundFileError(SourceError):
    """ffmpeg can't read this input, or can't read it to its end."""


class MicrophoneSource(Source):
    """One stage's sound, through ffmpeg.

    Args:
        name: id of the stage in the venue file.
        url: http(s)://, rtsp:// or any address that ffmpeg reads; `alsa:DEVICE` or `pulse:DEVICE`; a file; a folder.
        loop: begin a file or folder again at its end.
        pace: read files in real time; False reads them as fast as possible.
        lights: lighting desks that get the sound as it arrives; only with `pace`.
    """

    kind: ClassVar[str] = "microphone"

    def __init__(
        self, name: StageId, url: str, *, loop: bool = True, pace: bool = True, lights: Sequence[LightingDesk] = ()
    ) -> None:
        super().__init__(name)
        self._lights = tuple(lights) if pace else ()
        self._url, self._loop, self._pace = url, loop, pace

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        """Send fragments as FLAC; see `Source.run`."""
        path = Path(self._url)
        session = now().strftime("%Y%m%dT%H%M%S.%f")
        number = 0
        while True:
            before = number
            for inputs in self._inputs(path):
                try:
                    for fragment in self._fragments(inputs, stop):
                        id_ = f"{self.name}/{session}/{number}"
                        sink.send(
                            SNIPPETS, key=self.name, value=fragment, id=id_, time=now(), content_type="audio/flac"
                        )
                        number += 1
                except SoundFileError as error:
                    if not path.is_dir():
                        raise
                    sink.count("refused")
                    log.warning("microphone %s: a file of the folder is skipped: %s", self.name, error)
                if stop.is_set():
                    return
            if path.exists() and number == before:
                raise SourceError(f"{path} has less than {MIN_FRAGMENT_SECONDS:.0f} second of sound")
            if not (path.exists() and self._loop):
                break
        sink.flush()
        if not path.exists():
            raise SourceError("the stream ended; check the microphone's power, network and address")

    def _inputs(self, path: Path) -> Iterator[list[str]]:
        """Yield ffmpeg's arguments for each input, one after the other."""
        paced = ["-re"] if self._pace else []
        if "://" not in self._url and path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix.lower() in SOUND_SUFFIXES)
            if not files:
                raise SourceError(f"{path} has no sound files ({', '.join(SOUND_SUFFIXES)})")
            for file in files:
                yield [*paced, "-i", str(file)]
        elif self._url.startswith(("alsa:", "pulse:")):
            system, _, device = self._url.partition(":")
            yield ["-f", system, "-i", device]
        elif path.is_file():
            yield [*paced, "-i", str(path)]
        else:
            yield ["-rw_timeout", "10000000", "-i", self._url]

    def _fragments(self, inputs: list[str], stop: threading.Event) -> Iterator[bytes]:
        """Yield overlapping fragments; the first ones are shorter, since they hold all sound until then."""
        command = ["ffmpeg", "-nostdin", "-v", "error", *inputs]
        command += ["-vn", "-ac", "1", "-ar", str(SAMPLE_RATE), "-f", "s16le", "pipe:1"]
        try:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except FileNotFoundError as error:
            raise SourceError("ffmpeg is missing: run `make setup`, or install the package ffmpeg") from error
        reader = _PipeReader(process, LiveLights(self._lights, SAMPLE_RATE).add_samples if self._lights else None)
        step = int(HOP_SECONDS * SAMPLE_RATE)
        recent = np.zeros(0, np.int16)
        try:
            while not stop.is_set():
                block = reader.read(step * _SAMPLE_BYTES, stop)
                recent = np.concatenate([recent, np.frombuffer(block[: len(block) // 2 * 2], np.int16)])
                recent = recent[-int(FRAGMENT_SECONDS * SAMPLE_RATE) :]
                if len(block) < step * _SAMPLE_BYTES:
                    if len(block) >= MIN_FRAGMENT_SECONDS * SAMPLE_RATE * _SAMPLE_BYTES and not stop.is_set():
                        yield _flac(recent)  # the end of a file
                    break
                yield _flac(recent)
            if process.poll() not in (None, 0) and not stop.is_set():
                raise SoundFileError(f"ffmpeg could not go on: {reader.last_error()}")
        finally:
            process.kill()
            process.wait()


class _PipeReader:
    """Reads a pipe in a thread, so that a stream that stopped is distinguished from a slow one."""

    def __init__(self, process: subprocess.Popen[bytes], tap: Callable[[bytes], None] | None = None) -> None:
        self._process = process
        self._tap = tap
        self._buffer = bytearray()
        self._errors = bytearray()
        self._changed = threading.Condition()
        self._ended = False
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()

    def read(self, size: int, stop: threading.Event) -> bytes:
        """Return the next `size` bytes; fewer at the end.

        Raises:
            SourceError: Nothing arrived for STREAM_TIMEOUT_SECONDS.
        """
        last_arrival = time.monotonic()
        with self._changed:
            while len(self._buffer) < size and not self._ended and not stop.is_set():
                before = len(self._buffer)
                self._changed.wait(0.5)
                if len(self._buffer) > before:
                    last_arrival = time.monotonic()
                elif time.monotonic() - last_arrival > STREAM_TIMEOUT_SECONDS:
                    raise SourceError(f"no sound arrived for {STREAM_TIMEOUT_SECONDS:.0f} s")
            block = bytes(self._buffer[:size])
            del self._buffer[:size]
            self._changed.notify_all()
        if len(block) < size:
            self._process.wait(timeout=5) if self._ended else None
        return block

    def last_error(self) -> str:
        """Return the last line that ffmpeg wrote, without the address, which may hold a password."""
        lines = self._errors.decode(errors="replace").strip().splitlines() or ["no reason given"]
        return lines[-1].rsplit(": ", 1)[-1][:200]

    def _read(self) -> None:
        out: IO[bytes] | None = self._process.stdout
        while out is not None and (block := out.read1(1 << 16)):  # type: ignore[attr-defined]
            if self._tap is not None:
                self._tap(block)
            with self._changed:
                # A file that is read at full speed waits for Kafka here, and does not fill the memory.
                while len(self._buffer) > (1 << 23) and self._process.poll() is None:
                    self._changed.wait(0.5)
                self._buffer += block
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _read_errors(self) -> None:
        errors: IO[bytes] | None = self._process.stderr
        for line in errors or ():
            self._errors = bytearray(line[-2000:])


def _flac(samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return out.getvalue()
