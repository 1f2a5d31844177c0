"""Evaluation of clusters, topics, languages and priorities on labelled mails, in their order of arrival."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct
from sklearn.metrics import accuracy_score, adjusted_rand_score, f1_score, normalized_mutual_info_score

from processors.csv_table import CellError, TableError, read_table
from processors.support.desk import SupportDesk
from processors.support.mail_analysis import analyze_mails
from processors.support.priority import PRIORITIES
from processors.support.requests import RequestClassifier
from processors.support.topics import TopicClassifier, read_topics, topic_examples
from schemas.errors import PulsoError
from schemas.ids import EventId
from schemas.support import Mail

BATCH = 256
NO_TOPIC = "new"
"""Label of mails that were classified as none of the topics."""

LANGUAGES = {"es": "es", "en": "en", "spanish": "es", "español": "es", "castellano": "es", "inglés": "en"}
"""Names of the two languages in files of mails; any other name is another language."""


class MailsFileError(PulsoError, ValueError):
    """The file of mails can't be used; the message states line and reason."""


class LabelledMail(Struct, frozen=True):
    """A mail with the labels that people gave it."""

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
    """File all mails, one every minute, and compare the results with the labels.

    Clusters are scored by the adjusted Rand index (Hubert and Arabie, 1985) and normalised mutual information: with the
    cluster that each mail got when it came, and (`_at_the_end`) with the one that has it after the last mail. A mail
    that is alone in its cluster, "not grouped yet", is scored as a cluster of its own, and counted apart.

    Args:
        path: labelled mails, as `read_labelled_mails` reads them.
        topics: file of topics, or None.
        requests: request classifier.
        progress: called with the number of mails done and of all.

    Raises:
        MailsFileError: a column is missing, or a line is not valid.
        TopicsFileError: the file of topics is not valid.
    """
    labelled = read_labelled_mails(path)
    desk = SupportDesk(
        None, requests, TopicClassifier(topic_examples(read_topics(topics)), requests) if topics else None
    )
    began = datetime(2026, 1, 1, tzinfo=UTC)
    clusters, parts, predicted_topics, second_topics = [], [], [], []
    languages, priorities = [], []
    for first in range(0, len(labelled), BATCH):
        batch = labelled[first : first + BATCH]
        mails = [
            Mail(
                id=f"m{first + i}", thread=f"t{first + i}", time=began + timedelta(minutes=first + i),
                subject=labels.subject, text=labels.text,
            )
            for i, labels in enumerate(batch)
        ]  # fmt: skip
        for i, analysis in enumerate(analyze_mails(mails, requests)):
            triage = desk.apply(analysis, first + i, EventId(f"e{first + i}"))
            if triage is None:
                raise RuntimeError(f"mail {first + i} was filed before, although its id and offset are new")
            clusters.append(triage.cluster or f"none {first + i}")
            parts.append(triage.cluster_part)
            predicted_topics.append(triage.topic.name if triage.topic else NO_TOPIC)
            second_topics.append(triage.second_topic.name if triage.second_topic else NO_TOPIC)
            languages.append(triage.language)
            priorities.append(triage.priority)
        progress(first + len(batch), len(labelled))
    truth = [mail.topic for mail in labelled]
    final = [
        (desk.current_cluster(part) if part else None) or cluster for part, cluster in zip(parts, clusters, strict=True)
    ]
    report: dict[str, Any] = {
        "model": requests.identity.partition("@")[0],
        "hash": requests.encoder.model.card.sha256,
        "messages": len(labelled),
        "topics": len(set(truth)),
        **_cluster_figures(truth, clusters),
        **{f"{name}_at_the_end": value for name, value in _cluster_figures(truth, final).items()},
    }
    if topics:
        report |= _topic_figures(truth, predicted_topics)
        pairs = list(zip(truth, predicted_topics, second_topics, strict=True))
        report["topic_either"] = sum(label in either for label, *either in pairs) / len(pairs)
        report["second_topics"] = sum(second != NO_TOPIC for _, _, second in pairs) / len(pairs)
        report["topic_new"] = predicted_topics.count(NO_TOPIC) / len(predicted_topics)
        mail_languages = sorted({mail.language for mail in labelled if mail.language})
        if mail_languages:
            report["per_language"] = {
                language: _topic_figures(
                    [mail.topic for mail in labelled if mail.language == language],
                    [
                        topic
                        for topic, mail in zip(predicted_topics, labelled, strict=True)
                        if mail.language == language
                    ],
                )
                for language in mail_languages
            }
    return report | _other_figures(labelled, languages, priorities)


def _cluster_figures(truth: Sequence[str], clusters: Sequence[str]) -> dict[str, Any]:
    sizes = Counter(clusters)
    alone = sum(size == 1 for size in sizes.values())
    return {
        "clusters": len(sizes) - alone,
        "not_grouped": alone,
        "ari": float(adjusted_rand_score(truth, clusters)),
        "nmi": float(normalized_mutual_info_score(truth, clusters)),
    }


def _topic_figures(truth: Sequence[str], predicted: Sequence[str]) -> dict[str, Any]:
    """Return accuracy, and macro-F1 over the topics that occur."""
    names = sorted(set(truth))
    return {
        "topic_accuracy": float(accuracy_score(truth, predicted)),
        "topic_macro_f1": float(f1_score(truth, predicted, labels=names, average="macro", zero_division=0)),
    }


def _other_figures(
    labelled: list[LabelledMail], languages: Sequence[str], priorities: Sequence[str]
) -> dict[str, float]:
    """Return the figures of the labels language and priority, which not every file has."""
    report: dict[str, float] = {}
    pairs = [(mail.language, result) for mail, result in zip(labelled, languages, strict=True) if mail.language]
    if pairs:
        report["language_accuracy"] = float(accuracy_score(*zip(*pairs, strict=True)))
    ranked = [(mail.priority, result) for mail, result in zip(labelled, priorities, strict=True) if mail.priority]
    if ranked:
        truth, predicted = (list(column) for column in zip(*ranked, strict=True))
        report["priority_macro_f1"] = float(f1_score(truth, predicted, labels=sorted(set(truth)), average="macro"))
        urgent = [result == "urgent" for label, result in ranked if label == "urgent"]
        if urgent:
            report["urgent_recall"] = sum(urgent) / len(urgent)
        false_alarms = [result == "urgent" for label, result in ranked if label != "urgent"]
        if false_alarms:
            report["urgent_false_alarms"] = sum(false_alarms)
            report["urgent_false_alarm_rate"] = sum(false_alarms) / len(false_alarms)
    return report


def read_labelled_mails(path: Path) -> list[LabelledMail]:
    """Read CSV or JSON lines with the columns text (or subject and body), topic (or intent), lang and priority.

    The columns lang and priority may be missing.

    Raises:
        MailsFileError: another column is missing, or a line is not valid.
    """
    try:
        mails = [_labelled_mail(path, line, row) for line, row in mail_rows(path)]
    except UnicodeDecodeError as error:
        raise MailsFileError(f"{path}: not UTF-8 text: {error}") from error
    if not mails:
        raise MailsFileError(f"{path} holds no mail")
    return mails


def mail_rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield the line number and the columns of each mail in a CSV file or JSON lines.

    Raises:
        MailsFileError: a line is not valid.
    """
    return _csv_rows(path) if path.suffix.lower() == ".csv" else _json_rows(path)


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    try:
        table = read_table(path)
    except TableError as error:
        raise MailsFileError(str(error)) from error
    for row in table.rows:
        try:
            row.check_length()
        except CellError as error:
            raise MailsFileError(f"{path}, line {row.line}: {error}") from error
        yield row.line, row.cells


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
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


def _labelled_mail(path: Path, line: int, row: Mapping[str, object]) -> LabelledMail:
    topic, text = first_value(row, "topic", "intent"), first_value(row, "text", "body")
    subject = first_value(row, "subject")
    if not topic or not (text or subject):
        missing = "topic (or intent)" if not topic else "text (or subject and body)"
        has = ", ".join(str(name) for name in row) or "nothing"
        raise MailsFileError(f"{path}, line {line}: no {missing}; the line has {has}")
    priority = first_value(row, "priority").lower() or None
    if priority is not None and priority not in PRIORITIES:
        raise MailsFileError(
            f"{path}, line {line}: {priority!r} is not a valid priority; valid are {', '.join(PRIORITIES)}"
        )
    name = first_value(row, "lang", "language").lower()
    language = (LANGUAGES.get(name) or LANGUAGES.get(name[:2], "other")) if name else None
    return LabelledMail(subject, text, topic, language, priority)


def first_value(row: Mapping[str, object], *columns: str) -> str:
    """Return the value of the first of these columns that is not empty."""
    values = (str(row[column]).strip() for column in columns if row.get(column) is not None)
    return next((value for value in values if value), "")
