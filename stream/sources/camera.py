"""JPEG frames of cameras: an RTSP or HTTP stream, a device, a video file or a folder of pictures."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.cameras.picture import PictureError, check_declared_size, decode
from schemas.cameras import FRAMES
from schemas.ids import CameraId
from stream.sources.http_pictures import NotPicturesError, http_pictures
from stream.sources.local_path import local_path
from stream.sources.source import EventSink, Source, SourceError, now
from stream.sources.video import CaptureClock, decode_video

log = logging.getLogger(__name__)

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")

JPEG_QUALITY = 85

MAX_SIDE_PIXELS = 1280
"""Longest side of a frame in pixels; no model uses more, and a frame stays well below Kafka's limit."""

STREAM_TIMEOUT_SECONDS = 10.0
"""Seconds without a new picture after which a stream counts as lost, and time-out of opening it."""

OPEN_SECONDS = 10.0
"""Seconds that a stream may take to send its first picture, beyond the time-out."""

MAX_LAG_SECONDS = 1.0
"""Seconds by which a file may be late before its clock is set back; it never plays faster to catch up."""

_MAX_PICTURE_BYTES = FRAMES.max_bytes - 64 * 1024
"""Bytes of a picture, with room for the headers of the record."""


class SourceFrame(NamedTuple):
    """One frame of a camera.

    Attributes:
        image: JPEG bytes as the camera gave them, or a picture (height, width, 3) uint8 BGR.
        damaged: whether the stream lost parts of it.
    """

    image: bytes | NDArray[np.uint8]
    damaged: bool = False

    def jpeg(self) -> bytes:
        """Return it as a JPEG that a record may hold."""
        return jpeg_of_bytes(self.image) if isinstance(self.image, bytes) else encode_jpeg(self.image)


class CameraSource(Source):
    """One camera.

    Args:
        name: id of the camera in the venue file.
        url: rtsp://, http(s)://, a device such as /dev/video0 or 0, a video file, or a folder of pictures.
        frames_per_second: rate of frames sent; a live camera's other frames are skipped.
        loop: begin a file or folder again at its end.
    """

    kind: ClassVar[str] = "camera"

    def __init__(self, name: CameraId, url: str, *, frames_per_second: float = 8, loop: bool = True) -> None:
        super().__init__(name)
        self._url, self._rate, self._loop = url, frames_per_second, loop

    @property
    def period_seconds(self) -> float:
        """Return the seconds between two frames."""
        return 1 / self._rate

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        """Send frames at the wanted rate; see `Source.run`."""
        path = local_path(self._url)
        if path is None or self._url.isdigit() or path.is_char_device():
            self._live(sink, stop)
            return
        if path.is_dir():
            pictures = self._folder(path, sink)
        elif path.is_file():
            pictures = self._file(path)
        else:
            raise SourceError(f"{path} is not a file, folder or device; check the camera's url")
        session = now().strftime("%Y%m%dT%H%M%S.%f")
        began = time.monotonic()
        for number, (due, frame) in enumerate(pictures):
            early = began + due - time.monotonic()
            if early < -MAX_LAG_SECONDS:
                began -= early
            if stop.wait(max(0.0, early)):
                return
            late = max(0.0, time.monotonic() - began - due)
            self._send(sink, frame, f"{self.name}/{session}/{number}", now() - timedelta(seconds=late))
        sink.flush()

    def _send(self, sink: EventSink, frame: SourceFrame, id: str, captured: datetime) -> None:
        jpeg = frame.jpeg()
        if frame.damaged:
            sink.count("damaged")
        sink.send(FRAMES, key=self.name, value=jpeg, id=id, time=captured, damaged=frame.damaged)

    def _folder(self, folder: Path, sink: EventSink) -> Iterator[tuple[float, SourceFrame]]:
        """Yield the seconds since the start, and JPEG files as they are; others are encoded again."""
        number = 0
        while True:
            first = number
            for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES):
                try:
                    jpeg = jpeg_of_file(path)
                except (OSError, SourceError) as error:
                    sink.count("refused")
                    log.warning("camera %s: %s is skipped: %s", self.name, path.name, error)
                    continue
                yield number / self._rate, SourceFrame(jpeg)
                number += 1
            if number == first:
                raise SourceError(f"{folder} has no picture that can be sent ({', '.join(PICTURE_SUFFIXES)})")
            if not self._loop:
                return

    def _file(self, path: Path) -> Iterator[tuple[float, SourceFrame]]:
        """Yield the seconds since the start by the video's clock, and frames at the wanted rate or the video's."""
        began = 0.0
        while True:
            last: float | None = None
            step = 1 / self._rate
            try:
                for decoded in decode_video(str(path), rate=self._rate):
                    if last is not None and decoded.seconds > last:
                        step = decoded.seconds - last
                    last = decoded.seconds
                    yield began + last, SourceFrame(decoded.picture, decoded.damaged)
            except SourceError as error:
                raise SourceError(f"the video {path} {error}") from error
            if last is None:
                raise SourceError(f"the video {path} has no frames")
            if not self._loop:
                return
            began += last + min(step, 1.0)

    def _live(self, sink: EventSink, stop: threading.Event) -> None:
        """Send the newest frame at the wanted rate; a reader thread empties the camera's buffer meanwhile."""
        closing = threading.Event()
        reader = _NewestFrameReader(self._live_frames(closing), closing)
        session = now().strftime("%Y%m%dT%H%M%S.%f")
        number, sent = 0, 0
        timeout = max(STREAM_TIMEOUT_SECONDS, 3 / self._rate)
        began = last = time.monotonic()
        try:
            while not stop.wait(max(0.0, began + number / self._rate - time.monotonic())):
                number = max(number + 1, int((time.monotonic() - began) * self._rate))
                newest, found = reader.newest()
                if newest > sent and found is not None:
                    sent, last = newest, time.monotonic()
                    self._send(sink, found[1], f"{self.name}/{session}/{number}", found[0])
                elif reader.error is not None:
                    raise SourceError(f"the stream {reader.error}; check the address, the network and the password")
                elif reader.ended or time.monotonic() - last > timeout + (0 if sent else OPEN_SECONDS):
                    raise SourceError("the stream stopped; check the camera's power, network and address")
        finally:
            reader.close()

    def _live_frames(self, closing: threading.Event) -> Iterator[tuple[datetime, SourceFrame]]:
        """Yield the time at which each frame was taken, as far as it can be known, and the frame."""
        if (device := local_path(self._url)) is not None:
            yield from _device_frames(str(device))
            return
        if self._url.startswith(("http://", "https://")):
            try:
                pictures = http_pictures(self._url, rate=self._rate, timeout=STREAM_TIMEOUT_SECONDS, stop=closing)
                for jpeg in pictures:
                    yield now(), SourceFrame(jpeg)
            except NotPicturesError:
                pass  # a video over HTTP
            else:
                return
        clock = CaptureClock()
        # Twice the rate: what is not the newest when it is due need not be converted, either.
        for decoded in decode_video(self._url, rate=2 * self._rate, timeout=STREAM_TIMEOUT_SECONDS):
            captured = clock.captured(now().timestamp(), decoded.seconds)
            yield datetime.fromtimestamp(captured, UTC), SourceFrame(decoded.picture, decoded.damaged)


class _NewestFrameReader:
    """Reads frames in a thread and keeps the newest only.

    Attributes:
        ended: whether there are no more.
        error: reason why there are none, such as "can't be opened"; None while there is no error.
    """

    def __init__(self, frames: Iterator[tuple[datetime, SourceFrame]], closing: threading.Event) -> None:
        self._frames, self._closing = frames, closing
        self._lock = threading.Lock()
        self._newest: tuple[datetime, SourceFrame] | None = None
        self._number = 0
        self.ended = False
        self.error: SourceError | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def newest(self) -> tuple[int, tuple[datetime, SourceFrame] | None]:
        """Return the number of the newest frame, and its time and content; 0 and None before the first."""
        with self._lock:
            return self._number, self._newest

    def close(self) -> None:
        """Stop reading; a read that blocks is left to its own time-out."""
        self._closing.set()
        self._thread.join(timeout=2)

    def _read(self) -> None:
        try:
            for found in self._frames:
                with self._lock:
                    self._number, self._newest = self._number + 1, found
                if self._closing.is_set():
                    break
        except SourceError as error:
            self.error = error
        except Exception:
            log.exception("a camera's stream failed unexpectedly")
        finally:
            self.ended = True


def _device_frames(device: str) -> Iterator[tuple[datetime, SourceFrame]]:
    """Yield the frames of a device, with OpenCV, which knows those of every system."""
    capture = cv2.VideoCapture(int(device) if device.isdigit() else device)
    if not capture.isOpened():
        raise SourceError("can't be opened")
    try:
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        while True:
            readable, picture = capture.read()
            if not readable:
                return
            yield now(), SourceFrame(np.asarray(picture, np.uint8))
    finally:
        capture.release()


def jpeg_of_file(path: Path) -> bytes:
    """Return a picture file as JPEG, no larger than a record may be.

    Raises:
        SourceError: The file is too large and is not a picture that could be shrunk.
    """
    return jpeg_of_bytes(path.read_bytes())


def jpeg_of_bytes(data: bytes) -> bytes:
    """Return a picture as JPEG, no larger than a record may be; what is small enough is returned as it is.

    Raises:
        SourceError: It is too large and is not a picture that could be shrunk.
    """
    try:
        size = check_declared_size(data)
        if data[:2] != b"\xff\xd8" or max(size) > MAX_SIDE_PIXELS or len(data) > _MAX_PICTURE_BYTES:
            return encode_jpeg(cv2.cvtColor(decode(data), cv2.COLOR_RGB2BGR))
    except PictureError as error:
        if len(data) > _MAX_PICTURE_BYTES:
            raise SourceError(f"{len(data)} bytes that are not a picture: {error}") from error
    return data  # what is not a picture goes to the dead-letter topic, with the worker's reason


def encode_jpeg(picture: Any) -> bytes:
    """Return a BGR picture (H×W×3, uint8) as JPEG, shrunk to MAX_SIDE_PIXELS."""
    height, width = picture.shape[:2]
    scale = MAX_SIDE_PIXELS / max(height, width)
    if scale < 1:
        picture = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise SourceError(f"a picture of {width}×{height} could not be encoded")
    return bytes(data)
