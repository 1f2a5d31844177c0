"""OSC messages (Open Sound Control 1.0, UDP) to lighting desks: live sound levels and music tags."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
from pythonosc.udp_client import SimpleUDPClient

from processors.music.show_frames import ShowFrame, ShowFrameStream
from schemas.ids import StageId
from schemas.music import LightsSettings, MusicTags
from schemas.venue import Venue

log = logging.getLogger(__name__)

Value = float | int | str


class LightingDesk:
    """Sends to one desk, at the addresses of the venue file.

    A desk that can't be reached is logged once, and tried again with each message.

    >>> settings = LightsSettings(stage="main", host="127.0.0.1", port=9, addresses={"mood": "/x/{stage}/mood"})
    >>> desk = LightingDesk(settings)
    >>> desk.address("mood"), desk.address("genre")
    ('/x/main/mood', None)
    """

    def __init__(self, lights: LightsSettings) -> None:
        self.lights = lights
        self._client: SimpleUDPClient | None = None
        self._failed = False

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
        self._send(values)

    def show_tags(self, tags: MusicTags) -> None:
        """Send mood, genre, tempo and key of a fragment."""
        self._send(
            {
                "mood": tags.mood,
                "mood_confidence": tags.mood_confidence,
                "genre": tags.genre,
                "genre_confidence": tags.genre_confidence,
                "tempo": tags.tempo,
                "key": tags.key,
                "silent": int(tags.silent),
            }
        )

    def _send(self, values: Mapping[str, Value]) -> None:
        try:
            if self._client is None:
                self._client = SimpleUDPClient(self.lights.host, self.lights.port)
            for name, value in values.items():
                if (address := self.address(name)) is not None:
                    self._client.send_message(address, value)
        except OSError as error:
            if not self._failed:
                log.warning("lights of %s at %s can't be reached: %s", self.lights.stage, self.lights.host, error)
            self._failed = True
        else:
            self._failed = False


def desks_by_stage(venue: Venue, stage: StageId | None = None) -> dict[StageId, list[LightingDesk]]:
    """Return the desks by stage, of all stages or of one."""
    desks: dict[StageId, list[LightingDesk]] = {}
    for lights in venue.lights:
        if stage in (None, lights.stage):
            desks.setdefault(lights.stage, []).append(LightingDesk(lights))
    return desks


class LiveLights:
    """Shows live sound on lighting desks, on each at its own frame rate."""

    def __init__(self, desks: Sequence[LightingDesk], rate: int) -> None:
        """Create a stream of frames for each desk.

        Args:
            desks: desks of one stage.
            rate: sampling rate, Hz.
        """
        self._streams = [(desk, ShowFrameStream(rate, desk.lights.frames_per_second)) for desk in desks]
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
        for desk, frames in self._streams:
            for frame in frames.feed(samples):
                desk.show_frame(frame)
