"""Records of the feature, and their topics."""

from __future__ import annotations

from msgspec import Struct

from schemas.fields import Identifier, Instant
from schemas.topic import Topic


class Reading(Struct, frozen=True, kw_only=True):
    """Sound level of one microphone."""

    place: Identifier
    time: Instant
    decibels: float


class Level(Struct, frozen=True, kw_only=True):
    """Smoothed sound level of one place."""

    event_id: Identifier
    place: Identifier
    time: Instant
    decibels: float


READINGS = Topic("noise.readings", "place", Reading, "example.noise.reading.v1", "Sound level of one microphone.")
LEVELS = Topic("noise.levels", "place", Level, "example.noise.level.v1", "Smoothed sound level of one place.")
