"""Words of a text as they are compared: what a word error rate counts."""

from __future__ import annotations

import re
import unicodedata

_OTHER = re.compile(r"[^\w\s']|_")


def spoken_words(text: str) -> str:
    """Return a text in lower case, without punctuation, with single spaces (Unicode NFC); accents and numbers stay.

    >>> spoken_words("¡Buenas noches! Son las 22:30,  «Madrid».")
    'buenas noches son las 22 30 madrid'
    """
    return " ".join(_OTHER.sub(" ", unicodedata.normalize("NFC", text).lower().replace("’", "'")).split())
