"""JPEG frames of cameras: an RTSP or HTTP stream, a device, a video file or a folder of pictures."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np

from processors.cameras.picture import PictureError, check_declared_size
from schemas.cameras import FRAMES
from schemas.ids import CameraId
from stream.sources.source import EventSink, Source, SourceError, now

log = logging.getLogger(__name__)

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")

JPEG_QUALITY = 85

MAX_SIDE_PIXELS = 1280
"""Longest side of a frame in pixels; no model uses more, and a frame stays well below Kafka's limit."""

STREAM_TIMEOUT_SECONDS = 10.0
"""Seconds without a new picture after which a stream counts as lost, and time-out of opening it."""

MAX_LAG_SECONDS = 1.0
"""Seconds by which a file may be late before its clock is set back; it never plays faster to catch up."""

_MAX_PICTURE_BYTES = FRAMES.max_bytes - 64 * 1024
"""Bytes of a picture, with room for the headers of the record."""

# Over UDP parts of a picture get lost, and nobody is counted in the grey areas that remain.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")


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

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        """Send frames at the wanted rate; see `Source.run`."""
        path = Path(self._url.removeprefix("file://"))
        if path.is_dir():
            pictures = self._folder(path, sink)
        elif path.is_file():
            pictures = self._file(path)
        elif "://" in self._url or self._url.isdigit() or path.is_char_device():
            self._live(sink, stop)
            return
        else:
            raise SourceError(f"{path} is not a file, folder or device; check the camera's url")
        session = now().strftime("%Y%m%dT%H%M%S.%f")
        began = time.monotonic()
        for number, (due, jpeg) in enumerate(pictures):
            early = began + due - time.monotonic()
            if early < -MAX_LAG_SECONDS:
                began -= early
            if stop.wait(max(0.0, early)):
                return
            self._send(sink, jpeg, f"{self.name}/{session}/{number}")
        sink.flush()

    def _send(self, sink: EventSink, jpeg: bytes, id: str) -> None:
        sink.send(FRAMES, key=self.name, value=jpeg, id=id, time=now())

    def _folder(self, folder: Path, sink: EventSink) -> Iterator[tuple[float, bytes]]:
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
                yield number / self._rate, jpeg
                number += 1
            if number == first:
                raise SourceError(f"{folder} has no picture that can be sent ({', '.join(PICTURE_SUFFIXES)})")
            if not self._loop:
                return

    def _file(self, path: Path) -> Iterator[tuple[float, bytes]]:
        """Yield the seconds since the start by the video's clock, and frames at the wanted rate or the video's."""
        began = 0.0
        while True:
            capture = cv2.VideoCapture(str(path))
            rate = capture.get(cv2.CAP_PROP_FPS)
            try:
                if not capture.isOpened() or not 0 < rate <= 1000:
                    raise SourceError(f"OpenCV can't read {path} as a video")
                index, due = 0, 0.0
                while capture.grab():
                    if index / rate >= due - 1e-9:
                        due += 1 / self._rate
                        readable, picture = capture.retrieve()
                        if readable:
                            yield began + index / rate, encode_jpeg(picture)
                    index += 1
            finally:
                capture.release()
            if index == 0:
                raise SourceError(f"the video {path} has no frames")
            if not self._loop:
                return
            began += index / rate

    def _live(self, sink: EventSink, stop: threading.Event) -> None:
        """Send the newest frame at the wanted rate; a reader thread empties the camera's buffer meanwhile."""
        reader = _NewestFrameReader(self._url)
        session = now().strftime("%Y%m%dT%H%M%S.%f")
        number, sent = 0, 0
        began = last = time.monotonic()
        try:
            while not stop.wait(max(0.0, began + number / self._rate - time.monotonic())):
                number = max(number + 1, int((time.monotonic() - began) * self._rate))
                newest, picture = reader.newest()
                if newest > sent and picture is not None:
                    sent, last = newest, time.monotonic()
                    self._send(sink, encode_jpeg(picture), f"{self.name}/{session}/{number}")
                elif reader.ended or time.monotonic() - last > STREAM_TIMEOUT_SECONDS:
                    raise SourceError("the stream stopped; check the camera's power, network and address")
        finally:
            reader.close()


class _NewestFrameReader:
    """Reads a stream in a thread and keeps its newest frame only."""

    def __init__(self, url: str) -> None:
        if "://" in url:
            timeout_ms = round(STREAM_TIMEOUT_SECONDS * 1000)
            # Without the name of a backend OpenCV tries others, which print the address with its password.
            self._capture = cv2.VideoCapture(
                url,
                cv2.CAP_FFMPEG,
                [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, timeout_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, timeout_ms],
            )
        else:
            self._capture = cv2.VideoCapture(int(url) if url.isdigit() else url)
        if not self._capture.isOpened():
            raise SourceError("the stream can't be opened; check the address, the network and the password")
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._lock = threading.Lock()
        self._newest: Any = None
        self._number = 0
        self._closing = threading.Event()
        self.ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def newest(self) -> tuple[int, Any]:
        """Return the number and the picture of the newest frame; 0 and None before the first."""
        with self._lock:
            return self._number, self._newest

    def close(self) -> None:
        """Stop reading; a read that blocks is left to its own time-out."""
        self._closing.set()
        self._thread.join(timeout=2)

    def _read(self) -> None:
        while not self._closing.is_set():
            readable, picture = self._capture.read()
            if not readable:
                break
            with self._lock:
                self._number, self._newest = self._number + 1, picture
        self.ended = True
        self._capture.release()


def jpeg_of_file(path: Path) -> bytes:
    """Return a picture file as JPEG, no larger than a record may be.

    Raises:
        SourceError: The file is too large and is not a picture that could be shrunk.
    """
    data = path.read_bytes()
    try:
        check_declared_size(data)
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except (PictureError, cv2.error):
        picture = None
    if picture is not None and (
        path.suffix.lower() == ".png" or max(picture.shape[:2]) > MAX_SIDE_PIXELS or len(data) > _MAX_PICTURE_BYTES
    ):
        return encode_jpeg(picture)
    if len(data) > _MAX_PICTURE_BYTES:
        raise SourceError(f"{len(data)} bytes that are not a picture")
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
