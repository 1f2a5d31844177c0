"""Sentence pairs to learn from: Tatoeba's and our own about festivals, split so that near-duplicates do not cross."""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.translation.slots import CAUSES, CLOTHES, DAYS, DRINKS, FACTS, INSTRUCTIONS, ITEMS, SPOTS, WHERE

Pair = tuple[str, str]
"""An English sentence and a Spanish one."""

FESTIVAL = Path(__file__).with_name("festival.csv")
NAMES = re.compile(r"\b(?:tom|mary|maria|john|juan|jack|jim|bob|ken|mike|nancy|bill|paul|alice|ann|ana|boston|tomas)\b")
DEV_SHARE, TEST_SHARE = 0.012, 0.02
FESTIVAL_SHARES = (0.1, 0.25)
"""Shares of our own pairs for choices and for the test."""


@dataclass(frozen=True, slots=True)
class Split:
    """Pairs by what they may be used for."""

    train: list[Pair]
    dev: list[Pair]
    """Pairs by which settings are chosen."""
    test: list[Pair]
    """Pairs that nothing was chosen by."""


def normalised(sentence: str) -> str:
    """Return the sentence without case, accents, punctuation and common names, and with each digit as 0.

    >>> normalised("¿Qué hora es, Tom?")
    'que hora es x'
    """
    text = unicodedata.normalize("NFKD", sentence.lower())
    text = re.sub(r"[^\w\s]", " ", "".join(letter for letter in text if not unicodedata.combining(letter)))
    return " ".join(NAMES.sub("x", re.sub(r"\d", "0", re.sub(r"\{\w+\}", "x", text))).split())


def groups(pairs: Iterable[Pair]) -> list[str]:
    """Return the group of each pair: pairs that share a normalised sentence on either side, over any chain, are one."""
    parents: dict[str, str] = {}

    def root(key: str) -> str:
        while (parent := parents.setdefault(key, key)) != key:
            parents[key] = parents[parent]
            key = parents[key]
        return key

    keys = [("en " + normalised(english), "es " + normalised(spanish)) for english, spanish in pairs]
    for english, spanish in keys:
        parents[root(english)] = root(spanish)
    return [root(english) for english, _ in keys]


def split(pairs: list[Pair], dev_share: float = DEV_SHARE, test_share: float = TEST_SHARE) -> Split:
    """Split by group: a group's place follows from a hash of it, so that new pairs move no others."""
    parts = Split([], [], [])
    members: dict[str, list[Pair]] = {}
    for pair, group in zip(pairs, groups(pairs), strict=True):
        members.setdefault(group, []).append(pair)
    for group in members.values():
        key = min(normalised(english) for english, _ in group)
        place = int.from_bytes(hashlib.sha256(key.encode()).digest()[:6], "big") / 2**48
        part = parts.test if place < test_share else parts.dev if place < test_share + dev_share else parts.train
        part.extend(group)
    return parts


def read_tatoeba(path: Path) -> list[Pair]:
    """Read a table with a header, then English, tab, Spanish."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [(english.strip(), spanish.strip()) for english, spanish in rows]


def read_festival(path: Path = FESTIVAL) -> list[Pair]:
    """Read our own pairs; words in braces are slots (`fill`)."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["en"], row["es"]) for row in csv.DictReader(file)]


PEOPLE = (
    "Lucía", "Marta", "Hugo", "Mateo", "Elena", "Carmen", "Javier", "Pablo", "Noa", "Leo", "Sofía", "Daniel", "Alba",
    "Iker", "Ainhoa", "Nerea", "Jordi", "Montse", "Xavi", "Rocío", "Álvaro", "Inés", "Bruno", "Valentina", "Camila",
    "Santiago", "Ximena", "Emma", "Oliver", "James", "Sarah", "Emily", "Jack", "Grace", "Ben", "Chloe", "Ryan",
    "Lily", "Amir", "Fatima", "Yuki", "Chen", "Anna", "Lukas", "Marco", "Giulia", "Olga", "Ivan", "Aisha", "Kofi",
    "Nina", "Tomás", "Clara", "Raúl", "Irene", "Vera",
)  # fmt: skip
SYLLABLES = (
    "ba", "be", "bri", "ca", "cla", "co", "da", "del", "do", "fa", "fli", "fi", "ga", "gri", "ha", "ja", "ka", "kel",
    "lo", "lu", "ma", "mi", "mar", "na", "ne", "nor", "pa", "pi", "qui", "ra", "ri", "ro", "sa", "sel", "so", "ta",
    "ten", "tri", "tu", "va", "vel", "vi", "xa", "yo", "za", "zen", "zo", "an", "er", "il", "on", "us", "st", "ck",
    "nt", "ry", "ll",
)  # fmt: skip
ACT_FORMS = ("{a}", "{a}", "{a} {b}", "The {a}s", "Los {a}", "DJ {a}", "{a} & the {b}s", "La {a}", "{p} {a}", "{p}")
STAGES = ("Main", "North", "River", "Forest", "Sunset", "Electro", "Luna", "Sol", "Mar", "Norte", "Aurora", "Origen")
PLACES = ("A", "B", "C", "D", "E", "F", "G", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "14", "B2")


def invented_word(rng: np.random.Generator) -> str:
    """Return a capitalised word that no dictionary has."""
    return "".join(SYLLABLES[i] for i in rng.integers(len(SYLLABLES), size=int(rng.integers(2, 5)))).capitalize()


def invented_act(rng: np.random.Generator) -> str:
    """Return a name for an act."""
    form = ACT_FORMS[int(rng.integers(len(ACT_FORMS)))]
    person = PEOPLE[int(rng.integers(len(PEOPLE)))]
    return form.format(a=invented_word(rng), b=invented_word(rng), p=person)


def _person(rng: np.random.Generator) -> str:
    return PEOPLE[int(rng.integers(len(PEOPLE)))] if rng.random() < 0.7 else invented_word(rng)


def _stage(rng: np.random.Generator) -> str:
    return STAGES[int(rng.integers(len(STAGES)))] if rng.random() < 0.6 else invented_word(rng)


def _number(rng: np.random.Generator) -> str:
    return str(int(rng.integers(2, 100)) if rng.random() < 0.7 else int(rng.integers(100, 1000)))


SLOTS: dict[str, Callable[[np.random.Generator], str]] = {
    "act": invented_act,
    "name": _person,
    "stage": _stage,
    "place": lambda rng: PLACES[int(rng.integers(len(PLACES)))],
    "time": lambda rng: f"{int(rng.integers(24)):02d}:{int(rng.integers(12)) * 5:02d}",
    "price": lambda rng: f"{int(rng.integers(1, 60))}.{int(rng.integers(1, 10)) * 10:02d}",
    "n": _number,
    "age": lambda rng: str(int(rng.integers(3, 12))),
}
"""Values that are the same in both languages, by the name of their slot; a digit may follow the name."""


def slot_value(slot: str, rng: np.random.Generator) -> str:
    """Return a value for a slot.

    Raises:
        ValueError: there is no such slot.
    """
    make = SLOTS.get(slot.rstrip("0123456789"))
    if make is None:
        raise ValueError(f"{slot!r} is not a valid slot; valid are {', '.join(SLOTS)}")
    return make(rng)


PHRASES = {"do": INSTRUCTIONS, "fact": FACTS, "cause": CAUSES, "wear": CLOTHES}
"""Phrases of the slots that may stand twice in a pair."""


def two_sided_values(rng: np.random.Generator) -> tuple[dict[str, str], dict[str, str]]:
    """Return values of the slots that differ between the languages: English, Spanish with what agrees with them."""
    spot, where, item, drink, day = (rows[int(rng.integers(len(rows)))] for rows in (SPOTS, WHERE, ITEMS, DRINKS, DAYS))
    english = {"spot": spot[0], "where": where[0], "item": item[0], "drink": drink[0], "day": day[0]}
    article = {"m": "el ", "f": "la ", "el": "el "}[drink[2]]
    spanish = {"spot": spot[1], "where": where[1], "item": item[1], "drink": article + drink[1], "day": day[1]}
    for kind, rows in PHRASES.items():
        for slot in (kind, kind + "2"):
            english[slot], spanish[slot] = rows[int(rng.integers(len(rows)))]
    for values in (english, spanish):
        values |= {slot.capitalize(): value[0].upper() + value[1:] for slot, value in values.items()}
    english |= {"drinkbare": drink[0]}
    spanish |= {"drinkbare": drink[1], "spot_o": "a" if spot[1].startswith("la ") else "o"}
    feminine = item[2] == "f"
    spanish |= {"item_o": "a" if feminine else "o", "item_un": "una" if feminine else "un"}
    spanish |= {"item_el": "la" if feminine else "el"}
    return english, spanish


def fill(pair: Pair, rng: np.random.Generator) -> Pair:
    """Put names, numbers, places and things into the slots of a pair.

    >>> fill(("{Spot} is closed.", "{Spot} está cerrad{spot_o}."), np.random.default_rng(1))
    ('The dance tent is closed.', 'La carpa de baile está cerrada.')
    """
    return fill_and_tell(pair, rng)[0]


def fill_and_tell(pair: Pair, rng: np.random.Generator) -> tuple[Pair, dict[str, str]]:
    """Fill the slots of a pair; return also the values that are the same in both languages, by slot."""
    slots = sorted(set(re.findall(r"\{(\w+)\}", pair[0] + pair[1])))
    if not slots:
        return pair, {}
    english, spanish = two_sided_values(rng)
    shared = {slot: slot_value(slot, rng) for slot in slots if slot not in spanish}
    translated = pair[1].format_map(spanish | shared)
    translated = re.sub(r"\b([Dd])e el (?=[a-zñáéíóú])", r"\1el ", translated)
    translated = re.sub(r"\b([Aa]) el (?=[a-zñáéíóú])", r"\1l ", translated)
    text = re.sub(r"(\ba|^A) (?=[aeiou8]|11\b)", r"\1n ", pair[0].format_map(english | shared))
    return (text, translated), shared


def _of_length(length: int, rng: np.random.Generator) -> str:
    return str(int(rng.integers(2, 10))) + "".join(map(str, rng.integers(10, size=length - 1)))


def vary(pair: Pair, rng: np.random.Generator) -> Pair:
    """Exchange names and numbers that both sentences hold for random ones, so that copying is learnt."""
    english, spanish = pair
    if "Tom" in english and rng.random() < 0.6:
        for name in ("Tom", "Mary", "John"):
            if len(re.findall(rf"\b{name}\b", english)) == len(re.findall(rf"\b{name}\b", spanish)) > 0:
                new = invented_act(rng) if rng.random() < 0.4 else PEOPLE[int(rng.integers(len(PEOPLE)))]
                english, spanish = re.sub(rf"\b{name}\b", new, english), re.sub(rf"\b{name}\b", new, spanish)
    numbers = set(re.findall(r"\d+", english))
    if numbers and numbers == set(re.findall(r"\d+", spanish)) and rng.random() < 0.5:
        new_numbers = {old: old if old in ("0", "1") else _of_length(len(old), rng) for old in numbers}
        english = re.sub(r"\d+", lambda match: new_numbers[match[0]], english)
        spanish = re.sub(r"\d+", lambda match: new_numbers[match[0]], spanish)
    return english, spanish
