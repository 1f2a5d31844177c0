"""What a mail names: orders, amounts, days, times, how many, and where; in the sender's own words."""

from __future__ import annotations

import re
from typing import Final

LONGEST, MOST = 4_000, 5
"""characters that are read, and values of each kind that are kept"""

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

# Lengths are bounded everywhere: a mail may be made to keep a regular expression busy for minutes.
_KINDS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
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
    """Values by kind, each once, in their order; kinds of which nothing is said are left out.

    >>> extract_facts("Pedido FE-20931: pagué 45,50 € por 2 entradas, estoy en la puerta 4")
    {'order': ('FE-20931',), 'amount': ('45,50 €',), 'quantity': ('2 entradas',), 'place': ('puerta 4',)}
    >>> extract_facts("My order number is 48291, the gate opens at 17:30")
    {'order': ('48291',), 'time': ('17:30',)}
    """
    found: dict[str, dict[str, None]] = {}
    for kind, pattern in _KINDS:
        for match in pattern.finditer(text[:LONGEST]):
            value = next(group for group in match.groups() if group)
            found.setdefault(kind, {}).setdefault(value.strip())
    return {kind: tuple(list(values)[:MOST]) for kind, values in found.items()}
