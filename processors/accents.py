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


def comparable_name(name: str) -> str:
    """Return a name without case, accents and punctuation, so that exports of other services find it.

    >>> comparable_name("  Björk & the Rúa! "), comparable_name("¡Ojos de Brujo!")
    ('bjork and the rua', 'ojos de brujo')
    """
    kept = without_accents(name.casefold().replace("&", " and "))
    plain = "".join(one if one.isalnum() else " " for one in kept)
    return " ".join(plain.split()) or name.strip()
