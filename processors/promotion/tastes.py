"""Genres that choices distinguish: those of the programme, declared by attendees; never age, sex or origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from schemas.programme import PROGRAMME
from schemas.promotion import NO_TASTE
from schemas.venue import Venue

MAX_TASTES = 30
"""Genres that are distinguished, those of the most acts."""


def tastes_of(venue: Venue) -> tuple[str, ...]:
    """Return the genres of the programme's acts, those of the most acts first."""
    named = Counter(genre for act in venue.section(PROGRAMME).acts for genre in act.genres if genre)
    return tuple(genre for genre, _ in sorted(named.items(), key=lambda one: (-one[1], one[0]))[:MAX_TASTES])


def taste_among(declared: Iterable[str], tastes: Sequence[str]) -> str:
    """Return the first declared genre that is distinguished; `NO_TASTE` without one.

    >>> taste_among(["polka", "rock", "pop"], ["pop", "rock"])
    'rock'
    """
    return next((genre for genre in declared if genre in tastes), NO_TASTE)
