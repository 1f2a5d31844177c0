"""Evaluation of translation."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from processors.captions.translation import Translation, lost_in_translation
from processors.captions.translation_evaluation import PairsFileError, evaluate, read_pairs, scores
from processors.csv_table import TableError
from schemas.captions import Language

pytest.importorskip("sacrebleu", reason="the extra `captions` is not installed")


class CopyingTranslator:
    """Returns every text as it is."""

    card = SimpleNamespace(name="copy", sha256="0" * 64)

    def translations(self, texts: list[str], source: Language, target: Language) -> list[Translation]:
        return [Translation(original=text, text=text) for text in texts]


def table(folder: Path, *rows: str) -> Path:
    file = folder / "pairs.csv"
    file.write_text("en,es\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_evaluation_reports_both_ways(tmp_path: Path) -> None:
    report = evaluate(table(tmp_path, "Taxi 3,Taxi 3", "No,No"), CopyingTranslator())  # type: ignore[arg-type]

    assert report["pairs"] == 2
    assert report["chrf_en_es"] == report["chrf_es_en"] == 100
    assert report["numbers_kept_en_es"] == 1
    assert report["seconds_per_sentence"] >= 0


def test_scores_have_an_interval_and_count_lost_numbers() -> None:
    originals, references = ["Gate 3 is open", "two", "Gate 31"], ["La puerta 3 está abierta", "dos", "Puerta 31"]
    texts = ["La puerta 3 está abierta", "dos", "Puerta"]
    found = [
        Translation(original=original, text=text, lost=lost_in_translation(original, text, "es"))
        for original, text in zip(originals, texts, strict=True)
    ]

    result = scores(found, references, "es")

    assert result["chrf_low"] <= result["chrf"] <= result["chrf_high"]
    assert result["numbers_kept"] == 0.5


def test_pairs_lack_a_column_or_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PairsFileError, match="line 3: es"):
        read_pairs(table(tmp_path, "a,b", "c,"))
    other = tmp_path / "other.csv"
    other.write_text("en,fr\na,b\n", encoding="utf-8")
    with pytest.raises(TableError):
        read_pairs(other)
