"""Images and sound that are rendered once and sent in a loop, so that the soak's own memory stays constant."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import soundfile

from bench.soak.soak_load import FRAGMENT_EVERY, FRAMES_PER_SECOND, SCENES
from schemas.ids import ZoneId
from simulation.crowd_images import render
from simulation.evening import (
    BAR_SQUARE,
    BARS_ZONE,
    FOREST_STAGE,
    FRONT_LEFT,
    FRONT_ZONE,
    GATE_EAST,
    GATE_ZONE,
    MAIN_STAGE,
    Evening,
    clock,
)
from simulation.instruments import RATE, Sound
from simulation.stage_music import fragment

PICTURES_PER_SCENE = 12
"""Number of images of each scene, half a second apart; shown forwards and backwards, so that motion is continuous."""
SONG_SECONDS = 120.0
"""Seconds of music that are looped seamlessly, because overlapping fragments must agree."""
WINDOW_SECONDS = 30.0

_CAMERA = {FRONT_ZONE: FRONT_LEFT, GATE_ZONE: GATE_EAST, BARS_ZONE: BAR_SQUARE}
_CALM = {FRONT_ZONE: "20:00", GATE_ZONE: "20:30", BARS_ZONE: "21:10"}
_FULL = {FRONT_ZONE: "23:45", GATE_ZONE: "22:52", BARS_ZONE: "23:01"}


@dataclass(frozen=True, slots=True)
class SoakMedia:
    """Media sent by cameras and microphones.

    Attributes:
        calm, full: JPEG images by scene; `covered` is the image of a covered camera.
        songs: FLAC windows of 30 seconds, five seconds apart, by style; `silence` is a window of mains hum.
    """

    calm: dict[ZoneId, list[bytes]]
    full: dict[ZoneId, list[bytes]]
    covered: bytes
    songs: list[list[bytes]]
    silence: bytes


def render_media(
    evening: Evening | None = None, pictures: int = PICTURES_PER_SCENE, song: float = SONG_SECONDS
) -> SoakMedia:
    """Render and synthesise all media, about 50 MB in half a minute."""
    evening = evening or Evening()
    return SoakMedia(
        calm={scene: _loop(evening, scene, _CALM[scene], pictures) for scene in SCENES},
        full={scene: _loop(evening, scene, _FULL[scene], pictures) for scene in SCENES},
        covered=render(evening, BAR_SQUARE, BARS_ZONE, clock("20:40")).jpeg(),
        songs=[windows(fragment(evening, MAIN_STAGE, clock(time), song)) for time in ("20:30", "22:00")],
        silence=_flac(fragment(evening, FOREST_STAGE, clock("20:50"), WINDOW_SECONDS)),
    )


def _loop(evening: Evening, scene: ZoneId, time: str, pictures: int) -> list[bytes]:
    times = [clock(time) + number / FRAMES_PER_SECOND for number in range(pictures)]
    forwards = [render(evening, _CAMERA[scene], scene, at).jpeg() for at in times]
    return forwards + forwards[-2:0:-1]


def windows(song: Sound) -> list[bytes]:
    """Return FLAC windows of 30 seconds, five seconds apart, through the looped song."""
    step, length = int(FRAGMENT_EVERY * RATE), int(WINDOW_SECONDS * RATE)
    looped = np.concatenate([song, song[:length]])
    return [_flac(looped[begin : begin + length]) for begin in range(0, len(song) - step + 1, step)]


def _flac(sound: Sound) -> bytes:
    """Encode a sound as a microphone source does."""
    file = io.BytesIO()
    soundfile.write(file, sound, RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()
