"""Companion: live state that the attendees' page polls."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from schemas.fields import Instant
from schemas.ids import PlaceId, QueueId, ZoneId
from schemas.programme import ProgrammeSet

Crowding = Literal["quiet", "lively", "busy", "full"]
"""Crowding in words: numbers of people stay with those who are in charge of them."""


class ZoneCrowding(Struct, frozen=True, kw_only=True):
    """Crowding of a zone; None where no camera sees it now."""

    id: ZoneId
    title: str
    crowding: Crowding | None


class QueueState(Struct, frozen=True, kw_only=True):
    """People in a queue, rounded, and the waiting time in minutes with its 90 % interval; None where not known."""

    id: QueueId
    title: str
    place: str
    persons: int | None = None
    wait: int | None = None
    low: int | None = None
    high: int | None = None


class SetChange(Struct, frozen=True, kw_only=True):
    """A moved or cancelled set; `at` is Kafka's time of the change in Unix milliseconds."""

    set: ProgrammeSet
    at: int


class CompanionState(Struct, frozen=True, kw_only=True):
    """State that the page polls.

    Attributes:
        programme: text that changes with the programme.
        changes: the latest first.
        closed, crowded: both ends of paths, sorted.
        time: the evening's time in the open demo; None elsewhere.
    """

    programme: str
    zones: tuple[ZoneCrowding, ...]
    queues: tuple[QueueState, ...]
    changes: tuple[SetChange, ...]
    closed: tuple[tuple[PlaceId, PlaceId], ...]
    crowded: tuple[tuple[PlaceId, PlaceId], ...]
    time: Instant | None = None
