"""Decoding of video files and live streams with PyAV: pictures with presentation times, and the damage in them.

A stream that lost packets is decoded all the same: the decoder fills what is missing with grey or with parts of other
pictures, and every picture up to the next key frame is built on it. So a picture is damaged from the first packet that
is corrupt, missing or can't be decoded until a key frame that is whole.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

from stream.sources.source import SourceError

PLAIN_RATE = 25.0
"""Frames per second of a stream that gives neither times nor a rate."""

MAX_GAP_SECONDS = 10.0
"""Step of the presentation time above which, and below zero, a recording was cut; it goes on with the next frame."""

MAX_DELAYED_PACKETS = 16
"""Packets that a decoder holds before it gives the picture of the first."""

MAX_DAMAGE_SECONDS = 10.0
"""Time after the last error from which pictures count as whole, for streams that refresh without key frames."""

REGULAR_FRAMES, REGULAR_JITTER, GAP_FACTOR = 20, 0.1, 1.6
"""Frames, and their largest relative jitter, after which a longer step means that frames of a live stream were lost."""

MAX_BACKLOG_SECONDS = 30.0
"""Delay of a live picture above which the camera's clock is taken to have been set."""

MAX_DRIFT = 0.001
"""Seconds per second by which the clocks of camera and computer may drift apart; crystals differ by 0.0001."""

RTSP_OPTIONS = {"rtsp_transport": "tcp"}
"""Over UDP parts of a picture get lost."""


class DecodedPicture(NamedTuple):
    """One picture of a video.

    Attributes:
        seconds: presentation time since the first picture; never decreases.
        picture: (height, width, 3) uint8 BGR, turned as the file says.
        damaged: whether parts of it are not what the camera saw.
    """

    seconds: float
    picture: NDArray[np.uint8]
    damaged: bool


class DamageTracker:
    """Knows from the packets and frames of a stream which pictures are damaged.

    >>> tracker = DamageTracker(live=False)
    >>> tracker.add_error(1.0)
    >>> [tracker.is_damaged(1.04, key=False), tracker.is_damaged(2.0, key=True), tracker.is_damaged(2.04, key=False)]
    [True, False, False]
    """

    def __init__(self, *, live: bool) -> None:
        """Create it before the first packet; only of live streams a longer step means that frames were lost."""
        self._live = live
        self._error: float | None = None
        self._times: deque[float] = deque(maxlen=REGULAR_FRAMES)

    def add_error(self, seconds: float) -> None:
        """Add a corrupt packet, or one that could not be decoded, at the time of the last picture."""
        self._error = seconds

    def is_damaged(self, seconds: float, *, key: bool, corrupt: bool = False) -> bool:
        """Add a picture; return whether it is damaged.

        Args:
            seconds: its presentation time.
            key: whether it needs no other picture.
            corrupt: whether the decoder marked it.
        """
        if corrupt or (not key and self._frames_are_missing(seconds)):
            self._error = seconds
        elif key or (self._error is not None and not 0 <= seconds - self._error <= MAX_DAMAGE_SECONDS):
            self._error = None
        self._times.append(seconds)
        return self._error is not None

    def _frames_are_missing(self, seconds: float) -> bool:
        if not self._live or len(self._times) < REGULAR_FRAMES:
            return False
        steps = np.diff(self._times)
        usual = float(np.median(steps))
        regular = usual > 0 and float(np.abs(steps - usual).max()) <= REGULAR_JITTER * usual
        return regular and seconds - self._times[-1] > GAP_FACTOR * usual


class CaptureClock:
    """Times at which the pictures of a live stream were taken, as far as they can be known from when they came.

    A picture that waited in a buffer comes later, by its presentation time, than the quickest ones. How long the
    quickest took is not known, and their time is that of their receipt. The camera's own clock may be off or be set, so
    only the steps of its presentation times are used, and only for a backlog that is possible.

    >>> clock = CaptureClock()
    >>> [round(clock.captured(arrived, seconds), 1) for arrived, seconds in ((100.0, 0.0), (103.0, 1.0), (103.0, 3.0))]
    [100.0, 101.0, 103.0]
    """

    def __init__(self) -> None:
        """Create it before the first picture."""
        self._offset: float | None = None
        self._last = (0.0, 0.0)

    def captured(self, arrived: float, seconds: float) -> float:
        """Return when a picture was taken; never later than it came, nor before the picture before it.

        Args:
            arrived: when it came, seconds by the wall clock.
            seconds: its presentation time.
        """
        offset = arrived - seconds
        last_arrived, last_captured = self._last
        elapsed = arrived - last_arrived
        if self._offset is not None:
            # The clocks of camera and computer drift, by far less than this.
            quickest = min(offset, self._offset + MAX_DRIFT * max(0.0, elapsed))
            self._offset = offset if offset - quickest > MAX_BACKLOG_SECONDS or elapsed < 0 else quickest
        else:
            self._offset = offset
        captured = min(arrived, max(seconds + self._offset, last_captured if elapsed >= 0 else 0.0))
        self._last = arrived, captured
        return captured


def decode_video(url: str, *, rate: float | None = None, timeout: float | None = None) -> Iterator[DecodedPicture]:
    """Yield the pictures of a video file or live stream.

    Args:
        url: path, or an address that FFmpeg knows.
        rate: pictures per second that are wanted; others are decoded and left out. None takes all.
        timeout: seconds for opening, and for each read, of a live stream; None for a file.

    Raises:
        SourceError: It can't be opened, or has no video. The message holds no address, which may hold a password.
    """
    options = dict(RTSP_OPTIONS) if url.startswith(("rtsp://", "rtsps://")) else {}
    try:
        # A path with a colon would be taken for a protocol.
        name = url if timeout is not None else f"file:{url}"
        container = av.open(name, options=options, timeout=timeout, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise SourceError(f"can't be opened ({getattr(error, 'strerror', None) or type(error).__name__})") from None
    with container:
        if not container.streams.video:
            raise SourceError("has no video")
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise SourceError("has video of an unknown format")
        # With "explode" a packet with errors gives an error rather than a picture that was made up.
        stream.codec_context.options = {"err_detect": "crccheck+bitstream+buffer+explode"}
        # Threads by slice hide errors of H.264; threads by frame delay pictures and report errors with another packet.
        stream.codec_context.thread_count = 1
        clock = _PresentationClock(float(stream.average_rate or PLAIN_RATE))
        yield from _pictures(container, stream, clock, DamageTracker(live=timeout is not None), rate)


def _pictures(
    container: Any, stream: Any, clock: _PresentationClock, damage: DamageTracker, rate: float | None
) -> Iterator[DecodedPicture]:
    due = 0.0
    broken = _BrokenPackets()
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):  # the end, or a connection that is lost
            return
        if broken.add(packet):
            damage.add_error(clock.seconds)
        try:
            frames = packet.decode()
        except av.FFmpegError:
            damage.add_error(clock.seconds)
            broken.add(packet, failed=True)
            continue
        for frame in frames:
            seconds = clock.advance(frame.time)
            # Of a corrupt packet not even a key frame is whole; and one that is shown late mends nothing after it.
            corrupt = frame.is_corrupt or broken.has(frame.pts)
            key = frame.key_frame and not broken.is_any_after(frame.pts)
            damaged = damage.is_damaged(seconds, key=key, corrupt=corrupt)
            if rate is not None:
                if seconds < due - 1e-6:
                    continue
                due = max(due + 1 / rate, seconds + 0.5 / rate)
            yield DecodedPicture(seconds, _bgr(frame), damaged)


class _BrokenPackets:
    """Presentation times of packets that are corrupt or could not be decoded, until their pictures were shown.

    Where packets of a transport stream were lost, FFmpeg marks the packet in which it noticed, which may be the one
    before or after the one with the hole. So the packet after a marked one is taken for corrupt, too.
    """

    def __init__(self) -> None:
        self._times: deque[int | None] = deque(maxlen=MAX_DELAYED_PACKETS)
        self._was_corrupt = False

    def add(self, packet: Any, *, failed: bool = False) -> bool:
        """Add a packet; return whether it is corrupt or failed to decode."""
        broken = failed or packet.is_corrupt or self._was_corrupt
        if not failed:
            self._was_corrupt = packet.is_corrupt
        if broken:
            self._times.append(packet.pts)
        return bool(broken)

    def has(self, time: int | None) -> bool:
        """Return whether the packet of a picture is one of them."""
        return time in self._times

    def is_any_after(self, time: int | None) -> bool:
        """Return whether one of them is shown after a picture; forget those that are shown before it."""
        if time is None:
            return False
        while self._times and (self._times[0] is None or self._times[0] < time):
            self._times.popleft()
        return any(other is not None and other > time for other in self._times)


class _PresentationClock:
    """Seconds since the first picture, from presentation times that may be missing, or jump where a recording was cut.

    >>> clock = _PresentationClock(10.0)
    >>> [round(clock.advance(time), 1) for time in (5.0, 5.5, None, 100.0, 3.0)]
    [0.0, 0.5, 0.6, 0.7, 0.8]
    """

    def __init__(self, rate: float) -> None:
        self.seconds = 0.0
        self._step = 1 / rate if 0 < rate <= 1000 else 1 / PLAIN_RATE
        self._offset: float | None = None

    def advance(self, time: float | None) -> float:
        """Return the seconds of the next picture.

        Args:
            time: its presentation time; None where it has none.
        """
        if self._offset is None:
            self._offset = time or 0.0
            return 0.0
        wanted = self.seconds + self._step if time is None else time - self._offset
        if not 0 <= wanted - self.seconds <= MAX_GAP_SECONDS:
            wanted = self.seconds + self._step
            self._offset = (time or 0.0) - wanted
        self.seconds = wanted
        return wanted


def _bgr(frame: Any) -> NDArray[np.uint8]:
    picture = frame.to_ndarray(format="bgr24")
    turns = round(frame.rotation / 90) % 4  # of a phone that was held upright; degrees anticlockwise
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else np.asarray(picture, np.uint8)
