"""What is heard as OSC messages (Open Sound Control 1.0, UDP) to a lighting desk, by the venue file's address map."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from pythonosc.udp_client import SimpleUDPClient

from processors.music.show_frames import ShowFrame, ShowFrameStream
from schemas.music import LightsSettings, MusicTags
from schemas.venue import Venue

log = logging.getLogger(__name__)

Value = float | int | str


class LightingDesk:
    """Sends to one desk. A desk that can't be reached is told of once, and tried again with each message.

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
        """Where a value goes; None where the map leaves it out."""
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
        """Send what a fragment was found to be."""
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
                log.warning("lights of %s at %s: %s", self.lights.stage, self.lights.host, error)
            self._failed = True
        else:
            self._failed = False


def desks_of(venue: Venue, stage: str | None = None) -> dict[str, list[LightingDesk]]:
    """Desks by stage, of all stages or of one."""
    found: dict[str, list[LightingDesk]] = {}
    for lights in venue.lights:
        if stage in (None, lights.stage):
            found.setdefault(lights.stage, []).append(LightingDesk(lights))
    return found


def live(desks: Sequence[LightingDesk], rate: int) -> Callable[[bytes], None]:
    """Takes sound in as it comes, 16-bit mono, in pieces of any size, and shows it on each desk at its own pace."""
    each = [(desk, ShowFrameStream(rate, desk.lights.frames_per_second)) for desk in desks]
    rest = bytearray()

    def hear(piece: bytes) -> None:
        rest.extend(piece)
        whole = len(rest) // 2 * 2
        samples = np.frombuffer(bytes(rest[:whole]), "<i2").astype(np.float32) / np.float32(32_768)
        del rest[:whole]
        for desk, frames in each:
            for frame in frames.feed(samples):
                desk.show_frame(frame)

    return hear
