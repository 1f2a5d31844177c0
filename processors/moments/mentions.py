"""Mentions of act and stage names in short informal texts: exact, as a hashtag or account, misspelt, or in part."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from processors.accents import comparable_name

_TAG = re.compile(r"[#@]([\w.]+)")
_ARTICLES = frozenset({"los", "las", "la", "el", "the", "dj", "mc"})
_CAMEL = re.compile(r"(?<=[^\W\dA-Z_])(?=[A-Z])")

MIN_SIMILARITY = 82.0
"""Similarity (rapidfuzz ratio, 0 to 100) from which a run of words is a misspelling of a name."""

MIN_FUZZY_LETTERS = 6
"""Letters below which a name is not compared fuzzily: most short words have neighbours."""

MIN_PART_LETTERS = 5
"""Letters of a single word of a name that counts as a mention in part."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Evidence that a text names something, each from 0 to 1.

    Attributes:
        exact: the words of the name stand there, in order.
        tagged: a hashtag or account is the name without spaces.
        fuzzy: similarity of the most similar run of words, 0 at `MIN_SIMILARITY`.
        part: the longest word of a longer name stands there alone.
        lowercase: the name stands there exactly, but not as a name: a common word rather than an act.
    """

    exact: float = 0.0
    tagged: float = 0.0
    fuzzy: float = 0.0
    part: float = 0.0
    lowercase: float = 0.0

    @property
    def strength(self) -> float:
        """Return the strongest evidence."""
        return max(self.exact * (1.0 - 0.6 * self.lowercase), self.tagged, 0.8 * self.fuzzy, 0.6 * self.part)


class ComparableText:
    """A post, prepared so that many names can be looked up in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tags = [_joined(tag) for tag in _TAG.findall(text)]
        plain = _CAMEL.sub(" ", _TAG.sub(" ", text))
        self.words = comparable_name(plain).split()
        self._capitalised = {
            comparable_name(word)
            for word in re.findall(r"\w+", plain)
            if word[:1].isupper() and not _begins(plain, word)
        }
        self.shouts = text.upper() == text

    def mention(self, name: str) -> Mention:
        """Return the evidence that the text names an act or stage."""
        parts = comparable_name(name).split()
        joined = "".join(parts)
        tagged = max((_tag_similarity(tag, joined) for tag in self.tags), default=0.0)
        bare = parts[1:] if len(parts) > 2 and parts[0] in _ARTICLES else parts
        exact = float(_contains(self.words, bare))
        fuzzy = 0.0 if exact or len(joined) < MIN_FUZZY_LETTERS else self._fuzzy(parts)
        longest = max(parts, key=len, default="")
        part = float(len(parts) > 1 and not exact and len(longest) >= MIN_PART_LETTERS and longest in self.words)
        if part and longest not in self._capitalised and not self.shouts:
            part = 0.5
        lowercase = float(bool(exact) and not self.shouts and not any(one in self._capitalised for one in parts))
        return Mention(exact, tagged, fuzzy, part, lowercase)

    def _fuzzy(self, parts: list[str]) -> float:
        target, best = " ".join(parts), 0.0
        for size in {max(1, len(parts) - 1), len(parts), len(parts) + 1}:
            for start in range(len(self.words) - size + 1):
                run = self.words[start : start + size]
                if abs(len("".join(run)) - len("".join(parts))) > 2:
                    continue
                similarity = max(fuzz.ratio(" ".join(run), target), fuzz.ratio("".join(run), "".join(parts)))
                best = max(best, similarity)
        return max(0.0, best - MIN_SIMILARITY) / (100.0 - MIN_SIMILARITY)


def _joined(text: str) -> str:
    return "".join(comparable_name(text.replace("_", " ")).split())


def _tag_similarity(tag: str, joined: str) -> float:
    """Return 1 for the name itself, and for a tag that contains a long name, such as an account with `oficial`."""
    if tag == joined or (len(joined) >= MIN_FUZZY_LETTERS and joined in tag):
        return 1.0
    bare = joined.removeprefix("los").removeprefix("las").removeprefix("the")
    if len(bare) >= MIN_FUZZY_LETTERS and bare in tag:
        return 0.9
    return 0.8 if len(joined) >= MIN_FUZZY_LETTERS and fuzz.ratio(tag, joined) >= 90 else 0.0


def _contains(words: list[str], parts: list[str]) -> bool:
    size = len(parts)
    return size > 0 and any(words[start : start + size] == parts for start in range(len(words) - size + 1))


def _begins(text: str, word: str) -> bool:
    """Return True if a word stands only where a sentence begins, so that its capital says nothing."""
    places = [match.start() for match in re.finditer(rf"\b{re.escape(word)}\b", text)]
    return all(not (before := text[:place].rstrip(" ¡¿\"'«(")) or before[-1] in ".!?…:\n" for place in places)
