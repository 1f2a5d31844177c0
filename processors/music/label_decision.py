"""Label decision: the most probable label, or none where the models are not confident enough."""

from __future__ import annotations

from collections.abc import Mapping

UNSURE = "unsure"
"""Mood of music whose most probable mood is below the limit."""

UNKNOWN = "unknown"
"""Mood and genre where there is no music, and genre below the limit."""


def mood_label(probabilities: Mapping[str, float], limit: float) -> str:
    """Return the most probable mood; "unsure" below the limit, "unknown" where there is no music.

    >>> mood_label({"happy": 0.5, "sad": 0.3, "angry": 0.2}, 0.45)
    'happy'
    >>> mood_label({"happy": 0.4, "sad": 0.3, "angry": 0.3}, 0.45), mood_label({"happy": 0.0, "sad": 0.0}, 0.45)
    ('unsure', 'unknown')
    """
    return _likeliest(probabilities, limit, UNSURE)


def genre_label(probabilities: Mapping[str, float], limit: float) -> str:
    """Return the most probable genre; "unknown" below the limit and where there is no music.

    >>> genre_label({"rock": 0.4, "pop": 0.35, "electronic": 0.25}, 0.45)
    'unknown'
    """
    return _likeliest(probabilities, limit, UNKNOWN)


def _likeliest(probabilities: Mapping[str, float], limit: float, otherwise: str) -> str:
    """Return the most probable label, or `otherwise` below the limit."""
    if not any(probabilities.values()):
        return UNKNOWN
    # Ties are resolved by name.
    best = min(probabilities, key=lambda name: (-probabilities[name], name))
    return best if probabilities[best] >= limit else otherwise
