"""Live sound levels and music tags for lighting desks: by Open Sound Control 1.0, sACN or Art-Net."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
from pythonosc.osc_message_builder import build_msg

from processors.music.show_frames import ShowFrame, ShowFrameStream
from schemas.ids import StageId
from schemas.music import LightsSettings, MusicTags
from schemas.venue import Venue
from stream.features.music import metrics
from stream.features.music.desk_sender import DeskSender, Value
from stream.features.music.dmx import DmxDesk


class FrameReceiver(Protocol):
    """Something that follows the sound of a stage frame by frame; it must not block."""

    @property
    def frames_per_second(self) -> float:
        """Return the rate at which it wants frames."""
        ...

    def show_frame(self, frame: ShowFrame) -> None:
        """Show one frame."""
        ...


class LightingDesk:
    """Sends to one desk by OSC, at the addresses of the venue file.

    Nothing here waits for the network: see `DeskSender`. Values that a desk did not get are counted.

    >>> settings = LightsSettings(stage="main", host="127.0.0.1", port=9, addresses={"mood": "/x/{stage}/mood"})
    >>> desk = LightingDesk(settings)
    >>> desk.address("mood"), desk.address("genre")
    ('/x/main/mood', None)
    """

    def __init__(self, lights: LightsSettings) -> None:
        self.lights = lights
        dropped = metrics.LIGHTS_DROPPED.labels(lights.stage)
        self._sender = DeskSender(*lights.destination, f"lights of {lights.stage}", osc_messages, dropped.inc)

    @property
    def frames_per_second(self) -> float:
        """Return the rate of the venue file."""
        return self.lights.frames_per_second

    def address(self, name: str) -> str | None:
        """Return the OSC address of a value; None where the venue file leaves it out."""
        pattern = self.lights.addresses.get(name)
        return pattern.replace("{stage}", self.lights.stage) if pattern else None

    def show_frame(self, frame: ShowFrame) -> None:
        """Send one frame: every value, and a 1 as beat when there is one."""
        values: dict[str, Value] = {
            "level": frame.level,
            "onset": frame.onset,
            "brightness": frame.brightness,
            "live_tempo": frame.tempo,
            **frame.bands,
        }
        if frame.beat:
            values["beat"] = 1
        self._sender.send_frame(self._by_address(values))

    def show_tags(self, tags: MusicTags) -> None:
        """Send mood, genre, tempo and key of a fragment."""
        values: dict[str, Value] = {
            "mood": tags.mood,
            "mood_confidence": tags.mood_confidence,
            "genre": tags.genre,
            "genre_confidence": tags.genre_confidence,
            "tempo": tags.tempo,
            "key": tags.key,
            "silent": int(tags.silent),
        }
        self._sender.send_lasting(self._by_address(values))

    def close(self) -> None:
        """End the thread that sends."""
        self._sender.close()

    def _by_address(self, values: Mapping[str, Value]) -> dict[str, Value]:
        return {address: value for name, value in values.items() if (address := self.address(name)) is not None}


def osc_messages(values: Mapping[str, Value]) -> Iterator[bytes]:
    """Yield an OSC message for each value by address."""
    for address, value in values.items():
        yield build_msg(address, value).dgram


def osc_desks(venue: Venue) -> dict[StageId, list[LightingDesk]]:
    """Return the desks that receive tags, by stage."""
    desks: dict[StageId, list[LightingDesk]] = {}
    for lights in venue.lights:
        if lights.protocol == "osc":
            desks.setdefault(lights.stage, []).append(LightingDesk(lights))
    return desks


def desks_of(venue: Venue, stage: StageId) -> list[LightingDesk | DmxDesk]:
    """Return the desks that receive the live sound of a stage."""
    return [
        LightingDesk(lights) if lights.protocol == "osc" else DmxDesk(lights)
        for lights in venue.lights
        if lights.stage == stage
    ]


class LiveFrames:
    """Shows live sound to receivers, to each at its own frame rate; those of one rate share the analysis."""

    def __init__(self, receivers: Sequence[FrameReceiver], rate: int) -> None:
        """Create a stream of frames for each frame rate.

        Args:
            receivers: receivers of one stage.
            rate: sampling rate, Hz.
        """
        by_rate: dict[float, list[FrameReceiver]] = {}
        for receiver in receivers:
            by_rate.setdefault(receiver.frames_per_second, []).append(receiver)
        self._streams = [(ones, ShowFrameStream(rate, frames)) for frames, ones in by_rate.items()]
        self._incomplete_sample = bytearray()

    def add_samples(self, block: bytes) -> None:
        """Send the frames that a block of sound completes.

        Args:
            block: 16-bit little-endian mono samples, of any number of bytes: a sample may be split between two blocks.
        """
        self._incomplete_sample.extend(block)
        size = len(self._incomplete_sample) // 2 * 2
        samples = np.frombuffer(bytes(self._incomplete_sample[:size]), "<i2").astype(np.float32) / np.float32(32_768)
        del self._incomplete_sample[:size]
        for receivers, frames in self._streams:
            for frame in frames.feed(samples):
                for receiver in receivers:
                    receiver.show_frame(frame)
