"""OSC messages of lights, received by a real OSC server."""

from __future__ import annotations

import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import soundfile
from pydantic import ValidationError
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

from schemas.ids import StageId
from schemas.music import LIVE_VALUES, TAG_VALUES, LightsSettings, MusicTags, StageSettings, default_addresses
from schemas.venue import Venue
from schemas.visuals import STAGE_FRAMES, StageFrame
from stream.features import registry
from stream.features.music.lights import LightingDesk, LiveFrames, desks_of
from stream.sources.sound import MicrophoneSource
from stream.sources.venue_sources import microphone_of
from tests.stream.sources.conftest import RecordReader

RATE = 24_000


class OscReceiver:
    """OSC server that stores received values with their times."""

    def __init__(self) -> None:
        self.received: dict[str, list[tuple[float, Any]]] = defaultdict(list)
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(self._store)
        self.server = BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _store(self, address: str, *values: Any) -> None:
        self.received[address].append((time.monotonic(), values[0]))

    def values(self, address: str) -> list[Any]:
        return [value for _, value in self.received[address]]

    def wait_for(self, address: str, number: int = 1) -> list[Any]:
        end = time.monotonic() + 30
        while len(self.received[address]) < number and time.monotonic() < end:
            time.sleep(0.02)
        return self.values(address)

    def settings(self, **fields: Any) -> LightsSettings:
        return LightsSettings(stage="main", host="127.0.0.1", port=self.server.server_address[1], **fields)


@pytest.fixture
def receiver() -> Iterator[OscReceiver]:
    osc_receiver = OscReceiver()
    yield osc_receiver
    osc_receiver.server.shutdown()
    osc_receiver.server.server_close()


def drum_beats(seconds: float, interval: float = 0.5) -> np.ndarray[Any, Any]:
    """Return the sound of a low drum on each beat."""
    time = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(0.5 * np.sin(2 * np.pi * 70 * (time % interval)) * np.exp(-10 * (time % interval)) * (time > 0.2))


def make_tags(**fields: Any) -> MusicTags:
    return MusicTags(
        event_id="e", stage="main", time=datetime(2026, 7, 4, tzinfo=UTC), seconds=30, mood="happy",
        mood_confidence=0.8, moods={"happy": 0.8}, genre="pop", genre_confidence=0.5, genres={"pop": 0.5}, tempo=120.5,
        loudness=-18.0, silent=False, model="m", key="A minor", **fields,
    )  # fmt: skip


def test_tags_arrive_at_configured_addresses(receiver: OscReceiver) -> None:
    desk = LightingDesk(receiver.settings(addresses={"mood": "/eos/{stage}/mood", "tempo": "/bpm", "silent": "/quiet"}))
    desk.show_tags(make_tags())
    assert receiver.wait_for("/eos/main/mood") == ["happy"]
    assert receiver.wait_for("/bpm") == [120.5]
    assert receiver.wait_for("/quiet") == [0]
    assert set(receiver.received) == {"/eos/main/mood", "/bpm", "/quiet"}


def test_light_frames_do_not_depend_on_block_sizes(receiver: OscReceiver) -> None:
    lights = LiveFrames([LightingDesk(receiver.settings(frames_per_second=20))], RATE)
    sound = (drum_beats(4) * 32_767).astype("<i2").tobytes()
    for start in range(0, len(sound), 3_333):  # odd: cuts samples in two
        lights.add_samples(sound[start : start + 3_333])
        time.sleep(0.01)  # UDP drops what a slow receiver does not read
    levels = receiver.wait_for("/pulso/main/level", 75)
    assert len(levels) == pytest.approx(80, abs=5)
    assert all(0 <= level <= 1 for level in levels) and max(levels) > 0.5
    assert max(receiver.values("/pulso/main/bass")) > max(receiver.values("/pulso/main/high"))
    assert set(receiver.received) <= {f"/pulso/main/{name}" for name in LIVE_VALUES}


def test_unreachable_desk_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    desk = LightingDesk(LightsSettings(stage="main", host="no-such-desk.invalid", port=7000))
    end = time.monotonic() + 30
    while "lights of main" not in caplog.text and time.monotonic() < end:
        desk.show_tags(make_tags())
        time.sleep(0.02)
    desk.show_tags(make_tags())
    assert len([record for record in caplog.records if "lights of main" in record.message]) == 1


@pytest.mark.stack
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_lights_follow_microphone(receiver: OscReceiver, tmp_path: Path, run_sources: Callable[..., Any]) -> None:
    soundfile.write(tmp_path / "band.wav", drum_beats(12), RATE)
    venue = Venue(name="x", stages=[StageSettings(id="main")], lights=[receiver.settings()])
    desks = desks_of(venue, StageId("main"))
    with run_sources(MicrophoneSource("lit-stage", str(tmp_path / "band.wav"), loop=False, lights=desks)) as thread:
        thread.join(timeout=60)
    assert len(receiver.values("/pulso/main/level")) == pytest.approx(12 * 25, abs=10)
    assert receiver.values("/pulso/main/live_tempo")[-1] == pytest.approx(120, abs=2)
    assert 10 <= len(receiver.values("/pulso/main/beat")) <= 20  # two a second, once the tempo is known


@pytest.mark.stack
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_visuals_follow_microphone(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    soundfile.write(tmp_path / "band.wav", drum_beats(6), RATE)
    fields = {"stages": [{"id": "seen-stage"}], "visuals": [{"stage": "seen-stage"}]}
    venue = registry.full_venue_type()(name="x", **fields)
    microphone = microphone_of(venue, StageId("seen-stage"), str(tmp_path / "band.wav"), loop=False)
    with run_sources(microphone) as thread:
        thread.join(timeout=60)
    records = record_reader.wait_for(STAGE_FRAMES, "seen-stage", 110)
    assert len(records) == pytest.approx(120, abs=5)
    frame = msgspec.json.decode(records[-1].value() or b"", type=StageFrame)
    assert frame.tempo == pytest.approx(120, abs=3) and frame.until_beat is not None and frame.until_beat <= 0.5


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"addresses": {"moood": "/x"}}, "moood is not a valid value"),
        ({"addresses": {"mood": "no slash"}}, "String should match pattern"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"port": None}, "give the host and the port of the desk"),
        ({"protocol": "sacn"}, "give the universe, from 1 to 63999"),
        ({"protocol": "sacn", "universe": 0}, "give the universe, from 1 to 63999"),
        ({"protocol": "artnet", "universe": 40_000}, "give the universe, from 0 to 32767"),
        ({"protocol": "artnet", "universe": 0, "host": None}, "give the host of the desk"),
        ({"protocol": "sacn", "universe": 1, "frames_per_second": 50}, "DMX has at most 44 frames per second"),
        ({"protocol": "sacn", "universe": 1, "channels": {"mood": 1}}, "mood is not a valid value"),
        ({"protocol": "sacn", "universe": 1, "channels": {"level": 1, "beat": 1}}, "channel 1 stands there twice"),
        ({"protocol": "sacn", "universe": 1, "channels": {"level": 513}}, "less than or equal to 512"),
    ],
)
def test_invalid_lights_settings_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        LightsSettings(**{"stage": "main", "host": "desk", "port": 7000} | fields)


def test_lights_of_unknown_stage_are_refused() -> None:
    with pytest.raises(ValidationError, match="which is not among stages: none"):
        Venue(name="x", lights=[LightsSettings(stage="main", host="desk", port=7000)])


def test_every_light_value_has_a_default_address() -> None:
    assert set(default_addresses()) == {*LIVE_VALUES, *TAG_VALUES}
