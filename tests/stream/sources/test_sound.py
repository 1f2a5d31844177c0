"""Microphones: fragments that overlap, from a file through a real ffmpeg."""

from __future__ import annotations

import io
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from processors.music.audio import decode
from schemas.music import SNIPPETS
from stream.sources.sound import MicrophoneSource
from tests.stream.sources.conftest import RecordReader

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed"),
]


def test_sound_file_gives_growing_then_overlapping_fragments(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    seconds = np.arange(40 * 8_000) / 8_000
    soundfile.write(tmp_path / "song.wav", 0.3 * np.sin(2 * np.pi * 440 * seconds), 8_000)
    with run_sources(MicrophoneSource("file-stage", str(tmp_path), loop=False, pace=False)) as thread:
        thread.join(timeout=60)
    lengths = [round(decode(m.value() or b"").seconds) for m in record_reader.read(SNIPPETS, "file-stage")]
    assert lengths == [5, 10, 15, 20, 25, 30, 30, 30]


def test_sound_folder_skips_broken_files_and_sends_short_ones(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    seconds = np.arange(3 * 8_000) / 8_000
    (tmp_path / "a.wav").write_bytes(b"RIFF no sound at all")
    soundfile.write(tmp_path / "b.wav", 0.3 * np.sin(2 * np.pi * 440 * seconds), 8_000)
    with run_sources(MicrophoneSource("patchy-stage", str(tmp_path), loop=False, pace=False)) as thread:
        thread.join(timeout=60)
    assert [round(decode(m.value() or b"").seconds) for m in record_reader.read(SNIPPETS, "patchy-stage")] == [3]


class AudioHandler(BaseHTTPRequestHandler):
    """HTTP sound stream that ends after eleven seconds of sound."""

    connections = 0

    def do_GET(self) -> None:
        type(self).connections += 1
        self.send_response(200)
        self.send_header("Content-Type", "audio/x-wav")
        self.end_headers()
        sound = io.BytesIO()
        soundfile.write(sound, 0.3 * np.sin(np.arange(11 * 8_000) / 3), 8_000, format="WAV")
        with suppress(OSError):
            self.wfile.write(sound.getvalue())

    def log_message(self, *_: Any) -> None:
        return


def test_stage_stream_is_reopened_after_disconnect(
    run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), AudioHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/stage.wav"
    try:
        with run_sources(MicrophoneSource("radio", url)):
            fragments = record_reader.wait_for(SNIPPETS, "radio", 4)
    finally:
        server.shutdown()
    assert AudioHandler.connections >= 2
    assert {dict(m.headers() or [])["content-type"] for m in fragments} == {b"audio/flac"}  # type: ignore[arg-type]


def test_missing_microphone_is_reported_without_the_password(
    run_sources: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with run_sources(MicrophoneSource("nowhere", "http://guard:hunter2@127.0.0.1:1/stage")):
        end = time.monotonic() + 60
        while "ffmpeg could not go on" not in caplog.text and time.monotonic() < end:
            time.sleep(0.1)
    assert "Connection refused" in caplog.text
    assert "hunter2" not in caplog.text
