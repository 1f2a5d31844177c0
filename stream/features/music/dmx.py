"""DMX over the network for lighting desks: sACN (ANSI E1.31) and Art-Net 4, one universe a desk.

The values at frame rate become channels from 0 to 255. Words (mood, genre, key) have no channel: they go by OSC.
"""

from __future__ import annotations

import math
import struct
import uuid
from collections.abc import Iterator, Mapping

from sacn.messages.data_packet import DataPacket

from processors.music.show_frames import ShowFrame
from schemas.music import DMX_CHANNELS, LightsSettings
from stream.features.music import metrics
from stream.features.music.desk_sender import DeskSender, Value

SOURCE_NAME = "Pulso"
"""Name that a desk shows for this source."""

MIN_BRIGHTNESS_HZ, MAX_BRIGHTNESS_HZ = 100.0, 8_000.0
"""Spectral centroid at channel values 0 and 255, on a logarithmic scale."""

BEAT_SECONDS = 0.1
"""Time for which the channel of the beat is full: longer than a frame, so that no desk misses it."""


class DmxDesk:
    """Sends the live sound of a stage as one universe."""

    def __init__(self, lights: LightsSettings) -> None:
        self.lights = lights
        self._universe = lights.universe or 0
        self._beat_frames = 0
        self._sequence = 0
        self._cid = tuple(uuid.uuid5(uuid.NAMESPACE_DNS, f"pulso/{lights.stage}/{lights.protocol}").bytes)
        dropped = metrics.LIGHTS_DROPPED.labels(lights.stage)
        self._sender = DeskSender(
            *lights.destination,
            f"lights of {lights.stage}",
            self._sacn_packets if lights.protocol == "sacn" else self._artnet_packets,
            dropped.inc,
        )

    @property
    def frames_per_second(self) -> float:
        """Return the rate of the venue file."""
        return self.lights.frames_per_second

    def show_frame(self, frame: ShowFrame) -> None:
        """Send one frame."""
        self._beat_frames = max(0, self._beat_frames - 1)
        if frame.beat:
            self._beat_frames = max(1, math.ceil(BEAT_SECONDS * self.frames_per_second))
        levels = channel_levels(frame, beat=self._beat_frames > 0)
        self._sender.send_frame({name: level for name, level in levels.items() if name in self.lights.channels})

    def close(self) -> None:
        """End the thread that sends."""
        self._sender.close()

    def _universe_data(self, levels: Mapping[str, Value]) -> bytes:
        data = bytearray(DMX_CHANNELS)
        for name, level in levels.items():
            data[self.lights.channels[name] - 1] = int(level)
        return bytes(data)

    def _sacn_packets(self, levels: Mapping[str, Value]) -> Iterator[bytes]:
        self._sequence = (self._sequence + 1) % 256
        data = tuple(self._universe_data(levels))
        packet = DataPacket(self._cid, SOURCE_NAME, self._universe, data, self.lights.priority, self._sequence)
        yield bytes(packet.getBytes())

    def _artnet_packets(self, levels: Mapping[str, Value]) -> Iterator[bytes]:
        """Yield an ArtDmx packet: Art-Net 4, table "ArtDmx packet definition". Sequence 0 would switch ordering off."""
        self._sequence = self._sequence % 255 + 1
        sub_universe, net = self._universe & 255, self._universe >> 8
        header = struct.pack(">8sHHBBBBH", b"Art-Net\0", 0x0050, 14, self._sequence, 0, sub_universe, net, DMX_CHANNELS)
        yield header + self._universe_data(levels)


def channel_levels(frame: ShowFrame, *, beat: bool) -> dict[str, int]:
    """Return the channel value, 0 to 255, of each value at frame rate.

    Args:
        frame: the sound.
        beat: whether the channel of the beat is full.

    >>> frame = ShowFrame(level=0.5, bands={"bass": 1.0}, onset=0.0, brightness=100, beat=True, tempo=128.4)
    >>> channel_levels(frame, beat=True)
    {'level': 128, 'bass': 255, 'onset': 0, 'brightness': 0, 'live_tempo': 128, 'beat': 255}
    """
    octaves = math.log(max(frame.brightness, MIN_BRIGHTNESS_HZ) / MIN_BRIGHTNESS_HZ)
    shares = {
        "level": frame.level,
        **frame.bands,
        "onset": frame.onset,
        "brightness": octaves / math.log(MAX_BRIGHTNESS_HZ / MIN_BRIGHTNESS_HZ),
        "live_tempo": frame.tempo / 255,
        "beat": float(beat),
    }
    return {name: min(255, max(0, round(255 * share))) for name, share in shares.items()}
