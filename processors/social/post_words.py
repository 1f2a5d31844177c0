"""Words, emoji and pairs of neighbours of a post as features of its sentiment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from processors.support.words import fold_text

MAX_TEXT_CHARACTERS, MAX_WORD_CHARACTERS = 2_000, 40
"""Characters that are read of a text and of a word."""

LAUGHTER, SMILE, FROWN, LONG = "jaja", ":)", ":(", "<long>"
"""Features that stand for any laughter, any smiling and any sad face, and for a letter three times in a row."""

_SMILE = re.compile(r"(?:[:;=8xX][-o^']?[)\]dDpP3*]+(?!\w))|<3|\^\^")
_FROWN = re.compile(r"[:;=][-o^']?[(\[/\\|]+(?!\w)|:'\(|-_-")
_TOKEN = re.compile(r"smileyface|sadface|#?\w+(?:'\w+)?|[!?]+|\.\.\.|…|[\U0001F000-\U0001FAFF\u2600-\u27BF]")
_LAUGH = re.compile(r"(?:a?(?:ja){2,}j?|(?:ha){2,}h?|(?:je){2,}j?|(?:ji){2,}|jaj[ajs]{0,40}|lol+|lmao|xd+)")
_REPEATED = re.compile(r"(.)\1{2,}")
_FACES = {"smileyface": SMILE, "sadface": FROWN}


def words_of_post(text: str) -> Iterator[str]:
    """Yield the words of a post, folded, with marks for faces, laughter, lengthened words and exclamations.

    >>> list(words_of_post("Geniaaal!! jajaja #Festi 2024 :)"))
    ['<long>', 'genial', '!', '!!', 'jaja', '#festi', 'festi', '0', ':)']
    """
    marked = _FROWN.sub(" sadface ", _SMILE.sub(" smileyface ", text[:MAX_TEXT_CHARACTERS]))
    for token in _TOKEN.findall(fold_text(marked)):
        if token[0] in "!?":
            yield token[0]
            if len(token) > 1:
                yield token[0] * 2
        elif token in ("...", "…"):
            yield "..."
        elif token in _FACES:
            yield _FACES[token]
        elif _LAUGH.fullmatch(token):
            yield LAUGHTER
        else:
            yield from _word(token[:MAX_WORD_CHARACTERS])


def _word(token: str) -> Iterator[str]:
    """Yield a hashtag and its word, or a word, with a mark if it is lengthened; a number is 0."""
    word = token.lstrip("#")
    if len(word) < len(token):
        yield token
    if _REPEATED.search(word) and not word.isdigit():
        yield LONG
        word = _REPEATED.sub(r"\1", word)
    yield "0" if word.isdigit() else word


def word_ngrams(text: str) -> Iterator[str]:
    """Yield the words of a post, and each pair of neighbours.

    >>> list(word_ngrams("No vuelvo"))
    ['no', 'vuelvo', 'no vuelvo']
    """
    words = list(words_of_post(text))
    yield from words
    for first, second in pairwise(words):
        yield f"{first} {second}"
