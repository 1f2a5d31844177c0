"""Clusters, languages and priorities measured on labelled mails, in their order of arrival."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct
from sklearn.metrics import accuracy_score, adjusted_rand_score, f1_score, normalized_mutual_info_score

from processors.support.desk import SupportDesk
from processors.support.mail_analysis import analyze_mails
from processors.support.priority import PRIORITIES
from processors.support.requests import RequestClassifier
from processors.support.topics import TopicClassifier, read_topics, topic_examples
from schemas.errors import PulsoError
from schemas.support import Mail

BATCH = 256
NEW = "new"
"""what a mail is about that is about none of the topics"""

LANGUAGES = {"es": "es", "en": "en", "spanish": "es", "español": "es", "castellano": "es", "inglés": "en"}
"""what files call the two languages; all else is another"""


class MailsFileError(PulsoError, ValueError):
    """The file can't be used; the message names the line."""


class LabelledMail(Struct, frozen=True):
    """One mail and what people said of it."""

    subject: str
    text: str
    topic: str
    language: str | None
    priority: str | None


def evaluate(
    path: Path,
    *,
    topics: Path | None,
    requests: RequestClassifier,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """File all mails, one every minute, and compare clusters with topics.

    Raises:
        MailsFileError: a column is missing, or a line can't be used.
        TopicsFileError: the file of topics can't be used.
    """
    labelled = read_labelled_mails(path)
    desk = SupportDesk(
        None, requests, TopicClassifier(topic_examples(read_topics(topics)), requests) if topics else None
    )
    began = datetime(2026, 1, 1, tzinfo=UTC)
    clusters, named, languages, priorities = [], [], [], []
    for first in range(0, len(labelled), BATCH):
        part = labelled[first : first + BATCH]
        mails = [
            Mail(
                id=f"m{first + i}", thread=f"t{first + i}", time=began + timedelta(minutes=first + i),
                subject=one.subject, text=one.text,
            )
            for i, one in enumerate(part)
        ]  # fmt: skip
        for i, read in enumerate(analyze_mails(mails, requests)):
            triage = desk.apply(read, first + i, f"e{first + i}")
            assert triage is not None  # noqa: S101 - ids and offsets are new each time
            clusters.append(triage.cluster or "none")
            named.append(triage.topic.name if triage.topic else NEW)
            languages.append(triage.language)
            priorities.append(triage.priority)
        progress(first + len(part), len(labelled))
    truth = [one.topic for one in labelled]
    report: dict[str, Any] = {
        "model": requests.identity.partition("@")[0],
        "hash": requests.encoder.model.card.sha256,
        "messages": len(labelled),
        "topics": len(set(truth)),
        "clusters": len(set(clusters)),
        "ari": float(adjusted_rand_score(truth, clusters)),
        "nmi": float(normalized_mutual_info_score(truth, clusters)),
    }
    if topics:
        report |= _topic_figures(truth, named)
        report["topic_new"] = named.count(NEW) / len(named)
        spoken = sorted({one.language for one in labelled if one.language})
        if spoken:
            report["per_language"] = {
                language: _topic_figures(
                    [one.topic for one in labelled if one.language == language],
                    [name for name, one in zip(named, labelled, strict=True) if one.language == language],
                )
                for language in spoken
            }
    return report | _labels(labelled, languages, priorities)


def _topic_figures(truth: Sequence[str], named: Sequence[str]) -> dict[str, Any]:
    """Accuracy, and macro-F1 over the topics that occur."""
    names = sorted(set(truth))
    return {
        "topic_accuracy": float(accuracy_score(truth, named)),
        "topic_macro_f1": float(f1_score(truth, named, labels=names, average="macro", zero_division=0)),
    }


def _labels(labelled: list[LabelledMail], languages: Sequence[str], priorities: Sequence[str]) -> dict[str, float]:
    """Figures for labels that not every file has."""
    report: dict[str, float] = {}
    pairs = [(one.language, found) for one, found in zip(labelled, languages, strict=True) if one.language]
    if pairs:
        report["language_accuracy"] = float(accuracy_score(*zip(*pairs, strict=True)))
    ranked = [(one.priority, found) for one, found in zip(labelled, priorities, strict=True) if one.priority]
    if ranked:
        truth, found = (list(column) for column in zip(*ranked, strict=True))
        report["priority_macro_f1"] = float(f1_score(truth, found, labels=sorted(set(truth)), average="macro"))
        urgent = [answer == "urgent" for label, answer in ranked if label == "urgent"]
        if urgent:
            report["urgent_recall"] = sum(urgent) / len(urgent)
        calm = [answer == "urgent" for label, answer in ranked if label != "urgent"]
        if calm:
            report["urgent_false_alarms"] = sum(calm)
            report["urgent_false_alarm_rate"] = sum(calm) / len(calm)
    return report


def read_labelled_mails(path: Path) -> list[LabelledMail]:
    """Read CSV or JSON lines with text (or subject and body), topic (or intent), and maybe lang and priority.

    Raises:
        MailsFileError: a column is missing, or a line can't be used.
    """
    try:
        found = [_labelled(path, line, row) for line, row in _rows(path)]
    except UnicodeDecodeError as error:
        raise MailsFileError(f"{path}: not UTF-8 text: {error}") from error
    if not found:
        raise MailsFileError(f"{path} holds no mail")
    return found


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix.lower() == ".csv":
            rows = csv.DictReader(file)
            try:
                for row in rows:
                    yield rows.line_num, row
            except csv.Error as error:
                raise MailsFileError(f"{path}, line {rows.line_num}: not CSV: {error}") from error
            return
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                raise MailsFileError(f"{path}, line {number}: not JSON: {error}") from error
            if not isinstance(record, dict):
                raise MailsFileError(f"{path}, line {number}: an object is expected")
            yield number, record


def _labelled(path: Path, line: int, row: dict[str, Any]) -> LabelledMail:
    def column(*names: str) -> str:
        """The first of these columns that holds something."""
        found = (str(row[name]).strip() for name in names if row.get(name) is not None)
        return next((value for value in found if value), "")

    topic, text, subject = column("topic", "intent"), column("text", "body"), column("subject")
    if not topic or not (text or subject):
        missing = "topic (or intent)" if not topic else "text (or subject and body)"
        has = ", ".join(str(name) for name in row) or "nothing"
        raise MailsFileError(f"{path}, line {line}: no {missing}; the line has {has}")
    rank = column("priority").lower() or None
    if rank is not None and rank not in PRIORITIES:
        raise MailsFileError(f"{path}, line {line}: priority {rank!r} is none of {', '.join(PRIORITIES)}")
    named = column("lang", "language").lower()
    language = (LANGUAGES.get(named) or LANGUAGES.get(named[:2], "other")) if named else None
    return LabelledMail(subject, text, topic, language, rank)
