"""Extraction of facts from a mail by regular expressions: order, amount, date, time, quantity and place."""

from __future__ import annotations

import re
from typing import Final

MAX_CHARACTERS, MAX_VALUES = 4_000, 5
"""Characters that are read, and values of each kind that are returned."""

_DAYS = (
    r"lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|hoy|esta noche|today|tonight"
)
_MONTHS = (
    r"enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|"
    r"january|february|march|april|may|june|july|august|september|october|november|december"
)
_NUMBERS = (
    r"\d{1,3}|un|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|"
    r"one|two|three|four|five|six|seven|eight|nine|ten"
)

# Every repetition is bounded: a mail may be written to keep a regular expression busy for minutes.
_PATTERNS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "order",
        re.compile(
            r"\b(?:pedidos?|orders?|localizador|bookings?|reservas?|referencia|reference|ref|compra|purchase|invoice|"
            r"factura)\b[\s:.#nNº°]{0,6}(?:(?:es|is|number|n[uú]mero|no|n[ºo°]|el|the)\b[\s:.#]{0,4}){0,3}"
            r"((?=[A-Za-z-]{0,6}\d)[A-Za-z0-9][A-Za-z0-9-]{3,30})",
            re.IGNORECASE,
        ),
    ),
    ("order", re.compile(r"(?<![\w-])([A-Z]{2,5}-?\d{4,20})(?![\w-])|(?<!\w)#(\d{4,20})\b")),
    (
        "amount",
        re.compile(
            r"(?<![\w.,])((?:[€£$]\s?\d{1,6}(?:[.,]\d{1,2})?)|"
            r"(?:\d{1,6}(?:[.,]\d{1,2})?\s?(?:€|£|\$|eur(?:os?)?\b|pounds?\b|quid\b|dollars?\b)))",
            re.IGNORECASE,
        ),
    ),
    (
        "date",
        re.compile(
            rf"\b(\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}|\d{{1,2}}/\d{{1,2}}|"
            rf"\d{{1,2}} (?:de )?(?:{_MONTHS})|(?:{_MONTHS}) \d{{1,2}}|{_DAYS})\b",
            re.IGNORECASE,
        ),
    ),
    (
        "time",
        re.compile(r"\b((?:[01]?\d|2[0-3]):[0-5]\d(?:\s?[ap]m)?|(?:[01]?\d)\s?[ap]m|(?:[01]?\d|2[0-3])\s?h)\b", re.I),
    ),
    (
        "quantity",
        re.compile(
            rf"\b((?:{_NUMBERS}) "
            r"(?:entradas?|abonos?|tickets?|pases?|passes|pulseras?|wristbands?|personas?|people))\b",
            re.IGNORECASE,
        ),
    ),
    (
        "place",
        re.compile(
            r"\b((?:zona|puerta|barra|escenario|carpa|parcela|fila|grada|sector|pista)\s(?:de\s)?(?:(?-i:[A-Z])\b|\d{1,4}\b|"
            r"norte|sur|este|oeste|principal|central|vip)|"
            r"(?:zone|gate|bar|stage|tent|pitch|row|area|section)\s(?:(?-i:[A-Z])\b|\d{1,4}\b)|"
            r"(?:north|south|east|west|main)\s(?:gate|stage|entrance|bar)|P\d)\b",
            re.IGNORECASE,
        ),
    ),
)


def extract_facts(text: str) -> dict[str, tuple[str, ...]]:
    """Return the values of each kind of fact in the sender's words, each once, in their order.

    Kinds that do not occur are left out.

    >>> extract_facts("Pedido FE-20931: pagué 45,50 € por 2 entradas, estoy en la puerta 4")
    {'order': ('FE-20931',), 'amount': ('45,50 €',), 'quantity': ('2 entradas',), 'place': ('puerta 4',)}
    >>> extract_facts("My order number is 48291, the gate opens at 17:30")
    {'order': ('48291',), 'time': ('17:30',)}
    """
    values_by_kind: dict[str, dict[str, None]] = {}
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text[:MAX_CHARACTERS]):
            value = next(group for group in match.groups() if group)
            values_by_kind.setdefault(kind, {}).setdefault(value.strip())
    return {kind: tuple(list(values)[:MAX_VALUES]) for kind, values in values_by_kind.items()}
