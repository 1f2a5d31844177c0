"""Terms by which an urgent mail is recognised in any language of visitors: stems of words, and concepts.

A stem is the first five letters of a word, which Romance languages share and most slips of a thumb leave alone. A
concept is a group of words of seven languages with one meaning (`concepts.yaml`), so that "filla" and "daughter" are
the same term. Both come alone and in pairs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import yaml
from msgspec import Struct

from processors.support.words import fold_text

CONCEPTS_FILE = Path(__file__).with_name("concepts.yaml")

MAX_CHARACTERS = 2_000
"""Characters that are read of a text, as by the encoder."""

STEM_LETTERS = 5

MAX_SMALL_NUMBER = 60
"""Largest number that may be minutes or an age."""

PAIR_NEIGHBOURS, PAIR_WORDS = 3, 7
"""Concepts pair with this many that follow, at most so many words away."""

_TOKEN = re.compile(r"[a-z]+|\d+%?|[?!>]")
_ALTERNATIVES = re.compile(r"\[(\w+)\]")
_PHRASE_SEPARATOR = re.compile(r"[_-]")


class Concepts(Struct, frozen=True):
    """Concepts by words, by stems and by phrases."""

    words: Mapping[str, tuple[str, ...]]
    stems: Mapping[str, tuple[str, ...]]
    phrases: Mapping[tuple[str, ...], tuple[str, ...]]
    longest: Mapping[str, int]
    """Words of the longest phrase that begins with a word."""

    def of_word(self, word: str) -> tuple[str, ...]:
        """Return the concepts of a word, by the longest stem if it is not listed itself."""
        if found := self.words.get(word):
            return found
        return next((found for end in range(len(word), 1, -1) if (found := self.stems.get(word[:end]))), ())

    def of_phrases(self, tokens: list[str], start: int) -> Iterator[str]:
        """Yield the concepts of the phrases that begin at a token."""
        for end in range(start + 2, min(start + self.longest.get(tokens[start], 0), len(tokens)) + 1):
            yield from self.phrases.get(tuple(tokens[start:end]), ())


@lru_cache(maxsize=1)
def concepts() -> Concepts:
    """Read the shipped concepts."""
    words: dict[str, tuple[str, ...]] = {}
    stems: dict[str, tuple[str, ...]] = {}
    phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name, listed in yaml.safe_load(CONCEPTS_FILE.read_text(encoding="utf-8")).items():
        for entry in (form for one in listed.split() for form in _forms(fold_text(one))):
            parts = tuple(part for part in _PHRASE_SEPARATOR.split(entry) if part)
            if len(parts) > 1:
                phrases[parts] = (*phrases.get(parts, ()), name)
            elif entry.endswith("*"):
                stems[entry[:-1]] = (*stems.get(entry[:-1], ()), name)
            else:
                words[entry] = (*words.get(entry, ()), name)
    longest = {phrase[0]: len(phrase) for phrase in sorted(phrases, key=len)}
    return Concepts(words, stems, phrases, longest)


@lru_cache(maxsize=4_096)
def _concepts_of(word: str) -> tuple[str, ...]:
    return concepts().of_word(word)


def _forms(entry: str) -> Iterator[str]:
    """Yield the forms of an entry: "sol[oa]" stands for two."""
    found = _ALTERNATIVES.search(entry)
    if found is None:
        yield entry
        return
    for letter in found[1]:
        yield from _forms(entry[: found.start()] + letter + entry[found.end() :])


def tokens_of(text: str) -> list[str]:
    """Return the folded words, numbers and signs of a text.

    >>> tokens_of("S'ha desmaiat! 20 min")
    ['s', 'ha', 'desmaiat', '!', '20', 'min']
    """
    return _TOKEN.findall(fold_text(text[:MAX_CHARACTERS]))


def stem_terms(tokens: list[str]) -> set[str]:
    """Return the stems of a text, alone and in pairs; all numbers are the same.

    >>> sorted(stem_terms(["desmaiat", "20"]))
    ['#', 'desma', 'desma #']
    """
    stems = ["#" if token[0].isdigit() else token[:STEM_LETTERS] for token in tokens]
    return {*stems, *(f"{first} {second}" for first, second in pairwise(stems))}


def concept_terms(tokens: list[str]) -> set[str]:
    """Return the concepts of a text, alone and in pairs of neighbours in their order.

    >>> concept_terms(["my", "daughter"]) == concept_terms(["mia", "figlia"]) == {"i", "child", "i>child"}
    True
    """
    found = [(at, names) for at in range(len(tokens)) if (names := tuple(_names_at(tokens, at)))]
    terms = {name for _, names in found for name in names}
    for index, (at, names) in enumerate(found):
        for after, others in found[index + 1 : index + 1 + PAIR_NEIGHBOURS]:
            if after - at <= PAIR_WORDS:
                terms.update(f"{name}>{other}" for name in names for other in others if name != other)
    return terms


def _names_at(tokens: list[str], at: int) -> Iterator[str]:
    """Yield the concepts that begin at a token; signs are their own, numbers are small or large."""
    word = tokens[at]
    yield from concepts().of_phrases(tokens, at)
    if word[0].isdigit():
        yield "small number" if word.isdigit() and int(word) <= MAX_SMALL_NUMBER else "large number"
    elif word in "?!>":
        yield word
    else:
        yield from _concepts_of(word)
