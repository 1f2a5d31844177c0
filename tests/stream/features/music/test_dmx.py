"""DMX over the network, received by real receivers: those of the libraries sacn and stupidArtnet."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
import sacn
from stupidArtnet import StupidArtnetServer

from processors.music.show_frames import ShowFrame
from schemas.music import LIVE_VALUES, LightsSettings
from stream.features.music.dmx import BEAT_SECONDS, DmxDesk

BANDS = {"sub": 0.2, "bass": 0.4, "low_mid": 0.6, "mid": 0.8, "high_mid": 1.0, "high": 0.0}


def frame(level: float = 0.5, *, beat: bool = False) -> ShowFrame:
    return ShowFrame(level=level, bands=BANDS, onset=0.1, brightness=8_000, beat=beat, tempo=128)


def wait_until(condition: Callable[[], bool], send: Callable[[], None] = lambda: None) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        send()
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def desk_with() -> Iterator[Callable[..., DmxDesk]]:
    made: list[DmxDesk] = []

    def make(**fields: object) -> DmxDesk:
        made.append(DmxDesk(LightsSettings(stage="main", host="127.0.0.1", **fields)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for desk in made:
        desk.close()


def test_sacn_receiver_gets_the_channels(desk_with: Callable[..., DmxDesk]) -> None:
    port = free_port()
    receiver = sacn.sACNreceiver(bind_address="127.0.0.1", bind_port=port)
    packets: list[sacn.DataPacket] = []
    receiver.register_listener("universe", packets.append, universe=7)
    receiver.start()
    try:
        desk = desk_with(protocol="sacn", port=port, universe=7, priority=120)
        wait_until(lambda: bool(packets), lambda: desk.show_frame(frame()))
        assert packets[0].dmxData[: len(LIVE_VALUES)] == (128, 51, 102, 153, 204, 255, 0, 26, 255, 0, 128)
        assert (packets[0].priority, packets[0].sourceName.rstrip("\0")) == (120, "Pulso")
        assert not any(packets[0].dmxData[len(LIVE_VALUES) :])
        wait_until(lambda: packets[-1].dmxData[0] == 255, lambda: desk.show_frame(frame(1)))
    finally:
        receiver.stop()


def test_artnet_receiver_gets_the_channels(desk_with: Callable[..., DmxDesk]) -> None:
    port = free_port()
    server = StupidArtnetServer(port=port)
    listener = server.register_listener(universe=5, net=1, is_simplified=False, sub=2)
    try:
        channels = {"level": 10, "beat": 512}
        desk = desk_with(protocol="artnet", port=port, universe=(1 << 8) + (2 << 4) + 5, channels=channels)
        wait_until(lambda: bool(server.get_buffer(listener)), lambda: desk.show_frame(frame(beat=True)))
        data = list(server.get_buffer(listener))
        assert (data[9], data[511]) == (128, 255)
        assert sum(data) == 128 + 255
    finally:
        server.close()


def test_beat_fills_its_channel_for_a_moment(
    desk_with: Callable[..., DmxDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_with(protocol="sacn", port=free_port(), universe=1, frames_per_second=40)
    sent: list[int] = []
    monkeypatch.setattr(desk._sender, "send_frame", lambda levels: sent.append(levels["beat"]))
    for number in range(10):
        desk.show_frame(frame(beat=number == 2))
    full = round(BEAT_SECONDS * 40)
    assert sent == [0, 0, *[255] * full, *[0] * (8 - full)]


def test_sacn_without_a_host_goes_to_the_multicast_group() -> None:
    settings = LightsSettings(stage="main", protocol="sacn", universe=258)
    assert settings.destination == ("239.255.1.2", 5568)
    assert LightsSettings(stage="main", protocol="artnet", host="10.0.0.255", universe=0).destination[1] == 6454
