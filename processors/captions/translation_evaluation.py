"""Evaluation of translation: chrF (Popović, 2015) and BLEU in both directions, numbers kept, and seconds a sentence."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from processors.captions.translation import Translation, Translator, lost_in_translation
from processors.csv_table import CellError, TableError, read_table
from schemas.captions import Language

BATCH = 32
"""Pairs between two reports of progress."""

RESAMPLES, SEED = 500, 1


class PairsFileError(TableError):
    """The table has no pairs, or a line is not one."""


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Read a CSV file with the columns `en` and `es`.

    Raises:
        TableError: a column is missing, or the file can't be read.
        PairsFileError: there are no pairs, or a line lacks one of the sentences.
    """
    table = read_table(path)
    table.require("en", "es")
    pairs = []
    for row in table.rows:
        try:
            row.check_length()
            pairs.append((row.text("en"), row.text("es")))
        except CellError as error:
            raise PairsFileError(f"{path}, line {row.line}: {error}") from error
    if not pairs:
        raise PairsFileError(f"{path} has no pairs")
    return pairs


def evaluate(
    path: Path, translator: Translator, *, progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Any]:
    """Return the scores of both directions.

    Args:
        path: CSV file with the columns en and es.
        translator: the translator.
        progress: called with the number of translated sentences and of all.

    Raises:
        TableError: the file can't be used.
    """
    pairs = read_pairs(path)
    report: dict[str, Any] = {"model": translator.card.name, "hash": translator.card.sha256, "pairs": len(pairs)}
    begin = time.perf_counter()
    english, spanish = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    ways: list[tuple[Language, Language, list[str], list[str]]] = [
        ("en", "es", english, spanish),
        ("es", "en", spanish, english),
    ]
    for way, (source, target, texts, references) in enumerate(ways):
        found: list[Translation] = []
        for start in range(0, len(texts), BATCH):
            found += translator.translations(texts[start : start + BATCH], source, target)
            progress(way * len(texts) + len(found), 2 * len(texts))
        report |= {f"{name}_{source}_{target}": value for name, value in scores(found, references, target).items()}
    report["seconds_per_sentence"] = round((time.perf_counter() - begin) / (2 * len(pairs)), 4)
    return report


def scores(found: Sequence[Translation], references: Sequence[str], target: Language) -> dict[str, Any]:
    """Return chrF with its 95 % interval, BLEU, and the share of texts with numbers that keep them all."""
    from sacrebleu.metrics.bleu import BLEU  # noqa: PLC0415 - an extra

    texts = [one.text for one in found]
    low, high = chrf_interval(texts, references)
    result: dict[str, Any] = {
        "chrf": round(chrf(texts, references), 2),
        "chrf_low": round(low, 2),
        "chrf_high": round(high, 2),
        "bleu": round(float(BLEU().corpus_score(texts, [list(references)]).score), 2),
    }
    # A number that the reference writes as a word, too, is none to copy.
    numbered = [
        one
        for one, reference in zip(found, references, strict=True)
        if re.search(r"\d", one.original) and not lost_in_translation(one.original, reference, target)
    ]
    if numbered:
        result["numbers_kept"] = round(sum(not one.lost for one in numbered) / len(numbered), 4)
    return result


def chrf(texts: Sequence[str], references: Sequence[str]) -> float:
    """Return the chrF2 of sacrebleu (character 6-grams, no word n-grams) over all texts."""
    from sacrebleu.metrics.chrf import CHRF  # noqa: PLC0415 - an extra

    return float(CHRF().corpus_score(list(texts), [list(references)]).score)


def chrf_interval(texts: Sequence[str], references: Sequence[str]) -> tuple[float, float]:
    """Return the 95 % interval of chrF by bootstrap over the sentences (Koehn, 2004)."""
    from sacrebleu.metrics.chrf import CHRF  # noqa: PLC0415 - an extra

    metric = CHRF()
    statistics = np.array(metric._extract_corpus_statistics(list(texts), [list(references)]))
    rng = np.random.default_rng(SEED)
    drawn = [
        float(metric._compute_score_from_stats(statistics[rows].sum(axis=0).tolist()).score)
        for rows in rng.integers(len(statistics), size=(RESAMPLES, len(statistics)))
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)
