"""Sound that arrives from a process: mixed to mono as it comes, and dated by its arrival."""

from __future__ import annotations

import logging
import struct
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import IO

import numpy as np

from processors.music.arrival_clock import ArrivalClock
from processors.music.channels import ChannelMix, ChannelSelector
from stream.sources.source import SourceError

STREAM_TIMEOUT_SECONDS = 15.0
"""Seconds without sound after which a live stream counts as lost."""

SETTLE_SECONDS = 1.0
"""Seconds after the first sound of a stream in which a burst is awaited, so that the first fragment is dated right."""

MAX_AHEAD_SECONDS = 30.0
"""Seconds by which a stream may be ahead of its time; one that is faster is a recording, and is read at its speed."""

MAX_WAITING_SECONDS = 60.0
"""Seconds of a live stream that wait for Kafka at most; a file waits as a whole."""

SAMPLE_BYTES = 2
"""Samples are 16-bit integers."""

MAX_LINES = 20
"""Number of error lines that are kept."""

log = logging.getLogger(__name__)

Tap = Callable[[bytes], None]
"""Receives mono samples as they arrive."""


class NoSoundError(SourceError):
    """The process ended without sound."""


class SoundPipe:
    """Reads WAV of any number of channels from a process, in a thread that waits for nothing but the process.

    Args:
        process: writes WAV with 16-bit samples to its stdout.
        name: id of the stage.
        rate: sample rate, Hz.
        live: sound arrives when it sounds.
        tap: receives mono samples as they arrive; must not block.
        mixed: called from the thread with the mix, whenever it changes.
        dropped: called from the thread with the seconds of sound that were dropped.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        name: str,
        rate: int,
        *,
        live: bool,
        tap: Tap | None = None,
        mixed: Callable[[ChannelMix], None] = lambda mix: None,
        dropped: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._process, self._name, self._rate, self._live = process, name, rate, live
        self._tap, self._mixed, self._dropped = tap, mixed, dropped
        self._buffer = bytearray()
        self._lines: deque[str] = deque(maxlen=MAX_LINES)
        self._changed = threading.Condition()
        self._ended, self._closed = False, False
        self._clock = ArrivalClock()
        self._first_arrival = 0.0
        self._arrived = 0
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()

    def read(self, size: int, stop: threading.Event) -> bytes:
        """Return the next `size` bytes of mono samples; fewer at the end.

        Raises:
            SourceError: Nothing arrived for STREAM_TIMEOUT_SECONDS.
        """
        last_arrival = time.monotonic()
        with self._changed:
            while not stop.is_set() and not self._ended and (len(self._buffer) < size or self._settling()):
                before = self._arrived
                self._changed.wait(0.5)
                if self._arrived > before:
                    last_arrival = time.monotonic()
                elif time.monotonic() - last_arrival > STREAM_TIMEOUT_SECONDS:
                    raise SourceError(f"no sound arrived for {STREAM_TIMEOUT_SECONDS:.0f} s{self._remark()}")
            block = bytes(self._buffer[:size])
            del self._buffer[:size]
            self._changed.notify_all()
        return block

    @property
    def has_arrived(self) -> bool:
        """True once there was any sound."""
        return self._arrived > 0

    def seconds_ago(self) -> float:
        """Return how long ago the last sample that was read sounded."""
        with self._changed:
            position = (self._arrived - len(self._buffer)) / SAMPLE_BYTES / self._rate
            return max(0.0, time.monotonic() - self._clock.sounded_at(position)) if self._arrived else 0.0

    def end(self) -> tuple[int | None, list[str]]:
        """End the process; return the status with which it ended by itself, or None, and its last error lines."""
        try:
            status = self._process.wait(timeout=5 if self._ended else 0)
        except subprocess.TimeoutExpired:
            status = None
        self._process.kill()
        self._process.wait()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=2)
        return status, list(self._lines)

    def _settling(self) -> bool:
        return self._live and time.monotonic() < self._first_arrival + SETTLE_SECONDS

    def _remark(self) -> str:
        return "" if self._arrived else "; it was never heard"

    def _read(self) -> None:
        out: IO[bytes] | None = self._process.stdout
        try:
            if out is not None and (channels := _wav_channels(out)):
                self._read_samples(out, channels)
        except (OSError, ValueError):
            log.exception("microphone %s: the pipe can't be read", self._name)
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _read_samples(self, out: IO[bytes], channels: int) -> None:
        selector = ChannelSelector(channels, self._rate)
        mix: ChannelMix | None = None
        rest = b""
        while block := out.read1(1 << 16):  # type: ignore[attr-defined]
            arrived = time.monotonic()
            whole = rest + block
            size = len(whole) - len(whole) % (SAMPLE_BYTES * channels)
            rest = whole[size:]
            samples = np.frombuffer(whole[:size], "<i2").reshape(-1, channels)
            mono = selector.add_block(samples.astype(np.float32) / np.float32(32_768))
            if selector.mix != mix:
                mix = selector.mix
                self._mixed(mix)
            self._add(np.rint(mono * 32_768).clip(-32_768, 32_767).astype("<i2").tobytes(), arrived)

    def _add(self, block: bytes, arrived: float) -> None:
        """Add mono samples; wait only where the sound of a file or a recording comes faster than it is used."""
        self._show(block)
        with self._changed:
            self._first_arrival = self._first_arrival or arrived
            self._arrived += len(block)
            self._buffer += block
            position = self._arrived / SAMPLE_BYTES / self._rate
            self._clock.add_arrival(arrived, position)
            limit = int(MAX_WAITING_SECONDS * self._rate) * SAMPLE_BYTES
            if self._live:
                if (excess := len(self._buffer) - limit) > 0:
                    del self._buffer[:excess]
                    self._dropped(excess / SAMPLE_BYTES / self._rate)
                due = self._first_arrival + position - MAX_AHEAD_SECONDS
                while not self._closed and time.monotonic() < due:
                    self._changed.wait(due - time.monotonic())
            else:
                while not self._closed and len(self._buffer) > limit:
                    self._changed.wait(0.5)
            self._changed.notify_all()

    def _show(self, block: bytes) -> None:
        if self._tap is None:
            return
        try:
            self._tap(block)
        except Exception:
            log.exception("microphone %s: the lights failed and get no more sound until it is opened again", self._name)
            self._tap = None

    def _read_errors(self) -> None:
        errors: IO[bytes] | None = self._process.stderr
        for line in errors or ():
            self._lines.append(line[-2000:].decode(errors="replace"))


def _wav_channels(out: IO[bytes]) -> int:
    """Read a WAV header up to its samples and return the number of channels; 0 where there is none.

    Raises:
        ValueError: It is no WAV.
    """
    head = out.read(12)
    if len(head) < 12:
        return 0
    if head[8:12] != b"WAVE":
        raise ValueError("ffmpeg did not write WAV")
    channels = 0
    while len(chunk := out.read(8)) == 8:
        name, size = struct.unpack("<4sI", chunk)
        if name == b"data":
            return channels
        body = out.read(size + size % 2)
        if name == b"fmt ":
            (channels,) = struct.unpack_from("<H", body, 2)
    return 0
