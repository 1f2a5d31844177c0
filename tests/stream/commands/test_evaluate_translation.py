"""Command `pulso evaluate translation`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stream.commands.cli import app

pytest.importorskip("ctranslate2", reason="the extra `captions` is not installed")


def test_translation_is_measured_both_ways(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(
        "en,es\nGood night.,Buenas noches.\nGate 31 is open.,La puerta 31 está abierta.\n", encoding="utf-8"
    )

    result = CliRunner().invoke(app, ["evaluate", "translation", str(pairs), "--json"])

    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout.strip().splitlines()[-1])
    assert report["pairs"] == 2
    assert min(report["chrf_en_es"], report["chrf_es_en"]) > 50
    assert report["seconds_per_sentence"] > 0


def test_table_without_translations_is_refused(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("en\nGood night.\n", encoding="utf-8")

    result = CliRunner().invoke(app, ["evaluate", "translation", str(pairs)])

    assert result.exit_code == 2
    assert "es" in result.output
