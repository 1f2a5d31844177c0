"""The word for a fragment: the likeliest label, or none where the models are not sure enough."""

from __future__ import annotations

from collections.abc import Mapping

UNSURE = "unsure"
"""mood of music whose likeliest mood is below the limit"""

UNKNOWN = "unknown"
"""mood and genre where no music is heard, and genre below the limit"""


def mood_label(probabilities: Mapping[str, float], limit: float) -> str:
    """The likeliest mood; "unsure" below the limit, "unknown" where nothing was heard.

    >>> mood_label({"happy": 0.5, "sad": 0.3, "angry": 0.2}, 0.45)
    'happy'
    >>> mood_label({"happy": 0.4, "sad": 0.3, "angry": 0.3}, 0.45), mood_label({"happy": 0.0, "sad": 0.0}, 0.45)
    ('unsure', 'unknown')
    """
    return _likeliest(probabilities, limit, UNSURE)


def genre_label(probabilities: Mapping[str, float], limit: float) -> str:
    """The likeliest genre; "unknown" below the limit and where nothing was heard.

    >>> genre_label({"rock": 0.4, "pop": 0.35, "electronic": 0.25}, 0.45)
    'unknown'
    """
    return _likeliest(probabilities, limit, UNKNOWN)


def _likeliest(probabilities: Mapping[str, float], limit: float, otherwise: str) -> str:
    if not any(probabilities.values()):
        return UNKNOWN
    # Of equals the first by name.
    best = min(probabilities, key=lambda name: (-probabilities[name], name))
    return best if probabilities[best] >= limit else otherwise
