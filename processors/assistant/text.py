"""Normalisation of questions: folded letters, chat spellings, and correction of misspelt known words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from rapidfuzz.distance import DamerauLevenshtein

from processors.support.words import fold_text

MAX_CHARACTERS = 600
"""Characters of a question that are read."""

_TOKEN = re.compile(r"[a-z0-9]+(?:[:.][0-9]+)*")
_REPEATED = re.compile(r"([a-z])\1{2,}")

CHAT_WORDS = {
    "q": "que", "k": "que", "ke": "que", "xq": "por que", "pq": "por que", "x": "por", "d": "de", "dnd": "donde",
    "dond": "donde", "tb": "tambien", "tmb": "tambien", "kiero": "quiero", "toy": "estoy", "aki": "aqui",
    "kien": "quien", "qn": "quien", "cdo": "cuando", "cuand": "cuando", "cndo": "cuando", "pa": "para",
    "porfa": "por favor",
    "finde": "fin de semana", "ke hora": "que hora", "sta": "esta", "hrs": "horas", "hs": "horas", "xfa": "por favor",
    "u": "you", "r": "are", "ur": "your", "pls": "please", "plz": "please", "wat": "what", "wot": "what",
    "wut": "what", "wen": "when", "wher": "where", "whr": "where", "wheres": "where is", "whens": "when is",
    "whats": "what is", "whos": "who is", "hows": "how is", "ther": "there", "tho": "though", "bc": "because",
    "cuz": "because", "im": "i am", "dont": "do not", "cant": "can not", "gonna": "going to", "wanna": "want to",
    "2day": "today", "gotta": "have to", "abt": "about", "btw": "by the way", "thru": "through", "n": "and",
    "dsp": "despues", "dps": "despues", "hra": "hora", "ora": "hora", "oras": "horas", "aora": "ahora", "ahra": "ahora",
    "ay": "hay", "ahi": "ahi", "asta": "hasta", "donde's": "donde", "vrd": "verdad", "msg": "mensaje", "stg": "stage",
}  # fmt: skip
"""Spellings of chats, and the words that they stand for."""


def normalise(text: str) -> str:
    """Return a question folded, without punctuation except in times, and with chat spellings written out.

    >>> normalise("¿¿Dnd toca Ádaa??  a las 21:10h")
    'donde toca adaa a las 21:10 h'
    """
    folded = fold_text(text[:MAX_CHARACTERS]).replace("’", "'").replace("&", " and ")
    folded = re.sub(r"(\d)\s*(h|hs|hrs|pm|am)\b", r"\1 \2", folded)
    folded = _REPEATED.sub(r"\1", re.sub(r"([aeiou!?])\1{3,}", r"\1", folded))
    folded = re.sub(r"(?<=[a-z])[’'`´](?=[a-z])", "", folded)
    words = _TOKEN.findall(folded)
    return " ".join(CHAT_WORDS.get(word, word) for word in words)


class SpellingCorrector:
    """Replaces words that are not known by the nearest known one (Damerau–Levenshtein distance).

    >>> SpellingCorrector(["cerveza", "donde", "aseos"]).correct("dodne hay cervesa")
    'donde hay cerveza'
    """

    def __init__(self, vocabulary: Iterable[str], is_word: Callable[[str], bool] = lambda _word: False) -> None:
        self._is_word = is_word
        self._known = {word for word in vocabulary if word}
        self._by_letter: dict[str, list[str]] = {}
        for word in sorted(self._known):
            if len(word) >= 4:
                self._by_letter.setdefault(word[0], []).append(word)
        self._cache: dict[str, str] = {}

    def is_known(self, word: str) -> bool:
        """Return True if a word, or its singular, is known."""
        return (
            word in self._known
            or self._is_word(word)
            or any(
                word.endswith(end) and word[: -len(end)] in self._known
                for end in ("s", "es", "as", "os", "a", "o", "ed", "ing", "ly", "d", "r", "er", "mente")
            )
        )

    def correct(self, text: str) -> str:
        """Return a normalised text with misspelt words replaced."""
        return " ".join(self._word(word) for word in text.split())

    def _word(self, word: str) -> str:
        if len(word) < 5 or not word.isalpha() or word in self._known:
            return word
        if word not in self._cache:
            if len(self._cache) > 5_000:
                self._cache.clear()
            self._cache[word] = word if self._is_word(word) else self._nearest(word)
        return self._cache[word]

    def _nearest(self, word: str) -> str:
        # A plural or feminine of a known word is not misspelt.
        if any(
            word == known + ending for known in (word[:-1], word[:-2]) if known in self._known for ending in ("s", "es")
        ):
            return word
        allowed = 1 if len(word) < 8 else 2
        best, best_distance = word, allowed + 1
        for candidate in self._by_letter.get(word[0], ()):
            if abs(len(candidate) - len(word)) > allowed:
                continue
            if len(word) == 5 and len(candidate) != 5:
                continue
            distance = DamerauLevenshtein.distance(word, candidate, score_cutoff=allowed)
            if distance < best_distance:
                best, best_distance = candidate, distance
        return best
