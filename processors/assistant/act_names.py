"""Names of acts in a question: whole, shortened or misspelt (Levenshtein similarity of word windows)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz, process

from processors.assistant.text import normalise
from schemas.ids import ActId

MIN_SIMILARITY = 84.0
"""Similarity, 0 to 100, from which a window of words is a name."""

MIN_SHORT_SIMILARITY, SHORT_NAME = 89.0, 8
"""Similarity that a name of at most `SHORT_NAME` letters needs."""

MIN_SINGLE_WORD = 4
"""Letters of a word that stands for a name of several words."""

_FILLERS = {
    "the",
    "los",
    "las",
    "la",
    "el",
    "de",
    "del",
    "en",
    "dj",
    "mc",
    "and",
    "y",
    "of",
    "a",
    "trio",
    "club",
    "quintet",
    "kid",
}


@dataclass(frozen=True, slots=True)
class ActMention:
    """A mention of an act; `acts` has several where a part of a name fits more than one.

    Attributes:
        begin: index of the first word; `end`: index after the last word.
        similarity: 0 to 100.
    """

    acts: tuple[ActId, ...]
    begin: int
    end: int
    similarity: float


class ActNames:
    """Finds acts in normalised questions.

    Args:
        names: names of the acts.
        ordinary_words: words that are no name when they stand alone, such as genres and places.

    >>> acts = ActNames({"a1": "Ada Lumbreras", "a2": "Grey Parakeet", "a3": "Green Parakeets"}, ["stage"])
    >>> [mention.acts for mention in acts.find("when does ada lumbrera play, and the gren parakeets")]
    [('a1',), ('a3',)]
    """

    def __init__(
        self,
        names: Mapping[ActId, str],
        ordinary_words: Iterable[str],
        is_word: Callable[[str], bool] = lambda _word: False,
    ) -> None:
        self._aliases: dict[str, set[ActId]] = {}
        self._ordinary = ordinary = set(ordinary_words)
        self._is_word = is_word
        for act, name in names.items():
            words = normalise(name).split()
            self._add(" ".join(words), act)
            content = [word for word in words if word not in _FILLERS]
            without_article = words[1:] if words[0] in ("the", "los", "las", "la", "el", "dj", "mc") else words
            self._add(
                " ".join(without_article),
                act,
                {word for word in without_article if len(without_article) == 1} & ordinary,
            )
            if len(content) > 1:
                self._add(" ".join(content), act)
                for first, second in pairwise(content):
                    if not {first, second} <= ordinary:
                        self._add(f"{first} {second}", act)
            for word in content:
                if len(word) >= MIN_SINGLE_WORD and word not in ordinary:
                    self._add(word, act)
        self._whole = {normalise(name): act for act, name in names.items()}
        self._by_length: dict[int, list[str]] = {}
        for alias in self._aliases:
            self._by_length.setdefault(alias.count(" ") + 1, []).append(alias)
        self.words = {word for name in names.values() for word in normalise(name).split()}

    def _add(self, alias: str, act: ActId, forbidden: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        if alias and not forbidden:
            self._aliases.setdefault(alias, set()).add(act)

    def find(self, text: str, ignored: Iterable[str] = ()) -> list[ActMention]:
        """Return the mentions in a normalised text, in their order.

        Args:
            ignored: words that are never a part of a mention alone.
        """
        words = re.findall(r"\w+", text)
        ignored = set(ignored)
        candidates: list[tuple[float, str, int, int]] = []
        for size in range(1, 6):
            for begin in range(len(words) - size + 1):
                window = words[begin : begin + size]
                if size == 1 and (len(window[0]) < MIN_SINGLE_WORD or window[0] in ignored):
                    continue
                candidates += self._matches(" ".join(window), begin, begin + size)
        candidates.sort(key=lambda one: (-(one[0] + 3 * len(one[1])), one[2]))
        kept: list[ActMention] = []
        for similarity, alias, begin, end in candidates:
            if any(begin < other.end and other.begin < end for other in kept):
                continue
            acts = self._aliases[alias]
            whole = self._whole.get(alias)
            kept.append(
                ActMention((whole,) if whole in acts and whole else tuple(sorted(acts)), begin, end, similarity)
            )
        return sorted(kept, key=lambda mention: mention.begin)

    def _matches(self, window: str, begin: int, end: int) -> Iterable[tuple[float, str, int, int]]:
        size = end - begin
        if window in self._aliases:
            yield 100.0, window, begin, end
            return
        if len(window) < 5 or (size == 1 and (window in self._ordinary or self._is_word(window))):
            return
        for words in (size - 1, size, size + 1):
            aliases = self._by_length.get(words, ())
            found = (
                process.extractOne(window, aliases, scorer=fuzz.ratio, score_cutoff=MIN_SIMILARITY) if aliases else None
            )
            if found is None:
                continue
            alias, similarity, _ = found
            if size != words and window.replace(" ", "") != alias.replace(" ", "") and similarity < 92:
                continue
            same_letter = window[0] == alias[0]
            is_short = min(len(alias), len(window)) <= SHORT_NAME
            needed = MIN_SIMILARITY if same_letter and len(alias) >= 6 else MIN_SHORT_SIMILARITY
            if is_short and (similarity < needed or not same_letter):
                continue
            yield similarity, alias, begin, end
