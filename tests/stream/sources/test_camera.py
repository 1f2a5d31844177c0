"""Camera sources: a folder, a video file, and an HTTP stream that disconnects and returns."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from processors.cameras.picture import decode
from schemas.cameras import FRAMES
from stream.sources.camera import MAX_SIDE_PIXELS, CameraSource, encode_jpeg
from tests.stream.sources.conftest import RecordReader

pytestmark = pytest.mark.stack


def random_picture(seed: int, size: tuple[int, int] = (240, 320)) -> Any:
    coarse = np.random.default_rng(seed).integers(0, 255, (12, 16, 3)).astype(np.uint8)
    return cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)


def test_picture_folder_is_sent_in_order_and_shrunk(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    small = encode_jpeg(random_picture(1))
    (tmp_path / "a.jpg").write_bytes(small)
    cv2.imwrite(str(tmp_path / "b.png"), random_picture(2, (1200, 1600)))
    with run_sources(CameraSource("folder-camera", str(tmp_path), frames_per_second=20, loop=False)) as thread:
        thread.join(timeout=20)
    frames = [message.value() or b"" for message in record_reader.read(FRAMES, "folder-camera")]
    assert frames[0] == small, "a JPEG that is small enough is sent as it is"
    assert max(decode(frames[1]).shape) == MAX_SIDE_PIXELS


def test_video_file_is_sampled_at_configured_rate(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (320, 240))
    for number in range(50):
        writer.write(random_picture(number))
    writer.release()
    with run_sources(CameraSource("video-camera", str(path), frames_per_second=5, loop=False)) as thread:
        thread.join(timeout=30)
    assert len(record_reader.read(FRAMES, "video-camera")) == 10


class CameraHandler(BaseHTTPRequestHandler):
    """Motion JPEG stream that ends after a second, as on a lost network."""

    connections = 0

    def do_GET(self) -> None:
        type(self).connections += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for number in range(15):
            jpeg = encode_jpeg(random_picture(number))
            self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg))
            self.wfile.write(jpeg + b"\r\n")
            time.sleep(0.07)

    def log_message(self, *_: Any) -> None:
        return


class NotFoundHandler(CameraHandler):
    """Server without a camera at the requested path."""

    def do_GET(self) -> None:
        self.send_error(404)


@contextmanager
def camera_server(kind: type[BaseHTTPRequestHandler] = CameraHandler) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stream.mjpg"
    finally:
        server.shutdown()


def test_camera_stream_is_reopened_after_disconnect(
    run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    with camera_server() as url, run_sources(CameraSource("http-camera", url, frames_per_second=8)):
        record_reader.wait_for(FRAMES, "http-camera", 12)
    assert CameraHandler.connections >= 2
    ids = [dict(message.headers() or [])["ce_id"] for message in record_reader.read(FRAMES, "http-camera")]  # type: ignore[arg-type]
    assert len(set(ids)) == len(ids)


def test_missing_camera_does_not_stop_the_others(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    (tmp_path / "a.jpg").write_bytes(encode_jpeg(random_picture(1)))
    missing = CameraSource("gone", str(tmp_path / "nothing-here.mp4"))
    with run_sources(missing, CameraSource("beside-gone", str(tmp_path), frames_per_second=20)):
        record_reader.wait_for(FRAMES, "beside-gone", 10)
    assert not record_reader.read(FRAMES, "gone")


def test_slow_video_is_sent_at_its_own_rate(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    path = tmp_path / "slow.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 5, (320, 240))
    for number in range(10):
        writer.write(random_picture(number))
    writer.release()
    with run_sources(CameraSource("slow-camera", str(path), frames_per_second=25, loop=False)) as thread:
        thread.join(timeout=30)
    times = [
        datetime.fromisoformat(dict(message.headers() or [])["ce_time"].decode())  # type: ignore[arg-type,union-attr]
        for message in record_reader.read(FRAMES, "slow-camera")
    ]
    assert len(times) == 10
    assert 1.5 < (times[-1] - times[0]).total_seconds() < 4, "1.8 s of video"


def test_picture_folder_skips_files_that_are_too_large(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    (tmp_path / "a.jpg").write_bytes(encode_jpeg(random_picture(1)))
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8" + bytes(5_000_000))
    (tmp_path / "c.jpg").write_bytes(b"")
    (tmp_path / "d.jpg").write_bytes(encode_jpeg(random_picture(4)))
    with run_sources(CameraSource("patchy", str(tmp_path), frames_per_second=20, loop=False)) as thread:
        thread.join(timeout=20)
    frames = [message.value() for message in record_reader.read(FRAMES, "patchy")]
    assert frames == [encode_jpeg(random_picture(1)), b"", encode_jpeg(random_picture(4))], (
        "the worker dead-letters the empty file"
    )


class StalledCameraHandler(CameraHandler):
    """Server that sends a few pictures, then keeps the connection without sending."""

    def do_GET(self) -> None:
        super().do_GET()
        time.sleep(20)


def test_stream_without_frames_is_lost_though_connected(
    run_sources: Callable[..., Any],
    record_reader: RecordReader,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("stream.sources.camera.STREAM_TIMEOUT_SECONDS", 2.0)
    with camera_server(StalledCameraHandler) as url, run_sources(CameraSource("hanging", url, frames_per_second=8)):
        record_reader.wait_for(FRAMES, "hanging", 12)
    assert "the stream stopped" in caplog.text


def test_camera_errors_never_show_a_password(
    run_sources: Callable[..., Any], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with camera_server(NotFoundHandler) as url:
        address = url.replace("http://", "http://guard:hunter2@")
        with run_sources(
            CameraSource("secret-http", address), CameraSource("secret-rtsp", "rtsp://guard:hunter2@127.0.0.1:1/x")
        ):
            deadline = time.monotonic() + 60
            while caplog.text.count("can't be opened") < 2 and time.monotonic() < deadline:
                time.sleep(0.1)
    output = "".join(capfd.readouterr())
    assert caplog.text.count("can't be opened") >= 2
    assert "hunter2" not in output + caplog.text
