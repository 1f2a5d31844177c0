"""Recommendations: what attendees tell about their taste, and the acts recommended to each; their topics."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.fields import NAMED, Instant, NonNegative
from schemas.ids import ActId, EventId, FestivalId, ListenerId
from schemas.topic import DAY, Topic

ReasonKind = Literal["similar", "others", "genre", "popular", "known"]
"""similar: described like `because`. others: people who play `because` play it too. genre: of a genre that the attendee
named. popular: nothing is known of the attendee's taste. known: of a festival, because the attendee likes or plays
`because`, which is on its line-up."""


class TasteEvent(Struct, frozen=True, kw_only=True):
    """One thing that an attendee told about their taste, under a pseudonym.

    Attributes:
        kind: like, dislike, undo (of a like or dislike), genre, play, forget.
        value: act's id (like, dislike, undo), genre, or artist's name (play); empty for forget.
        plays: number of plays of an artist.
    """

    id: Annotated[EventId, NAMED]
    listener: Annotated[ListenerId, NAMED]
    time: Instant
    kind: Literal["like", "dislike", "undo", "genre", "play", "forget"]
    value: Annotated[str, Meta(max_length=200)] = ""
    plays: NonNegative = 1.0


class RecommendedAct(Struct, frozen=True, kw_only=True):
    """One recommended act.

    Attributes:
        because: name of the act, artist or genre that contributed most; empty for `popular`.
    """

    act: Annotated[ActId, NAMED]
    score: float
    reason: ReasonKind
    because: str = ""


class RecommendedFestival(Struct, frozen=True, kw_only=True):
    """One recommended festival.

    Attributes:
        acts: names on its line-up that contributed most, the first one most.
        reason: reason of the first of them.
        because: name of the act, artist or genre behind it; empty for `popular`.
    """

    festival: Annotated[FestivalId, NAMED]
    score: float
    acts: tuple[str, ...]
    reason: ReasonKind
    because: str = ""


class RecommendationList(Struct, frozen=True, kw_only=True):
    """Acts and other festivals recommended to one attendee, the best first; empty after the attendee was forgotten."""

    event_id: Annotated[EventId, NAMED]
    listener: Annotated[ListenerId, NAMED]
    time: Instant
    acts: tuple[RecommendedAct, ...]
    festivals: tuple[RecommendedFestival, ...] = ()
    model: str = ""


TASTE_EVENTS = Topic(
    "listening.taste",
    "listener",
    TasteEvent,
    "pulso.listening.taste.v1",
    "Likes, dislikes, genres and imported plays of attendees, under pseudonyms.",
    retention_ms=DAY,
    sensitive=True,
)

RECOMMENDATIONS = Topic(
    "recommendations.lists",
    "listener",
    RecommendationList,
    "pulso.recommendations.list.v1",
    "Acts recommended to an attendee, with the reasons.",
    retention_ms=DAY,
    sensitive=True,
)
