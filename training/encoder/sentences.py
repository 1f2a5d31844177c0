"""Training sentences: pairs in English and Spanish, and texts without labels."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.encoder.festival import PAIRS, REPEATED

ENGLISH = ("airline_us_sentiment.csv",)
SPANISH = ("airline_es_sentiment_train.csv", "tass_es_sentiment_train.csv")
"""The sets with intents are in neither, because clusters are measured on them."""

HELD_OUT = 50
"""One English sentence in so many is held out with all its translations."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """English sentences, and Spanish translations of the first `len(spanish)` of them.

    The first `held` pairs are held out; none of their English sentences occurs among the others.
    """

    english: list[str]
    spanish: list[str]
    other_spanish: list[str]
    held: int


def read_sentences(folder: Path) -> Sentences:
    """Read tatoeba_en_es.tsv (English, tab, Spanish) and CSV files with a column text; add our own pairs."""
    pairs = []
    for line in (folder / "tatoeba_en_es.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        english, _, spanish = line.partition("\t")
        if english and spanish:
            pairs.append((english.strip(), spanish.split("\t")[0].strip()))
    order = np.random.default_rng(1).permutation(len(pairs))
    pairs = [pairs[i] for i in order]
    kept_out = {english for english, _ in pairs[: len(pairs) // HELD_OUT]}
    held = [pair for pair in pairs if pair[0] in kept_out]
    pairs = held + [pair for pair in pairs if pair[0] not in kept_out] + list(PAIRS) * REPEATED
    return Sentences(
        english=[english for english, _ in pairs] + [text for name in ENGLISH for text in _texts(folder / name)],
        spanish=[spanish for _, spanish in pairs],
        other_spanish=[text for name in SPANISH for text in _texts(folder / name)],
        held=len(held),
    )


def _texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["text"].strip() for row in csv.DictReader(file) if row["text"].strip()]
