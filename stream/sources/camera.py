"""Cameras: an RTSP or HTTP stream, a device, a video file or a folder of pictures → JPEG frames."""

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
from stream.sources.source import Outlet, Source, SourceError, now

log = logging.getLogger(__name__)

PICTURES = (".jpg", ".jpeg", ".png")

QUALITY = 85

LONGEST_SIDE = 1280
"""pixels; no model looks at more, and a frame stays well below Kafka's limit"""

LOST_SECONDS = 10.0
"""A stream without a new picture for so long is lost, and one that does not open in that time is not there."""

LATE_SECONDS = 1.0
"""A file that is so far behind its clock goes on from where it is: it never hurries to catch up."""

_LARGEST = FRAMES.max_bytes - 64 * 1024
"""bytes of a picture, with room for the record's headers"""

# UDP loses the parts of a picture that make a crowd: grey smears look like nobody.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")


class CameraSource(Source):
    """One camera.

    Args:
        url: rtsp://, http(s)://, a device such as /dev/video0 or 0, a video file, or a folder of pictures.
        frames_per_second: frames sent; a live camera's other frames are passed over.
        loop: begin a file or folder again at its end.
    """

    kind: ClassVar[str] = "camera"

    def __init__(self, name: str, url: str, *, frames_per_second: float = 8, loop: bool = True) -> None:
        super().__init__(name)
        self._url, self._rate, self._loop = url, frames_per_second, loop

    def run(self, outlet: Outlet, stop: threading.Event) -> None:
        path = Path(self._url.removeprefix("file://"))
        if path.is_dir():
            pictures = self._folder(path, outlet)
        elif path.is_file():
            pictures = self._file(path)
        elif "://" in self._url or self._url.isdigit() or path.is_char_device():
            self._live(outlet, stop)
            return
        else:
            raise SourceError(f"there is no file, folder or device {path}")
        session = now().strftime("%Y%m%dT%H%M%S.%f")
        began = time.monotonic()
        for number, (due, jpeg) in enumerate(pictures):
            early = began + due - time.monotonic()
            if early < -LATE_SECONDS:
                began -= early
            if stop.wait(max(0.0, early)):
                return
            self._send(outlet, jpeg, f"{self.name}/{session}/{number}")
        outlet.flush()

    def _send(self, outlet: Outlet, jpeg: bytes, id: str) -> None:
        outlet.send(FRAMES, key=self.name, value=jpeg, id=id, time=now())

    def _folder(self, folder: Path, outlet: Outlet) -> Iterator[tuple[float, bytes]]:
        """Seconds since the start, and JPEG files as they are; other and too large pictures are encoded again."""
        number = 0
        while True:
            found = number
            for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES):
                try:
                    jpeg = _jpeg(path)
                except (OSError, SourceError) as error:
                    outlet.count("refused")
                    log.warning("camera %s: %s is left out: %s", self.name, path.name, error)
                    continue
                yield number / self._rate, jpeg
                number += 1
            if number == found:
                raise SourceError(f"{folder} holds no picture that can be sent ({', '.join(PICTURES)})")
            if not self._loop:
                return

    def _file(self, path: Path) -> Iterator[tuple[float, bytes]]:
        """Seconds since the start, by the video's own clock, and frames at the wanted rate or the video's, if lower."""
        began = 0.0
        while True:
            capture = cv2.VideoCapture(str(path))
            rate = capture.get(cv2.CAP_PROP_FPS)
            try:
                if not capture.isOpened() or not 0 < rate <= 1000:
                    raise SourceError(f"{path} is no video that OpenCV reads")
                index, due = 0, 0.0
                while capture.grab():
                    if index / rate >= due - 1e-9:
                        due += 1 / self._rate
                        readable, picture = capture.retrieve()
                        if readable:
                            yield began + index / rate, encode(picture)
                    index += 1
            finally:
                capture.release()
            if index == 0:
                raise SourceError(f"{path} holds no frame")
            if not self._loop:
                return
            began += index / rate

    def _live(self, outlet: Outlet, stop: threading.Event) -> None:
        """Send the newest frame at the wanted rate: a reader of its own empties the camera's buffer."""
        reader = _Newest(self._url)
        session = now().strftime("%Y%m%dT%H%M%S.%f")
        number, sent = 0, 0
        began = last = time.monotonic()
        try:
            while not stop.wait(max(0.0, began + number / self._rate - time.monotonic())):
                number = max(number + 1, int((time.monotonic() - began) * self._rate))
                taken, picture = reader.newest()
                if taken > sent and picture is not None:
                    sent, last = taken, time.monotonic()
                    self._send(outlet, encode(picture), f"{self.name}/{session}/{number}")
                elif reader.ended or time.monotonic() - last > LOST_SECONDS:
                    raise SourceError("the stream stopped; look at the camera's power, network and address")
        finally:
            reader.close()


class _Newest:
    """Reads a stream in a thread and keeps only its newest frame."""

    def __init__(self, url: str) -> None:
        if "://" in url:
            wait = round(LOST_SECONDS * 1000)
            # Named, because other ways of reading would print the address, password and all.
            self._capture = cv2.VideoCapture(
                url,
                cv2.CAP_FFMPEG,
                [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, wait, cv2.CAP_PROP_READ_TIMEOUT_MSEC, wait],
            )
        else:
            self._capture = cv2.VideoCapture(int(url) if url.isdigit() else url)
        if not self._capture.isOpened():
            raise SourceError("the stream can't be opened; look at the address, the network and the password")
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._lock = threading.Lock()
        self._newest: Any = None
        self._number = 0
        self._closing = threading.Event()
        self.ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def newest(self) -> tuple[int, Any]:
        """Number and picture of the newest frame; 0 and None before the first."""
        with self._lock:
            return self._number, self._newest

    def close(self) -> None:
        """Stop reading; a camera that hangs is left to its own time-out."""
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


def _jpeg(path: Path) -> bytes:
    """A picture file as JPEG, no larger than a record may be.

    Raises:
        SourceError: it is too large, and no picture that could be shrunk.
    """
    data = path.read_bytes()
    try:
        check_declared_size(data)
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except (PictureError, cv2.error):
        picture = None
    if picture is not None and (
        path.suffix.lower() == ".png" or max(picture.shape[:2]) > LONGEST_SIDE or len(data) > _LARGEST
    ):
        return encode(picture)
    if len(data) > _LARGEST:
        raise SourceError(f"{len(data)} bytes that are no picture")
    return data  # where it is no picture at all, the worker's dead letters say what is wrong with it


def encode(picture: Any) -> bytes:
    """JPEG of a BGR picture, shrunk where it is larger than any model looks at."""
    height, width = picture.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale < 1:
        picture = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise SourceError(f"a picture of {width}×{height} could not be encoded")
    return bytes(data)
