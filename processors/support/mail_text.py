"""What a customer wrote, without quotes, signatures and markup."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from mailparser_reply import EmailReplyParser

MARKUP, LONGEST, TITLE = 50_000, 4_000, 300
"""Characters that are looked at: of markup, of a body, of a subject. What a mail is about stands at its beginning, and
the expressions that find quotes take a time that grows with the square of a line."""

LINE = 400
"""characters of the longest line that is given to them"""

_SENTENCES, _SENTENCE, _SHORTEST = 12, 400, 12
"""sentences that are looked at one by one, and characters in the longest and the shortest of them"""

_TELLING = 20
"""characters of a subject that, found again in the body, was made of it"""

_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_MARKUP = re.compile(r"<(html|body|div|p|br|table|span)\b[^<>]{0,500}>", re.IGNORECASE)
_PREFIX = re.compile(r"^\s*((re|rv|fwd?|aw|wg|tr|antw)\s*(\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_FORWARD = re.compile(r"^\s*(?:fwd?|rv|wg|tr)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
"""a subject whose mail hands on what somebody else asked"""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\u200b-\u200f\ufeff]+")
_FRAME = re.compile(
    r"^\s*(?:-{3,}[^\n]{0,60}-{3,}|(?:from|de|date|fecha|subject|asunto|to|para|sent|enviado(?: el)?|cc)\s*:[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
"""lines that a mail program puts around what is forwarded"""

_parser = EmailReplyParser(languages=["en", "es"])


def customer_text(subject: str, text: str) -> str:
    """Subject and the newest part of the body; all of the body where nothing is left of it, or a mail is forwarded.

    >>> customer_text("RE: Fwd: Bus", "Where can I park?\\n\\nOn Mon, 1 Jun 2026 at 10:00, Ana <a@b.org> wrote:\\n> Hi")
    'Bus. Where can I park?'
    >>> customer_text("", "<html><body><p>Hola</p><p>¿Hay sitio?</p></body></html>")
    'Hola ¿Hay sitio?'
    >>> customer_text("Fwd: Bus", "---------- Forwarded message ---------\\nFrom: Ana <a@b.c>\\n\\nIs there a bus?")
    'Bus. Is there a bus?'
    >>> customer_text("Fwd: Bus", "FYI\\n\\n-----Original Message-----\\nFrom: Ana <a@b.c>\\n\\nIs there a bus?")
    'Bus. FYI Is there a bus?'
    """
    body = _tidy(plain(text[:MARKUP]))
    replies = _parser.read(body).replies if body else []
    newest = _FRAME.sub("", replies[0].body).strip() if replies and not _FORWARD.match(subject) else ""
    if not any(letter.isalnum() for letter in newest.replace(">", "")):
        newest = _FRAME.sub("", body)
    title = _CONTROL.sub(" ", _PREFIX.sub("", subject[:TITLE])).strip()
    words = " ".join(newest.replace("\n>", "\n").lstrip("> ").split())
    repeated = words.lower().startswith(title.lower())
    if not title or repeated or (len(title) > _TELLING and title.rstrip(".…").lower() in words.lower()):
        return words
    if not words:
        return title
    return f"{title}{'' if title[-1] in '.?!' else '.'} {words}".strip()


def _tidy(text: str) -> str:
    """At most `LONGEST` characters in lines of at most `LINE`, never more than one empty line together."""
    lines: list[str] = []
    for line in _CONTROL.sub(" ", text[: 4 * LONGEST]).splitlines():
        line = " ".join(line.split())  # noqa: PLW2901 - the same line, tidied
        if line or (lines and lines[-1]):
            lines += [line[at : at + LINE] for at in range(0, len(line), LINE)] or [""]
    return "\n".join(lines)[:LONGEST].strip()


def without_addresses(text: str) -> str:
    """Text less links, mail addresses and @names, which say nothing of its language or meaning.

    >>> without_addresses("@desk see https://example.org/a, then write to ana@example.org please")
    'see then write to please'
    """
    return " ".join(word for word in text.split() if "@" not in word and "://" not in word)


def split_sentences(text: str) -> list[str]:
    """The first sentences of a text that say something.

    >>> split_sentences("Hola. Una chica se ha desmayado. ¿Podéis venir? Gracias")
    ['Una chica se ha desmayado.', '¿Podéis venir?']
    """
    found = (part.strip() for part in _END.split(text[:LONGEST]))
    return [part[:_SENTENCE] for part in found if len(part) >= _SHORTEST][:_SENTENCES]


def plain(text: str) -> str:
    """Text without HTML; anything that is no HTML stays as it is."""
    if not _MARKUP.search(text):
        return text
    soup = BeautifulSoup(text, "html.parser")
    for part in soup(["script", "style", "head", "blockquote"]):
        part.decompose()
    for quote in soup.find_all(class_=["gmail_quote", "yahoo_quoted", "moz-cite-prefix"]):
        quote.decompose()
    return soup.get_text("\n")
