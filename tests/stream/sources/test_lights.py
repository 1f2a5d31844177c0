"""OSC messages, as a real listener receives them."""

from __future__ import annotations

import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from pydantic import ValidationError
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

from schemas.music import LIVE_VALUES, TAG_VALUES, LightsSettings, MusicTags, StageSettings, default_addresses
from schemas.venue import Venue
from stream.features.music.lights import LightingDesk, LiveLights, desks_by_stage
from stream.sources.sound import MicrophoneSource

RATE = 24_000


class Desk:
    """A listener that keeps what it receives, with the time."""

    def __init__(self) -> None:
        self.received: dict[str, list[tuple[float, Any]]] = defaultdict(list)
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(self._take)
        self.server = BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _take(self, address: str, *values: Any) -> None:
        self.received[address].append((time.monotonic(), values[0]))

    def values(self, address: str) -> list[Any]:
        return [value for _, value in self.received[address]]

    def wait(self, address: str, number: int = 1) -> list[Any]:
        end = time.monotonic() + 30
        while len(self.received[address]) < number and time.monotonic() < end:
            time.sleep(0.02)
        return self.values(address)

    def lights(self, **fields: Any) -> LightsSettings:
        return LightsSettings(stage="main", host="127.0.0.1", port=self.server.server_address[1], **fields)


@pytest.fixture
def desk() -> Iterator[Desk]:
    one = Desk()
    yield one
    one.server.shutdown()
    one.server.server_close()


def clicks(seconds: float, every: float = 0.5) -> np.ndarray[Any, Any]:
    """A low drum on each beat."""
    at = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(0.5 * np.sin(2 * np.pi * 70 * (at % every)) * np.exp(-10 * (at % every)) * (at > 0.2))


def tags(**fields: Any) -> MusicTags:
    return MusicTags(
        event_id="e", stage="main", time=datetime(2026, 7, 4, tzinfo=UTC), seconds=30, mood="happy",
        mood_confidence=0.8, moods={"happy": 0.8}, genre="pop", genre_confidence=0.5, genres={"pop": 0.5}, tempo=120.5,
        loudness=-18.0, silent=False, model="m", key="A minor", **fields,
    )  # fmt: skip


def test_tags_arrive_at_configured_addresses(desk: Desk) -> None:
    one = LightingDesk(desk.lights(addresses={"mood": "/eos/{stage}/mood", "tempo": "/bpm", "silent": "/quiet"}))
    one.show_tags(tags())
    assert desk.wait("/eos/main/mood") == ["happy"]
    assert desk.wait("/bpm") == [120.5]
    assert desk.wait("/quiet") == [0]
    assert set(desk.received) == {"/eos/main/mood", "/bpm", "/quiet"}


def test_light_frames_do_not_depend_on_block_sizes(desk: Desk) -> None:
    lights = LiveLights([LightingDesk(desk.lights(frames_per_second=20))], RATE)
    sound = (clicks(4) * 32_767).astype("<i2").tobytes()
    for start in range(0, len(sound), 3_333):  # odd: cuts samples in two
        lights.add_samples(sound[start : start + 3_333])
        time.sleep(0.01)  # UDP drops what a slow receiver does not read
    levels = desk.wait("/pulso/main/level", 75)
    assert len(levels) == pytest.approx(80, abs=5)
    assert all(0 <= level <= 1 for level in levels) and max(levels) > 0.5
    assert max(desk.values("/pulso/main/bass")) > max(desk.values("/pulso/main/high"))
    assert set(desk.received) <= {f"/pulso/main/{name}" for name in LIVE_VALUES}


def test_unreachable_desk_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    one = LightingDesk(LightsSettings(stage="main", host="no-such-desk.invalid", port=7000))
    one.show_tags(tags())
    one.show_tags(tags())
    assert len([record for record in caplog.records if "lights of main" in record.message]) == 1


@pytest.mark.stack
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_lights_follow_microphone(desk: Desk, tmp_path: Path, running: Callable[..., Any]) -> None:
    soundfile.write(tmp_path / "band.wav", clicks(12), RATE)
    desks = desks_by_stage(Venue(name="x", stages=[StageSettings(id="main")], lights=[desk.lights()]))["main"]
    with running(MicrophoneSource("lit-stage", str(tmp_path / "band.wav"), loop=False, lights=desks)) as thread:
        thread.join(timeout=60)
    assert len(desk.values("/pulso/main/level")) == pytest.approx(12 * 25, abs=10)
    assert desk.values("/pulso/main/live_tempo")[-1] == pytest.approx(120, abs=2)
    assert 10 <= len(desk.values("/pulso/main/beat")) <= 20  # two a second, once the tempo is known


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"addresses": {"moood": "/x"}}, "moood is not a valid value"),
        ({"addresses": {"mood": "no slash"}}, "String should match pattern"),
        ({"port": 0}, "greater than or equal to 1"),
    ],
)
def test_invalid_lights_settings_are_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        LightsSettings(**{"stage": "main", "host": "desk", "port": 7000} | fields)


def test_a_stage_that_is_not_there() -> None:
    with pytest.raises(ValidationError, match="which is not among stages: none"):
        Venue(name="x", lights=[LightsSettings(stage="main", host="desk", port=7000)])


def test_every_value_has_an_address() -> None:
    assert set(default_addresses()) == {*LIVE_VALUES, *TAG_VALUES}
