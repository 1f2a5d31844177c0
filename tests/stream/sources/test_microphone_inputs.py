"""Microphones of every kind through a real ffmpeg, without Kafka: RTSP, HTTP, files, channels, times and reasons."""

from __future__ import annotations

import functools
import logging
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from prometheus_client import REGISTRY

from processors.music.audio import Audio, decode
from processors.music.channels import ChannelMix
from stream.sources import ffmpeg, sound, sound_pipe
from stream.sources.ffmpeg import error_sentence, lacks_option, rtsp_timeout_option, stream_input
from stream.sources.local_path import local_path
from stream.sources.sound import MicrophoneSource
from stream.sources.source import SourceError
from tests.stream.sources.rtsp_server import RtspServer

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")

RATE = 24_000


class FragmentSink:
    """Sink that keeps fragments, and stops the source after some."""

    def __init__(self, number: int) -> None:
        self.number, self.stop = number, threading.Event()
        self.audios: list[Audio] = []
        self.times: list[datetime] = []
        self.arrivals: list[datetime] = []

    def send(self, topic: Any, *, key: str, value: bytes, id: str, time: datetime, content_type: str) -> None:
        self.audios.append(decode(value))
        self.times.append(time)
        self.arrivals.append(datetime.now(UTC))
        if len(self.audios) >= self.number:
            self.stop.set()

    def flush(self) -> None:
        pass

    def count(self, outcome: str, number: int = 1) -> None:
        pass


def listen(url: str, number: int = 1, **options: Any) -> FragmentSink:
    """Run a microphone until it has sent some fragments or ends."""
    sink = FragmentSink(number)
    MicrophoneSource("main", url, **options).run(sink, sink.stop)  # type: ignore[arg-type]
    return sink


def tone(seconds: float, rate: int = RATE) -> NDArray[np.int16]:
    return (8_000 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)).astype(np.int16)


@contextmanager
def http_server(handler: Any) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_rtsp_microphone_with_inverted_leg_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with RtspServer(np.stack([tone(4), -tone(4)], axis=1), RATE, password="geheim") as server:
        found = listen(server.url.replace("rtsp://", "rtsp://mic:geheim@"))
        with pytest.raises(SourceError, match="401 Unauthorized"):
            listen(server.url.replace("rtsp://", "rtsp://mic:wrong@"))
        with pytest.raises(SourceError, match="write / as %2F") as unquoted:
            listen(server.url.replace("rtsp://", "rtsp://mic:ge/heim@"))
        server.shutdown()
    assert "geheim" not in caplog.text
    assert "ge/heim" not in str(unquoted.value)
    assert found.audios[0].loudness == pytest.approx(-15.3, abs=0.5)
    assert "microphone main: channel 1 and, inverted, 2 of 2" in caplog.text
    labels = {"source": "main", "channel": "2"}
    assert REGISTRY.get_sample_value("pulso_microphone_channel_weight_ratio", labels) == -0.5


@pytest.mark.parametrize("form", ["file://{}", "file://localhost{}", "file:{}"])
def test_local_addresses_are_files(tmp_path: Path, form: str) -> None:
    path = tmp_path / "stage one [live].wav"
    soundfile.write(path, tone(6), RATE)
    assert local_path(str(path)) == path
    assert local_path(form.format(path)) == path
    assert local_path(form.format(path).replace(" ", "%20")) == path


def test_file_plays_at_natural_speed_and_ends(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    six = np.zeros((6 * RATE, 6), np.int16)
    six[:, 3] = tone(6)
    soundfile.write(tmp_path / "song.wav", six, RATE)
    began = time.monotonic()
    found = listen(f"file://{tmp_path}/song.wav", 9, loop=False)
    assert 5 < time.monotonic() - began < 30
    assert [round(audio.seconds) for audio in found.audios] == [5, 6]
    assert found.audios[0].loudness == pytest.approx(-15.3, abs=0.5)
    assert "channel 4 of 6" in caplog.text
    assert "song.wav ended" in caplog.text
    assert "power" not in caplog.text


def test_file_that_loops_begins_again(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", tone(2), RATE)
    assert len(listen(f"file://{tmp_path}/song.wav", 3, pace=False).audios) == 3


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://me:geheim@127.0.0.1:1/stage", "Connection refused"),
        ("rtsp://me:geheim@127.0.0.1:1/stage", "Connection refused"),
        ("rstp://me:geheim@127.0.0.1/stage", "does not know rstp://"),
        ("file:///no/such/song.wav", "not a file, folder or device"),
        ("/no/such/song.wav", "not a file, folder or device"),
        ("http://me:geheim@no-such-host.invalid/stage", "ffmpeg could not go on: .+"),
    ],
)
def test_microphone_that_fails_at_once_says_why(url: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as refused:
        listen(url)
    assert "geheim" not in str(refused.value)
    assert "no reason" not in str(refused.value)


def test_file_without_sound_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("this is a text\n" * 100)
    with pytest.raises(SourceError, match="Invalid data"):
        listen(f"file://{tmp_path}/text.wav")


def test_option_that_ffmpeg_lacks_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    soundfile.write(tmp_path / "a.wav", tone(6), RATE)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    source = ffmpeg.FfmpegInput(("-i", "URL"), ("-no_such_option", "1"))
    with http_server(handler) as url:
        changed = ffmpeg.FfmpegInput(("-i", f"{url}/a.wav"), source.optional)
        monkeypatch.setattr(sound, "stream_input", lambda _: changed)
        assert listen(f"{url}/a.wav").audios
    assert "without -no_such_option" in caplog.text


class BurstHandler(BaseHTTPRequestHandler):
    """Stream that hands out twelve seconds at once, as radio servers do, and then goes on at natural speed."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "audio/x-wav")
        self.end_headers()
        sound = tone(30)
        header = b"RIFF\xff\xff\xff\xffWAVEfmt " + (16).to_bytes(4, "little") + b"\x01\x00\x01\x00"
        header += (
            RATE.to_bytes(4, "little") + (2 * RATE).to_bytes(4, "little") + b"\x02\x00\x10\x00data\xff\xff\xff\xff"
        )
        with suppress(OSError):
            self.wfile.write(header + sound[: 12 * RATE].tobytes())
            for start in range(12 * RATE, len(sound), RATE // 10):
                time.sleep(0.1)
                self.wfile.write(sound[start : start + RATE // 10].tobytes())

    def log_message(self, *_: Any) -> None:
        return


def test_fragments_of_a_burst_are_dated_when_they_sounded() -> None:
    with http_server(BurstHandler) as url:
        found = listen(f"{url}/stage.wav", 3)
    steps = [(after - before).total_seconds() for before, after in zip(found.times, found.times[1:], strict=False)]
    assert steps == pytest.approx([5, 5], abs=1)
    assert (found.arrivals[1] - found.arrivals[0]).total_seconds() < 3  # these two came at once
    assert (found.arrivals[-1] - found.times[-1]).total_seconds() == pytest.approx(0, abs=1.5)


def test_recording_behind_an_address_is_read_at_its_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_pipe, "MAX_AHEAD_SECONDS", 6.0)
    soundfile.write(tmp_path / "a.wav", tone(40), RATE)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    began = time.monotonic()
    with http_server(handler) as url:
        listen(f"{url}/a.wav", 2)
    # Ten seconds of sound, 6 ahead, and one block of a pipe (1.4 s) that is read before the reader waits.
    assert 2.5 < time.monotonic() - began < 20


def test_lights_that_fail_do_not_end_the_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "a.wav", tone(6), RATE)

    class BrokenLights:
        def __init__(self, *_: Any) -> None:
            pass

        def add_samples(self, block: bytes) -> None:
            raise ValueError("no such light")

    monkeypatch.setattr(sound, "LiveFrames", BrokenLights)
    assert listen(str(tmp_path / "a.wav"), lights=[object()]).audios


def test_time_outs_are_those_that_the_protocol_knows() -> None:
    assert stream_input("rtsp://10.0.0.7/mic").optional[0] == rtsp_timeout_option()
    assert stream_input("HTTP://10.0.0.7/mic").optional[0] == "-rw_timeout"
    assert stream_input("rtp://@:5004").optional == ()
    assert stream_input("alsa:hw:1,0").arguments == ("-f", "alsa", "-i", "hw:1,0")
    assert lacks_option(["Option rw_timeout not found."])
    assert lacks_option(["Unrecognized option 'stimeout'.", "Error splitting the argument list: Option not found"])
    assert not lacks_option(["rtsp://x: Connection refused"])


@pytest.mark.parametrize(
    ("lines", "url", "sentence"),
    [
        ([], "http://a/b", "no reason given"),
        (["Output file #0 does not contain any stream"], "http://a/b", "there is no sound in what it receives"),
        (
            ["[tcp @ 0x1] Failed to resolve hostname m: Name or service not known", "rtsp://m/a: Input/output error"],
            "rtsp://m/a", "Name or service not known",
        ),
        (["http://h/x?key=geheim#: bad"], "http://h/x?key=geheim", "bad"),
        (["failed for http://me:ge/heim@h/x?key=geheim here"], "http://other", "failed for http://…@h/x?… here"),
    ],
)  # fmt: skip
def test_reasons_hold_no_secrets(lines: list[str], url: str, sentence: str) -> None:
    assert error_sentence(lines, url) == sentence


def test_mix_is_reported_once_and_old_channels_are_forgotten() -> None:
    source = MicrophoneSource("reported", "alsa:x")
    source._report_mix(ChannelMix((0, 0, 1)))
    source._report_mix(ChannelMix((1, 1)))
    values = [
        REGISTRY.get_sample_value("pulso_microphone_channel_weight_ratio", {"source": "reported", "channel": str(one)})
        for one in (1, 2, 3)
    ]
    assert values == [0.5, 0.5, None]
