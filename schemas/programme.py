"""Programme of the festival: acts and their sets; the topic of sets."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.fields import NAMED, Instant, Probability
from schemas.ids import ActId, PlaceId, SetId
from schemas.topic import Topic

SetStatus = Literal["scheduled", "moved", "cancelled"]


class Act(Struct, frozen=True, kw_only=True):
    """An artist, band or DJ.

    Attributes:
        genres: genres, the main one first.
        moods: moods by which listeners describe the act.
        similar: acts that listeners of this one also like.
        language: ISO 639 code of the language that it sings or speaks; empty where there is none.
        popularity: 0 to 1, relative to the best-known act of the festival.
        accessible_show: services on stage, such as `sign_language` or `audio_description`.
    """

    id: Annotated[ActId, NAMED]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    similar: tuple[ActId, ...] = ()
    language: str = ""
    popularity: Probability = 0.0
    accessible_show: tuple[str, ...] = ()


class ProgrammeSet(Struct, frozen=True, kw_only=True):
    """One performance of an act, or a signing session.

    Attributes:
        day: festival day; a set after midnight belongs to the evening before.
        stage: place of the performance on the map of paths.
        name: name of the act, as printed.
        kind: `concert`, `dj`, `signing`, …
        status: `moved`: stage and times are the new ones; `cancelled`: nobody performs.
        previous_stage: printed stage of a moved set.
        previous_begin: printed begin of a moved set.
    """

    id: Annotated[SetId, NAMED]
    day: date
    begin: Instant
    end: Instant
    stage: Annotated[PlaceId, NAMED]
    act: Annotated[ActId, NAMED]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    kind: Annotated[str, Meta(min_length=1, max_length=40)] = "concert"
    status: SetStatus = "scheduled"
    previous_stage: Annotated[PlaceId, NAMED] | None = None
    previous_begin: Instant | None = None

    @property
    def is_performance(self) -> bool:
        """Return True if the act can be seen: the set is not cancelled, and not a signing session."""
        return self.status != "cancelled" and self.kind != "signing"


PROGRAMME_SETS = Topic(
    "programme.sets",
    "set",
    ProgrammeSet,
    "pulso.programme.set.v1",
    "The last state of each set of the programme.",
    compacted=True,
)
