"""What a customer wrote, without quotes, signatures and markup."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from mailparser_reply import EmailReplyParser

LONGEST = 20_000
"""characters that are looked at; a mail is no book"""

_SENTENCES, _SENTENCE, _SHORTEST = 12, 400, 12
"""sentences that are looked at one by one, and characters in the longest and the shortest of them"""

_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_MARKUP = re.compile(r"<(html|body|div|p|br|table|span)\b[^>]*>", re.IGNORECASE)
_PREFIX = re.compile(r"^\s*((re|rv|fwd?|aw|wg|tr|antw)\s*(\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_parser = EmailReplyParser(languages=["en", "es"])


def own_words(subject: str, text: str) -> str:
    """Subject and the newest part of the body.

    >>> own_words("RE: Fwd: Parking", "Where can I park?\\n\\nOn Mon, 1 Jun 2026 at 10:00, Ana <a@b.org> wrote:\\n> Hi")
    'Parking. Where can I park?'
    >>> own_words("", "<html><body><p>Hola</p><p>¿Hay sitio?</p></body></html>")
    'Hola ¿Hay sitio?'
    """
    body = plain(text[:LONGEST])
    replies = _parser.read(body).replies
    newest = replies[0].body.strip() if replies else ""
    title = _PREFIX.sub("", subject).strip()
    words = " ".join((newest or body).split())
    if not title or words.lower().startswith(title.lower()):
        return words
    return f"{title}{'' if title[-1] in '.?!' else '.'} {words}".strip()


def without_addresses(text: str) -> str:
    """Text less links, mail addresses and @names, which say nothing of its language or meaning.

    >>> without_addresses("@desk see https://example.org/a, then write to ana@example.org please")
    'see then write to please'
    """
    return " ".join(word for word in text.split() if "@" not in word and "://" not in word)


def sentences_of(text: str) -> list[str]:
    """The first sentences of a text that say something.

    >>> sentences_of("Hola. Una chica se ha desmayado. ¿Podéis venir? Gracias")
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
    return soup.get_text("\n")
