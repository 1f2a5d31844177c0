"""Extraction of what a customer wrote from a mail: without quotes, signatures and markup."""

# ruff: noqa: E501 - lists of phrases are easier to read and extend in long lines

from __future__ import annotations

import re

from processors.support.html_text import html_to_text
from processors.support.quoted_history import without_history
from processors.support.signature import without_signature
from processors.support.urgency import names_any_danger
from processors.support.words import fold_text

MAX_MARKUP, MAX_BODY, MAX_SUBJECT = 50_000, 4_000, 300
"""Characters that are read of a body with its markup and quotes, of what the customer wrote, and of a subject."""

MAX_LINE = 400
"""Characters of a line; the expressions that find quotes take time quadratic in the length of a line."""

_MAX_SENTENCES, _MAX_SENTENCE, _MIN_SENTENCE = 12, 400, 12
"""Sentences that are analyzed one by one, and characters of the longest and the shortest of them."""

_MAX_DANGEROUS_SENTENCES = 6
"""Sentences that name a danger and are analyzed beyond those: a call for help may be at the end of a long mail."""

_MIN_REPEATED_SUBJECT = 20
"""Characters from which a subject that occurs in the body is taken for a copy of it."""

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_REPLY_PREFIX = re.compile(r"^\s*((re|ri?f|rv|fwd?|aw|wg|tr|antw|sv|er)\s*(\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_ANSWER_PREFIX = re.compile(r"^\s*(?:re|ri?f|aw|sv|antw|er)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_FORWARD_PREFIX = re.compile(r"^\s*(?:fwd?|rv|wg|tr)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
"""Subject of a mail that forwards what somebody else asked."""

MAX_SETTLED_WORDS = 30
"""Words of a reply that may do no more than say that all is well."""

# Both match folded text.
_SETTLED = re.compile(
    r"\b(?:resuelt[oa]s?|solucionad[oa]s?|todo (?:esta )?(?:bien|en orden|ok)|(?:ya )?esta (?:todo )?(?:mejor|bien|a salvo)|falsa alarma|"
    r"ya (?:ha|han) (?:aparecido|llegado)|ya (?:aparecio|aparecieron|(?:lo|la|los|las) (?:hemos encontrado|encontramos|tenemos|atendieron))|"
    r"resolved|solved|sorted|all (?:good|fine|well|ok)|(?:is|are) (?:fine|ok|okay|safe|better) now|false alarm|(?:we )?found (?:him|her|them)|"
    r"solucionat|resolt|tot be\b|resolvid[oa]|tudo bem|ja esta tudo|regle|tout va bien|risolto|tutto (?:bene|a posto|ok)|"
    r"erledigt|geklart|alles (?:gut|in ordnung))\b"
)
_NOT_SETTLED = re.compile(
    r"\?|\b(?:no|not|nao|pas|non|nicht|sin|aun|todavia|sigue\w*|still|yet|ainda|encara|toujours|ancora|noch|otra vez|de nuevo|again|"
    r"peor|worse|pero|but|vuelve|volvi\w*|mas|outr[oa]|otr[oa]|another|isn't|aren't|wasn't)\b"
)

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\u200b-\u200f\ufeff]+")
_FORWARD_HEADER = re.compile(
    r"^\s*(?:-{3,}[^\n]{0,60}-{3,}|(?:from|de|date|fecha|subject|asunto|to|para|sent|enviado(?: el)?|cc)\s*:[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
"""Lines that a mail program puts around what is forwarded."""


def customer_text(subject: str, text: str) -> str:
    r"""Return the subject and the newest part of the body.

    All of the body is returned for a forwarded mail, and if nothing else is left. The subject is left out if the body
    repeats it, and of a reply that says no more than that all is well.

    >>> customer_text("RE: Fwd: Bus", "Where can I park?\n\nOn Mon, 1 Jun 2026 at 10:00, Ana <a@b.org> wrote:\n> Hi")
    'Bus. Where can I park?'
    >>> customer_text("", "<html><body><p>Hola</p><p>¿Hay sitio?</p></body></html>")
    'Hola ¿Hay sitio?'
    >>> customer_text("Fwd: Bus", "---------- Forwarded message ---------\nFrom: Ana <a@b.c>\n\nIs there a bus?")
    'Bus. Is there a bus?'
    >>> customer_text("Fwd: Bus", "FYI\n\n-----Original Message-----\nFrom: Ana <a@b.c>\n\nIs there a bus?")
    'Bus. FYI Is there a bus?'
    """
    body = _normalise_lines(html_to_text(text[:MAX_MARKUP]))
    is_answer = _ANSWER_PREFIX.match(subject) is not None
    newest = body if _FORWARD_PREFIX.match(subject) else without_signature(without_history(body, is_answer=is_answer))
    newest = _without_headers(newest)
    if not any(letter.isalnum() for letter in newest):
        newest = _without_headers(body)
    if not any(letter.isalnum() for letter in newest):
        newest = body
    newest = newest.strip()[:MAX_BODY]
    title = _CONTROL.sub(" ", _REPLY_PREFIX.sub("", subject[:MAX_SUBJECT])).strip()
    words = " ".join(newest.replace("\n>", "\n").lstrip("> ").split())
    if is_answer and _says_all_is_well(words):
        return words
    repeated = words.lower().startswith(title.lower())
    if not title or repeated or (len(title) > _MIN_REPEATED_SUBJECT and title.rstrip(".…").lower() in words.lower()):
        return words
    if not words:
        return title
    return f"{title}{'' if title[-1] in '.?!' else '.'} {words}".strip()


def _without_headers(text: str) -> str:
    """Return a text without lines of headers; those that name a danger are what somebody wrote."""
    return _FORWARD_HEADER.sub(lambda line: line[0] if names_any_danger(line[0]) else "", text)


def _says_all_is_well(words: str) -> bool:
    """Return whether a reply says no more than that all is well: the subject that it answers is history."""
    folded = fold_text(words).replace("’", "'")
    settled = len(folded.split()) <= MAX_SETTLED_WORDS and _SETTLED.search(folded) is not None
    return settled and _NOT_SETTLED.search(folded) is None and not names_any_danger(words)


def _normalise_lines(text: str) -> str:
    """Return the lines, each of at most `MAX_LINE` characters, with at most one empty line in a row."""
    lines: list[str] = []
    for line in _CONTROL.sub(" ", text).splitlines():
        line = " ".join(line.split())  # noqa: PLW2901 - the same line, normalised
        if line or (lines and lines[-1]):
            lines += [line[start : start + MAX_LINE] for start in range(0, len(line), MAX_LINE)] or [""]
    return "\n".join(lines).strip()


def without_addresses(text: str) -> str:
    """Remove links, mail addresses and @names, which carry neither language nor meaning.

    >>> without_addresses("@desk see https://example.org/a, then write to ana@example.org please")
    'see then write to please'
    """
    return " ".join(word for word in text.split() if "@" not in word and "://" not in word)


def split_sentences(text: str) -> list[str]:
    """Return the first 12 sentences of at least 12 characters, each cut to 400, and later ones that name a danger.

    >>> split_sentences("Hola. Una chica se ha desmayado. ¿Podéis venir? Gracias")
    ['Una chica se ha desmayado.', '¿Podéis venir?']
    """
    sentences = (part.strip() for part in _SENTENCE_END.split(text[:MAX_BODY]))
    kept = [part[:_MAX_SENTENCE] for part in sentences if len(part) >= _MIN_SENTENCE]
    dangerous = [part for part in kept[_MAX_SENTENCES:] if names_any_danger(part)]
    return kept[:_MAX_SENTENCES] + dangerous[:_MAX_DANGEROUS_SENTENCES]
