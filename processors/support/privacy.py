"""Masks what identifies a person, in every text that leaves the support worker."""

from __future__ import annotations

import re

_MASKS = (
    (re.compile(r"[\w.+'-]+\s?@\s?[\w-]+(\.[\w-]+)*"), "[mail]"),
    (re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE), "[link]"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b"), "[iban]"),
    (re.compile(r"\b(?:\d[ -]?){13,19}\b"), "[card]"),
    (re.compile(r"\b(?:\d{8}|[XYZxyz]\d{7})[ -]?[A-Za-z]\b"), "[id]"),
    (re.compile(r"(?<![\w-])(?:\+|00)?\d(?:[\d .()/-]{6,16})\d\b"), "[phone]"),
)

_NAME = re.compile(
    r"\b((?:[Mm]e llamo|[Mm]i nombre es|[Ss]oy|[Mm]y name is|I am|I'm|[Aa]tentamente,?|[Ss]aludos,?|[Rr]egards,?))\s+"
    r"[A-ZÁÉÍÓÚÑ][\wáéíóúñ'-]+(?:\s+[A-ZÁÉÍÓÚÑ][\wáéíóúñ'-]+){0,3}"
)


def masked(text: str) -> str:
    """`text` with mail addresses, links, accounts, cards, papers, telephones and stated names replaced.

    >>> masked("Soy Ana Gil, ana.gil@correo.es, +34 612 34 56 78, tarjeta 4111 1111 1111 1111")
    'Soy [name], [mail], [phone], tarjeta [card]'
    """
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return _NAME.sub(r"\1 [name]", text)
