"""Training sentences: pairs in English and Spanish, and texts without labels."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.encoder.festival import FESTIVAL_PAIRS, PAIR_REPEATS

ENGLISH_FILES = ("airline_us_sentiment.csv",)
SPANISH_FILES = ("airline_es_sentiment_train.csv", "tass_es_sentiment_train.csv")
"""Files with unlabelled texts; sets with intents are in neither, because clusters are measured on them."""

HELD_OUT_EVERY = 50
"""Interval at which English sentences are held out, with all their translations: one in fifty."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """English sentences, and Spanish translations of the first `len(spanish)` of them.

    The first `num_held_out` pairs are held out; none of their English sentences occurs among the others.
    """

    english: list[str]
    spanish: list[str]
    other_spanish: list[str]
    num_held_out: int


def read_sentences(folder: Path) -> Sentences:
    """Read tatoeba_en_es.tsv (English, tab, Spanish) and CSV files with a column text; add our own pairs."""
    pairs = []
    for line in (folder / "tatoeba_en_es.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        english, _, spanish = line.partition("\t")
        if english and spanish:
            pairs.append((english.strip(), spanish.split("\t")[0].strip()))
    order = np.random.default_rng(1).permutation(len(pairs))
    pairs = [pairs[i] for i in order]
    held_out_english = {english for english, _ in pairs[: len(pairs) // HELD_OUT_EVERY]}
    held_out = [pair for pair in pairs if pair[0] in held_out_english]
    pairs = held_out + [pair for pair in pairs if pair[0] not in held_out_english] + list(FESTIVAL_PAIRS) * PAIR_REPEATS
    return Sentences(
        english=[english for english, _ in pairs] + [text for name in ENGLISH_FILES for text in _texts(folder / name)],
        spanish=[spanish for _, spanish in pairs],
        other_spanish=[text for name in SPANISH_FILES for text in _texts(folder / name)],
        num_held_out=len(held_out),
    )


def _texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["text"].strip() for row in csv.DictReader(file) if row["text"].strip()]
