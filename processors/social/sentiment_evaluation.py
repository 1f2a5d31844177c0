"""Evaluation of sentiment on labelled posts, beside the figures published for TASS."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sklearn.metrics import accuracy_score, f1_score

from processors.csv_table import TableError, read_table
from processors.social.sentiment import SentimentClassifier
from processors.support.encoder import Encoder
from processors.support.evaluation import MailsFileError
from processors.support.mail_text import without_addresses

NAMES: Final = ("negative", "neutral", "positive")
LABELS: Final = {"n": "negative", "neu": "neutral", "none": "neutral", "p": "positive"} | {name: name for name in NAMES}
"""Sentiment by label; the short ones are those of TASS."""

TIME_FORMATS: Final = ("%a %b %d %H:%M:%S %z %Y", "%m/%d/%Y %H:%M", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S")

PUBLISHED: Final = {
    "TASS 2019, task for several countries, best system": 0.515,
    "TASS 2020, biGRU": 0.585,
    "TASS 2020, multilingual BERT": 0.617,
    "TASS 2020, BETO": 0.662,
    "TASS 2020, RoBERTuito": 0.705,
}
"""Macro-F1 on the test parts of TASS: ranking of TASS 2019 (Díaz-Galiano et al.; ELiRF-UPV), and table of pysentimiento
(Pérez et al., 2021). Those parts are not public, so figures on other posts are not directly comparable."""


def evaluate(
    path: Path,
    encoder: Encoder,
    sentiment: SentimentClassifier,
    *,
    last: float = 1.0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Return accuracy and macro-F1 over the three sentiments.

    Args:
        path: CSV file with the columns text and sentiment, and maybe created.
        encoder: the encoder of the classifier.
        sentiment: the classifier.
        last: share of the posts that is evaluated, the latest ones if the file has the column created.
        progress: called with the number of posts done and of all.

    Raises:
        MailsFileError: a column is missing, or a line is not valid.
    """
    rows = _read(path)
    rows = rows[len(rows) - max(1, round(last * len(rows))) :]
    truth, predicted, spanish = [], [], 0
    for done, (text, label) in enumerate(rows, 1):
        words = without_addresses(text)
        encoded = encoder.encode([words])
        spanish += bool(encoded.spanish_log_odds[0] > 0)
        truth.append(label)
        predicted.append(sentiment.classify(words, encoded.vectors[0])[0])
        if done % 50 == 0 or done == len(rows):
            progress(done, len(rows))
    each = f1_score(truth, predicted, labels=NAMES, average=None, zero_division=0)
    report: dict[str, Any] = {
        "model": sentiment.model.card.name,
        "hash": sentiment.model.card.sha256,
        "posts": len(rows),
        "accuracy": float(accuracy_score(truth, predicted)),
        "macro_f1": float(f1_score(truth, predicted, labels=NAMES, average="macro", zero_division=0)),
        "per_class": {name: {"f1": float(value)} for name, value in zip(NAMES, each, strict=True)},
    }
    if spanish > len(rows) / 2:
        report["published_macro_f1"] = PUBLISHED
    return report


def _read(path: Path) -> list[tuple[str, str]]:
    """Return texts and labels, sorted by time if every line has one."""
    posts: list[tuple[datetime | None, str, str]] = []
    try:
        table = read_table(path)
        table.require("text", "sentiment")
    except TableError as error:
        raise MailsFileError(str(error)) from error
    for row in table.rows:
        text, label = row.text("text", ""), row.text("sentiment", "").lower()
        if label not in LABELS:
            raise MailsFileError(
                f"{path}, line {row.line}: {label!r} is not a valid sentiment; valid are {', '.join(NAMES)}"
            )
        if text:
            posts.append((_parse_time(row.text("created", "")), text, LABELS[label]))
    if not posts:
        raise MailsFileError(f"{path} holds no post")
    if all(time is not None for time, _, _ in posts):
        posts.sort(key=lambda post: post[0].timestamp() if post[0] else 0.0)
    return [(text, label) for _, text, label in posts]


def _parse_time(text: str) -> datetime | None:
    for form in TIME_FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - only the order counts
        except ValueError:
            continue
    return None
