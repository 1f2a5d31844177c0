"""What is known of the models of the last days: from the store, from Kafka, from Prometheus, as far as they answer."""

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
from stream.registry.model_store import ModelStore, Step
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all

Series = dict[str, list[tuple[datetime, float]]]

POINTS = 200
"""of each line of a plot"""

QUERIES = {
    "latency": "histogram_quantile(0.99, sum by (worker, le) (rate(pulso_event_delay_seconds_bucket[WINDOW])))",
    "confidence": "avg by (model) (avg_over_time(pulso_model_confidence_ratio[WINDOW]))",
    "drift": "max by (model, statistic) (avg_over_time(pulso_model_drift_psi[WINDOW]))",
}


class Model(Struct, frozen=True):
    """One model: the card in use, its evaluation at the promotion, and what happened to it."""

    name: str
    version: str
    card: ModelCard
    evaluation: Mapping[str, Any]
    steps: list[Step]


class Feedback(Struct, frozen=True):
    """What people said of one model's answers."""

    judged: int
    accuracy: float
    macro_f1: float
    confused: list[tuple[str, str, int]]
    """what it said, what was right, how often; the most frequent first"""


class Verdicts(Struct, frozen=True):
    """What people said of one rule's alerts."""

    confirmed: int
    rejected: int


class Report(Struct):
    """Everything on the page; `missing` says what could not be asked, and why."""

    made: datetime
    since: datetime
    models: list[Model] = field(default_factory=list)
    feedback: dict[str, Feedback] = field(default_factory=dict)
    verdicts: dict[str, Verdicts] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def gather(settings: Settings, store: ModelStore, *, days: float) -> Report:
    """Ask everyone; who does not answer is named on the page."""
    now = datetime.now(UTC)
    report = Report(now, now - timedelta(days=days))
    report.models = [_model(store, name, report.since) for name in store.names()]

    def ask(what: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # whatever is wrong with a server: the rest of the page is still worth having
            report.missing.append(f"{what}: {error}")

    def feedback() -> None:
        told = [one for one in _records(settings, FEEDBACK, ModelFeedback) if one.time >= report.since]
        report.feedback = {
            name: feedback_of([f for f in told if f.model == name]) for name in sorted({f.model for f in told})
        }

    def verdicts() -> None:
        alerts = [one for one in _records(settings, ALERTS, Alert) if one.time >= report.since]
        report.verdicts = verdicts_of(alerts)

    ask("corrections", feedback)
    ask("verdicts on alerts", verdicts)
    for name, query in QUERIES.items():
        ask(name, lambda name=name, query=query: report.series.update({name: _range(settings, query, report)}))  # type: ignore[misc]
    return report


def feedback_of(told: list[ModelFeedback]) -> Feedback:
    """Figures of corrections; of several on one result the last counts.

    >>> when = datetime(2026, 7, 4, tzinfo=UTC)
    >>> one = ModelFeedback(
    ...     id="1", model="mood", subject="main", event_id="e", said="sad", right="relax", by="eva", time=when
    ... )
    >>> feedback_of([one]).confused
    [('sad', 'relax', 1)]
    """
    last = {one.event_id: one for one in sorted(told, key=lambda one: one.time)}.values()
    said, right = [one.said for one in last], [one.right for one in last]
    wrong = Counter((s, r) for s, r in zip(said, right, strict=True) if s != r)
    return Feedback(
        judged=len(last),
        accuracy=1 - wrong.total() / len(last),
        macro_f1=float(f1_score(right, said, labels=sorted(set(right)), average="macro", zero_division=0)),
        confused=[(s, r, number) for (s, r), number in wrong.most_common(10)],
    )


def verdicts_of(alerts: list[Alert]) -> dict[str, Verdicts]:
    """By rule; of each alert its last verdict."""
    last = {alert.id: alert for alert in sorted(alerts, key=lambda alert: alert.version) if alert.verdict}
    found: dict[str, Counter[str]] = {}
    for alert in last.values():
        found.setdefault(alert.rule, Counter())[str(alert.verdict)] += 1
    return {rule: Verdicts(counts["confirmed"], counts["rejected"]) for rule, counts in sorted(found.items())}


def _model(store: ModelStore, name: str, since: datetime) -> Model:
    folder = store.folder(name)
    try:
        evaluation = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        evaluation = {}
    steps = [step for step in store.history(name) if step.time >= since]
    return Model(name, store.pointer(name).version, read_card(folder), evaluation, steps)


def _records(settings: Settings, topic: Topic[Any], kind: Any) -> list[Any]:
    if settings.kafka is None:
        raise RuntimeError("no Kafka: run `pulso up` or set PULSO_KAFKA")
    decoder = msgspec.json.Decoder(kind)
    read = (
        try_decode_payload(decoder, message.value(), topic.event_type) for message in read_all(settings, topic.name)
    )
    return [record for record in read if record is not None]


def _range(settings: Settings, query: str, report: Report) -> Series:
    if settings.prometheus is None:
        raise RuntimeError("no Prometheus: run `pulso up` or set PULSO_PROMETHEUS")
    seconds = (report.made - report.since).total_seconds()
    step = max(15.0, seconds / POINTS)
    said = httpx.get(
        f"{settings.prometheus}/api/v1/query_range",
        params={
            "query": query.replace("WINDOW", f"{max(60, round(step))}s"),
            "start": report.since.timestamp(),
            "end": report.made.timestamp(),
            "step": step,
        },
        timeout=20,
    )
    said.raise_for_status()
    found: Series = {}
    for one in said.json()["data"]["result"]:
        values = [(datetime.fromtimestamp(at, UTC), float(value)) for at, value in one["values"] if value != "NaN"]
        if values:
            found[" ".join(one["metric"].values())] = values
    return found
