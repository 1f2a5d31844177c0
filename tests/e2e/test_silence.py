"""A camera and a microphone that die raise alerts within half a minute, their gauges go, and both resolve again."""

from __future__ import annotations

import io
import json
import struct
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
import soundfile

from schemas.alerts import OBSERVATIONS, Alert, Observation
from schemas.attendance import ATTENDANCE, OCCUPANCY, VENUE, AttendanceChange
from schemas.ids import AlertKey, CameraId, StageId
from schemas.music import SNIPPETS
from schemas.sources import SOURCE_STATES
from stream.runtime.producer import EventProducer
from stream.runtime.topic_reader import read_all
from stream.sources.camera import CameraSource
from stream.sources.sound import MicrophoneSource
from stream.sources.source import run_all
from tests.e2e.conftest import StackClient

RATE = 22_050
FRAME_SECONDS = 0.5
SOUND_SECONDS = 0.5
FIGHT = AlertKey("violence/beside-the-gate")


class MediaServer:
    """HTTP server with MJPEG at /PATH.mjpg and endless WAV at /PATH.wav; a dead path breaks off and is refused."""

    def __init__(self) -> None:
        self.dead: set[str] = set()
        self._random = np.random.default_rng(7)
        media = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path in media.dead:
                    self.send_error(503)
                    return
                self.send_response(200)
                is_sound = self.path.endswith(".wav")
                self.send_header("Content-Type", "audio/wav" if is_sound else "multipart/x-mixed-replace; boundary=f")
                self.end_headers()
                try:
                    for part in media.sound() if is_sound else media.pictures():
                        if self.path in media.dead:
                            return
                        self.wfile.write(part)
                        self.wfile.flush()
                        time.sleep(SOUND_SECONDS if is_sound else FRAME_SECONDS)
                except OSError:
                    return

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def pictures(self) -> Iterator[bytes]:
        while True:
            picture = self._random.integers(0, 255, (36, 64, 3), np.uint8)
            large = cv2.resize(picture, (640, 360), interpolation=cv2.INTER_CUBIC)
            jpeg = cv2.imencode(".jpg", large)[1].tobytes()
            yield b"--f\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg)

    def sound(self) -> Iterator[bytes]:
        header = io.BytesIO()
        soundfile.write(header, np.zeros(0, np.int16), RATE, format="WAV", subtype="PCM_16")
        yield header.getvalue()[:-4] + struct.pack("<I", 0xFFFFFFF0)
        while True:
            yield self._random.integers(-9000, 9000, int(RATE * SOUND_SECONDS), np.int16).tobytes()


@pytest.fixture
def media() -> Iterator[MediaServer]:
    server = MediaServer()
    yield server
    server.server.shutdown()


def gauges(stack_client: StackClient, worker: str, series: str) -> list[str]:
    """Return the lines of a series at a worker's /metrics."""
    ports = json.loads((stack_client.settings.data / "ports.json").read_text(encoding="utf-8"))
    text = httpx.get(f"http://127.0.0.1:{ports[f'metrics-{worker}']}/metrics").text
    return [line for line in text.splitlines() if line.startswith(series + "{")]


def last_step(stack_client: StackClient, audience: str, key: str) -> Alert | None:
    steps = [alert for alert in stack_client.alerts(audience) if alert.key == key]
    return steps[-1] if steps else None


def open_test_alert(stack_client: StackClient) -> None:
    """Raise an alert that rests on the camera at the gate."""
    with EventProducer(stack_client.settings) as producer:
        for seconds in (1, 0):
            time_ = datetime.now(UTC) - timedelta(seconds=seconds)
            one = Observation(
                id=f"fight-{seconds}", key=FIGHT, rule="violence", subject="beside-the-gate", time=time_, value=0.9,
                origin="camera/gate-east", text={"en": "Possible fight"},
            )  # fmt: skip
            producer.send(OBSERVATIONS, key=FIGHT, value=one, id=one.id, source="test", time=time_)


@pytest.mark.stack
@pytest.mark.timeout(480)
@pytest.mark.workers("vision", "alerts", venue=Path(__file__).parent / "silence_venue.yaml")
def test_dead_camera_and_microphone_raise_alerts_and_return(stack_client: StackClient, media: MediaServer) -> None:
    stop = threading.Event()
    sources = [
        CameraSource(CameraId("gate-east"), media.url("/gate.mjpg"), frames_per_second=2),
        CameraSource(CameraId("front-left"), media.url("/front.mjpg"), frames_per_second=2),
        MicrophoneSource(StageId("main"), media.url("/main.wav")),
    ]
    with EventProducer(stack_client.settings) as producer:
        running = threading.Thread(target=run_all, args=(sources, producer, stop), kwargs={"process": "sources"})
        running.start()
        try:
            _test_death_and_return(stack_client, media)
        finally:
            stop.set()
            running.join(timeout=20)


def _test_death_and_return(stack_client: StackClient, media: MediaServer) -> None:
    stack_client.wait_for("people at the gate", lambda: gauges(stack_client, "vision", "pulso_camera_blind"))
    stack_client.wait_for("sound", lambda: read_all(stack_client.settings, SNIPPETS.name))
    open_test_alert(stack_client)

    died = time.monotonic()
    media.dead |= {"/gate.mjpg", "/main.wav"}
    raised: dict[str, float] = {}
    silent = {"camera-silent/gate-east": "security", "microphone-silent/main": "production"}
    for key, audience in silent.items():
        stack_client.wait_for(
            f"{key} is raised",
            lambda key=key, audience=audience: last_step(stack_client, audience, key) is not None,  # type: ignore[misc]
        )
        raised[key] = time.monotonic() - died
    print({key: round(seconds, 1) for key, seconds in raised.items()})  # 30 s on a machine that is not busy

    def is_blind() -> bool:
        fight = last_step(stack_client, "security", FIGHT)
        return fight is not None and fight.blind_since is not None

    stack_client.wait_for("the open alert says that it is blind", is_blind)
    now = datetime.now(UTC)
    change = AttendanceChange(id="c", kind="correct", time=now, by="ana", persons=500)
    with EventProducer(stack_client.settings) as producer:
        producer.send(ATTENDANCE, key=VENUE, value=change, id=change.id, source="test", time=now)
    stack_client.wait_for(
        "the total says what is missing",
        lambda: any("camera/gate-east" in one.blind for _, one in stack_client.records(OCCUPANCY)),
    )
    for worker, series, name in (
        ("vision", "pulso_camera_blind", "gate-east"),
        ("vision", "pulso_zone_persons", "gate-east"),
    ):
        stack_client.wait_for(
            f"{series} goes",
            lambda worker=worker, series=series, name=name: (
                not any(  # type: ignore[misc]
                    name in line for line in gauges(stack_client, worker, series)
                )
            ),
        )
    assert any("front-left" in line for line in gauges(stack_client, "vision", "pulso_camera_blind"))

    media.dead.clear()
    for key, audience in silent.items():
        stack_client.wait_for(
            f"{key} resolves",
            lambda key=key, audience=audience: (  # type: ignore[misc]
                (step := last_step(stack_client, audience, key)) is not None and step.state == "resolved"
            ),
        )
    found = {state.source for _, state in stack_client.records(SOURCE_STATES) if state.silent}
    assert found == {"camera/gate-east", "microphone/main"}
