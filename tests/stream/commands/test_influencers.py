"""`pulso influencers check`: words, JSON, and errors with exit status 2."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from stream.commands.cli import app

RUNNER = CliRunner()


def test_check_prints_words_and_json(tmp_path: Path) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text("followers,following,posts\n" + "500,400,60\n" * 80 + "3,3000,0\n" * 20, encoding="utf-8")
    posts = tmp_path / "posts.csv"
    posts.write_text("time,likes,comments\n2026-06-01,300,5\n", encoding="utf-8")
    words = RUNNER.invoke(app, ["influencers", "check", str(sample), "--language", "es"])
    assert (words.exit_code, "parecen falsos" in words.output) == (0, True)
    arguments = ["influencers", "check", str(sample), "--posts", str(posts), "--followers", "20000", "--json"]
    report = json.loads(RUNNER.invoke(app, arguments).output)
    assert abs(report["share"] - 0.2) < 0.05
    assert report["low"] <= report["share"] <= report["high"]
    assert report["engagement"]["level"] == "usual"


def test_check_refuses_files_that_lack_a_column(tmp_path: Path) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text("followers,posts\n1,2\n", encoding="utf-8")
    assert RUNNER.invoke(app, ["influencers", "check", str(sample)]).exit_code == 2
    assert RUNNER.invoke(app, ["influencers", "check", str(sample), "--posts", str(sample)]).exit_code == 2
