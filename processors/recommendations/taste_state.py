"""State of one attendee's taste, changed by events; bounded, and empty again after `forget`."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct, field

from processors.recommendations.act_recommender import MAX_PLAYED_ARTISTS, Taste
from processors.recommendations.retention import FORGOTTEN_IDLE, TASTE_IDLE
from schemas.ids import ActId
from schemas.recommendations import TasteEvent

MAX_LIKES, MAX_GENRES = 300, 30
"""Likes and dislikes, and genres, that are kept; the oldest go first."""


class TasteState(Struct, kw_only=True):
    """Row of one attendee.

    Attributes:
        offset: last record that it includes.
        changed: time of that record.
    """

    offset: int | None = None
    changed: datetime | None = None
    taste: Taste = field(default_factory=Taste)


def keep_taste(state: TasteState) -> timedelta:
    """Return how long a taste is kept after its last change."""
    return FORGOTTEN_IDLE if state.taste == Taste() else TASTE_IDLE


def apply(state: TasteState, event: TasteEvent, offset: int) -> bool:
    """Apply an event; return False for one that the state includes already."""
    if state.offset is not None and offset <= state.offset:
        return False
    state.offset, state.changed = offset, event.time
    taste = state.taste
    match event.kind:
        case "forget":
            state.taste = Taste()
        case "like" | "dislike" | "undo":
            _remove(taste, ActId(event.value))
            if event.kind != "undo":
                chosen = taste.liked if event.kind == "like" else taste.disliked
                chosen.append(ActId(event.value))
                del chosen[:-MAX_LIKES]
        case "genre":
            taste.genres = [*(one for one in taste.genres if one != event.value), event.value][-MAX_GENRES:]
        case "play":
            taste.played[event.value] = taste.played.get(event.value, 0.0) + event.plays
            if len(taste.played) > MAX_PLAYED_ARTISTS:
                del taste.played[min(taste.played, key=lambda name: taste.played[name])]
    return True


def _remove(taste: Taste, act: ActId) -> None:
    for acts in (taste.liked, taste.disliked):
        if act in acts:
            acts.remove(act)
