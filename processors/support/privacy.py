"""Masking of personal data by regular expressions, in every text that leaves the support worker."""

from __future__ import annotations

import re

# Every repetition is bounded: a mail may be written to keep a regular expression busy for minutes.
_MASKS = (
    (re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}\s?@\s?[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}"), "[mail]"),
    (re.compile(r"\b(?:https?://|www\.)\S{1,2000}", re.IGNORECASE), "[link]"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b"), "[iban]"),
    (re.compile(r"(?<![\w-])(?:\d[ -]?){12,18}\d(?![\w-])"), "[card]"),
    (re.compile(r"\b(?:\d{8}|[XYZxyz]\d{7})[ -]?[A-Za-z]\b"), "[id]"),
)

_TELEPHONE = re.compile(r"(?<![\w+])(?:\+|\(|00)?\d[\d .()-]{6,18}\d(?!\w)")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[.-]\d{1,2}[.-]\d{4}")
_TELEPHONE_DIGITS = range(9, 16)
"""Digits of a telephone number: at most 15 (ITU-T E.164); fewer than nine are years, prices and times."""

_ORDER = re.compile(
    r"(\b(?:pedidos?|orders?|localizador(?:es)?|bookings?|reservas?|referenc(?:ia|e)|ref|confirmation|confirmaci[oó]n|"
    r"tickets?|entradas?|compra|purchase|invoice|factura)\.?\s{0,2}(?:n[uú]m(?:ero)?|number|n[ºo°]|no|id|code|ref|"
    r"c[oó]digo|es|is)?\.?\s{0,2}(?:el|la|the)?\s?[:#]?\s?#?)(?=[\w-]{0,20}\d)[A-Z0-9][A-Za-z0-9-]{3,30}"
    r"|(?<!\w)(#)\d{4,20}\b|\b()[A-Z]{2,5}-?\d{4,20}\b"
)

_NAME = re.compile(
    r"\b((?:[Mm]e llamo|[Mm]i nombre es|[Ss]oy|[Mm]y name is|I am|I'm|[Aa]tentamente,?|[Ss]aludos?,?|[Rr]egards,?))\s+"
    r"[A-ZÁÉÍÓÚÑ][\wáéíóúñ'-]{1,30}(?:\s+[A-ZÁÉÍÓÚÑ][\wáéíóúñ'-]{1,30}){0,3}"
)


def mask_personal_data(text: str) -> str:
    """Replace mail addresses, links, IBANs, cards, identity papers, telephones, orders and stated names by masks.

    >>> mask_personal_data("Soy Ana Gil, ana.gil@correo.es, +34 612 34 56 78, tarjeta 4111 1111 1111 1111")
    'Soy [name], [mail], [phone], tarjeta [card]'
    >>> mask_personal_data("Mi pedido PX12345 del 14-07-2026, order number 48291")
    'Mi pedido [order] del 14-07-2026, order number [order]'
    """
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    text = _TELEPHONE.sub(_mask_telephone, text)
    text = _ORDER.sub(lambda match: f"{match[1] or match[2] or ''}[order]", text)
    return _NAME.sub(r"\1 [name]", text)


def _mask_telephone(match: re.Match[str]) -> str:
    digits = sum(letter.isdigit() for letter in match[0])
    national = digits in _TELEPHONE_DIGITS and not _DATE.match(match[0])
    return "[phone]" if national or (match[0][0] == "+" and digits > 7) else match[0]
