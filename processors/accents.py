"""Letters without their accents."""

from __future__ import annotations

import unicodedata


def without_accents(text: str) -> str:
    """Return a text without accents and other marks, and with plain letters for their variants (Unicode NFKD).

    >>> without_accents("Ñandú, ﬁn del año")
    'Nandu, fin del ano'
    """
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
