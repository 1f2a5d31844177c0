"""Figures of the models of the last days, from the model store, Kafka and Prometheus, as far as these answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
from msgspec import Struct, field
from sklearn.metrics import f1_score

from processors.models.inference import ModelCard, read_card
from schemas.alerts import ALERTS, Alert
from schemas.models import FEEDBACK, ModelFeedback
from schemas.topic import Topic
from stream.registry.model_store import HistoryEntry, ModelStore
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import NotConnectedError, Settings
from stream.runtime.topic_reader import read_all

Series = dict[str, list[tuple[datetime, float]]]

POINTS = 200
"""Points of each line of a plot."""

QUERIES = {
    "latency": "histogram_quantile(0.99, sum by (worker, le) (rate(pulso_event_delay_seconds_bucket[WINDOW])))",
    "confidence": "avg by (model) (avg_over_time(pulso_model_confidence_ratio[WINDOW]))",
    "drift": "max by (model, statistic) (avg_over_time(pulso_model_drift_psi[WINDOW]))",
}


class ModelSummary(Struct, frozen=True):
    """One model: the card in use, its evaluation at the promotion, and its recent history."""

    name: str
    version: str
    card: ModelCard
    evaluation: Mapping[str, Any]
    steps: list[HistoryEntry]


class FeedbackFigures(Struct, frozen=True):
    """Corrections of one model's output by people."""

    judged: int
    accuracy: float
    macro_f1: float
    confused: list[tuple[str, str, int]]
    """Label of the model, right label, number of cases; the most frequent first."""


class VerdictCounts(Struct, frozen=True):
    """Verdicts of people on the alerts of one rule."""

    confirmed: int
    rejected: int


class Report(Struct):
    """Content of the page; `missing` names what could not be queried, with the reason."""

    made: datetime
    since: datetime
    models: list[ModelSummary] = field(default_factory=list)
    feedback: dict[str, FeedbackFigures] = field(default_factory=dict)
    verdicts: dict[str, VerdictCounts] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def collect_report(settings: Settings, store: ModelStore, *, days: float) -> Report:
    """Query the store, Kafka and Prometheus; what does not answer is named on the page."""
    now = datetime.now(UTC)
    report = Report(now, now - timedelta(days=days))
    report.models = [_model(store, name, report.since) for name in store.names()]

    def query(what: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # a server that fails must not cost the rest of the page
            report.missing.append(f"{what}: {error}")

    def feedback() -> None:
        given = [record for record in _records(settings, FEEDBACK, ModelFeedback) if record.time >= report.since]
        report.feedback = {
            name: feedback_figures([f for f in given if f.model == name]) for name in sorted({f.model for f in given})
        }

    def verdicts() -> None:
        alerts = [alert for alert in _records(settings, ALERTS, Alert) if alert.time >= report.since]
        report.verdicts = verdict_counts(alerts)

    query("corrections", feedback)
    query("verdicts on alerts", verdicts)
    for name, promql in QUERIES.items():
        query(name, lambda name=name, promql=promql: report.series.update({name: _range(settings, promql, report)}))  # type: ignore[misc]
    return report


def feedback_figures(feedback: list[ModelFeedback]) -> FeedbackFigures:
    """Return accuracy, macro-F1 and confusions of corrections; of several on one result the last counts.

    >>> when = datetime(2026, 7, 4, tzinfo=UTC)
    >>> one = ModelFeedback(
    ...     id="1", model="mood", subject="main", event_id="e", said="sad", right="relax", by="eva", time=when
    ... )
    >>> feedback_figures([one]).confused
    [('sad', 'relax', 1)]
    """
    last = {one.event_id: one for one in sorted(feedback, key=lambda one: one.time)}.values()
    said, right = [one.said for one in last], [one.right for one in last]
    wrong = Counter((s, r) for s, r in zip(said, right, strict=True) if s != r)
    return FeedbackFigures(
        judged=len(last),
        accuracy=1 - wrong.total() / len(last),
        macro_f1=float(f1_score(right, said, labels=sorted(set(right)), average="macro", zero_division=0)),
        confused=[(s, r, number) for (s, r), number in wrong.most_common(10)],
    )


def verdict_counts(alerts: list[Alert]) -> dict[str, VerdictCounts]:
    """Return the number of verdicts by rule; of each alert the last one counts."""
    last = {alert.id: alert for alert in sorted(alerts, key=lambda alert: alert.version) if alert.verdict}
    counters: dict[str, Counter[str]] = {}
    for alert in last.values():
        counters.setdefault(alert.rule, Counter())[str(alert.verdict)] += 1
    return {rule: VerdictCounts(counts["confirmed"], counts["rejected"]) for rule, counts in sorted(counters.items())}


def _model(store: ModelStore, name: str, since: datetime) -> ModelSummary:
    folder = store.folder(name)
    try:
        evaluation = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        evaluation = {}
    steps = [step for step in store.history(name) if step.time >= since]
    return ModelSummary(name, store.pointer(name).version, read_card(folder), evaluation, steps)


def _records(settings: Settings, topic: Topic[Any], kind: Any) -> list[Any]:
    if settings.kafka is None:
        raise NotConnectedError("no Kafka: run `pulso up` or set PULSO_KAFKA")
    decoder = msgspec.json.Decoder(kind)
    read = (
        try_decode_payload(decoder, message.value(), topic.event_type) for message in read_all(settings, topic.name)
    )
    return [record for record in read if record is not None]


def _range(settings: Settings, query: str, report: Report) -> Series:
    if settings.prometheus is None:
        raise NotConnectedError("no Prometheus: run `pulso up` or set PULSO_PROMETHEUS")
    seconds = (report.made - report.since).total_seconds()
    step = max(15.0, seconds / POINTS)
    answer = httpx.get(
        f"{settings.prometheus}/api/v1/query_range",
        params={
            "query": query.replace("WINDOW", f"{max(60, round(step))}s"),
            "start": report.since.timestamp(),
            "end": report.made.timestamp(),
            "step": step,
        },
        timeout=20,
    )
    answer.raise_for_status()
    series: Series = {}
    for one in answer.json()["data"]["result"]:
        values = [(datetime.fromtimestamp(at, UTC), float(value)) for at, value in one["values"] if value != "NaN"]
        if values:
            series[" ".join(one["metric"].values())] = values
    return series
