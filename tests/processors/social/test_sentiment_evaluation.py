"""Evaluation of sentiment on files of labelled posts, and the errors for invalid files."""

from __future__ import annotations

from pathlib import Path

import pytest

from processors.social.sentiment import SentimentClassifier
from processors.social.sentiment_evaluation import evaluate
from processors.support.encoder import Encoder
from processors.support.evaluation import MailsFileError


def test_evaluation_uses_the_latest_posts(encoder: Encoder, tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    lines = [
        '2026-07-04 20:00:00,"Una vergüenza de organización, no vuelvo, horrible",N',
        '2026-07-03 20:00:00,"Todo mal",P',
        '2026-07-04 21:00:00,"Ha sido maravilloso, muchas gracias, genial",positive',
    ]
    path.write_text("created,text,sentiment\n" + "\n".join(lines), encoding="utf-8")
    report = evaluate(path, encoder, SentimentClassifier.load(encoder), last=0.67)
    assert (report["posts"], report["accuracy"]) == (2, 1.0)
    assert (report["model"], len(report["hash"])) == ("sentiment", 64)
    assert report["per_class"]["negative"]["f1"] == 1.0
    assert report["published_macro_f1"]["TASS 2020, RoBERTuito"] == 0.705


@pytest.mark.parametrize(
    ("content", "message"), [("text,sentiment\nhola,angry", "line 2"), ("text,sentiment\n", "no post")]
)
def test_invalid_file_error_names_the_line(encoder: Encoder, tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "posts.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(MailsFileError, match=message):
        evaluate(path, encoder, SentimentClassifier.load(encoder))
