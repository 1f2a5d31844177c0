"""Short form of a question, by which a cluster of mails is called."""

from __future__ import annotations

import re
from typing import Final

from processors.support.cluster import LABEL_CHARACTERS

_GREETING: Final = re.compile(
    r"""^(?:
        (?:hola|hey|hi|hello|dear|estimad[oa]s?|apreciad[oa]s?|querid[oa]s?|buen[oa]s?)
        (?:\s+(?:a\s+tod[oa]s|tod[oa]s|equipo|amig[oa]s|d[ií]as?|tardes|noches|there|all|team|everyone|everybody
            |sirs?|madam|se[ñn]or(?:es|as|a)?|guys|folks))*
        |good\s+(?:morning|afternoon|evening|day)
        |(?:muchas\s+)?gracias(?:\s+de\s+antemano|\s+por\s+todo)?
        |(?:many\s+)?thanks(?:\s+in\s+advance)?|thank\s+you(?:\s+in\s+advance)?
        |por\s+favor|please|perd[oó]n(?:ad|en)?|disculp(?:ad|en|e|a)|sorry|excuse\s+me
        |(?:os|le|les)\s+escribo\s+(?:para|porque)|(?:i\s+am|i'm|i’m)\s+writing\s+(?:to|because)
        |una\s+(?:pregunta|duda|consulta)|(?:a\s+|just\s+a\s+)?(?:quick\s+)?question
        |(?:quer[ií]a|quisiera|me\s+gustar[ií]a|necesito|necesitar[ií]a)\s+(?:saber|preguntar(?:os|les|le)?)
        |i(?:\s+would|'d|’d)?\s+(?:like|want|wanted|need)\s+to\s+(?:know|ask)
        |(?:can|could)\s+you\s+(?:please\s+)?tell\s+me|(?:me\s+)?(?:pod[eé]is|pueden|podr[ií]ais|podr[ií]an)\s+decir(?:me)?
        )(?![\w'’-])[\s,.!:;¡…-]*""",
    re.IGNORECASE | re.VERBOSE,
)
_CLOSING: Final = re.compile(
    r"[\s,;.!-]+(?:(?:muchas\s+)?gracias|thanks|thank\s+you|please|por\s+favor|un\s+saludo|saludos|regards)"
    r"(?:\s+(?:de\s+antemano|in\s+advance))?[\s.!]*(?=\?*$)",
    re.IGNORECASE,
)
_MAX_GREETINGS = 4
_MAX_READ_CHARACTERS = 400


def short_question(text: str) -> str:
    """Return a text without greeting and politeness, with at most `LABEL_CHARACTERS` characters of whole words.

    >>> short_question("Hola, buenas tardes! Quería saber si puedo llevar mi propia agua, gracias")
    'Si puedo llevar mi propia agua'
    >>> short_question("Hi there, could you tell me where the car park is?")
    'Where the car park is?'
    >>> short_question("Gracias")
    'Gracias'
    """
    words = " ".join(text[:_MAX_READ_CHARACTERS].split())
    for _ in range(_MAX_GREETINGS):
        shorter = _GREETING.sub("", words.lstrip("¡ ")) if not words.startswith("¿") else _without_opening(words)
        if shorter == words or not any(letter.isalnum() for letter in shorter):
            break
        words = shorter
    words = _CLOSING.sub("", words) or words
    start = 1 if words.startswith("¿") else 0
    words = words[:start] + words[start : start + 1].upper() + words[start + 1 :]
    if len(words) <= LABEL_CHARACTERS:
        return words
    cut = words[: LABEL_CHARACTERS - 1]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut else cut}".rstrip(" ,;:.-") + "…"


def _without_opening(words: str) -> str:
    """Return a Spanish question without a polite opening; its first mark stays."""
    shorter = _GREETING.sub("", words.lstrip("¿ "))
    return words if shorter == words.lstrip("¿ ") else f"¿{shorter}"
