"""Frames of cameras without Kafka: times of variable frame rates, damage, snapshots, streams that end, and videos."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from processors.cameras.picture import decode
from stream.sources.camera import CameraSource
from stream.sources.source import EventSink, SourceError
from tests.stream.sources.test_http_pictures import PICTURES, respond, server
from tests.stream.sources.test_video import drop_transport_packets, write_video


class SentFrame(NamedTuple):
    jpeg: bytes
    time: datetime
    sent: datetime
    damaged: bool


class RecordingSink(EventSink):
    """Keeps what a camera sends, and stops it after so many frames."""

    def __init__(self, stop: threading.Event, number: int) -> None:
        self.frames: list[SentFrame] = []
        self.counts: Counter[str] = Counter()
        self.stop_event, self.number = stop, number

    def send(self, *_: Any, value: Any, time: datetime, damaged: bool = False, **__: Any) -> None:
        self.frames.append(SentFrame(value, time, datetime.now(UTC), damaged))
        if len(self.frames) >= self.number:
            self.stop_event.set()

    def count(self, outcome: str, number: int = 1) -> None:
        self.counts[outcome] += number

    def flush(self) -> None:
        return


def run(url: str, *, rate: float = 8, number: int = 10_000, loop: bool = False) -> RecordingSink:
    stop = threading.Event()
    sink = RecordingSink(stop, number)
    CameraSource("test", url, frames_per_second=rate, loop=loop).run(sink, stop)
    return sink


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_file_of_variable_rate_has_true_event_times(prefix: str, tmp_path: Path) -> None:
    times = list(np.cumsum([0.0] + [0.25] * 4 + [0.04] * 20))
    write_video(tmp_path / "a.mkv", len(times), times=times)
    frames = run(f"{prefix}{tmp_path / 'a.mkv'}", rate=30).frames
    seconds = [(frame.time - frames[0].time).total_seconds() for frame in frames]
    assert seconds[:6] == pytest.approx(times[:6], abs=0.1)
    assert seconds[-1] == pytest.approx(times[-1], abs=0.3)
    assert all(frame.time <= frame.sent for frame in frames)


def test_file_begins_again_after_its_last_frame(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 10)
    frames = run(str(tmp_path / "a.mp4"), rate=25, number=25, loop=True).frames
    assert len(frames) == 25
    assert (frames[-1].time - frames[0].time).total_seconds() == pytest.approx(24 / 25, abs=0.3)


def test_damaged_frames_are_sent_as_such_and_counted(tmp_path: Path) -> None:
    write_video(tmp_path / "clean.ts", 60)
    assert not any(frame.damaged for frame in run(str(tmp_path / "clean.ts")).frames)
    sink = run(str(drop_transport_packets(tmp_path / "clean.ts", 0.03)))
    assert sink.counts["damaged"] == sum(frame.damaged for frame in sink.frames) > 0


def test_snapshots_are_polled_at_rate() -> None:
    with server(lambda handler: respond(handler, "image/jpeg", PICTURES[0])) as url:
        began = time.monotonic()
        frames = run(url, rate=10, number=10).frames
    assert [frame.jpeg for frame in frames] == PICTURES[:1] * 10
    assert time.monotonic() - began >= 0.8


def test_stream_that_ends_is_lost() -> None:
    body = b"".join(b"--x\r\n\r\n" + picture for picture in PICTURES)
    with (
        server(lambda handler: respond(handler, "multipart/x-mixed-replace; boundary=x", body)) as url,
        pytest.raises(SourceError, match="the stream stopped"),
    ):
        run(url)


def test_stream_that_hangs_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.sources.camera.STREAM_TIMEOUT_SECONDS", 1.0)

    def hang(handler: BaseHTTPRequestHandler) -> None:
        respond(handler, "multipart/x-mixed-replace; boundary=x", b"--x\r\n\r\n" + PICTURES[0])
        time.sleep(6)

    with server(hang) as url, pytest.raises(SourceError, match="the stream stopped"):
        run(url)


@pytest.mark.parametrize("name", ["video.ts", "video.mkv"])
def test_video_over_http_is_read(name: str, tmp_path: Path) -> None:
    write_video(tmp_path / name, 50)
    body = (tmp_path / name).read_bytes()

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        respond(handler, "application/octet-stream", b"")
        step = len(body) // 10 + 1
        for begin in range(0, len(body), step):
            handler.wfile.write(body[begin : begin + step])
            time.sleep(0.1)

    with server(slowly) as url:
        frames = run(url, number=3).frames
    assert all(decode(frame.jpeg).shape == (240, 320, 3) for frame in frames)
    assert all(timedelta(0) <= frame.sent - frame.time < timedelta(seconds=5) for frame in frames)


@pytest.mark.parametrize("answer", [lambda handler: respond(handler, "text/html", b"<p>Log in</p>"),
                                    lambda handler: handler.send_error(404)])  # fmt: skip
def test_errors_hold_no_address(answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
    with server(answer) as url, pytest.raises(SourceError, match="can't be opened") as error:
        run(url.replace("//", "//guard:hunter2@"))
    assert "hunter2" not in str(error.value) and "127.0.0.1" not in str(error.value)
