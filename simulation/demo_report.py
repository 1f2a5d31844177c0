"""Report of a demo run: events, results, alerts, audiences and delays, as measured by Kafka, Redis and Prometheus."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np

from schemas.alerts import Alert
from schemas.assistant import ASSISTANT_ANSWERS, QUESTIONS
from schemas.bars import DEMAND, SALES
from schemas.cameras import FRAMES
from schemas.context import CONTEXT
from schemas.crowd import CROWD
from schemas.ids import AlertId
from schemas.itinerary import PLANS, WISHES
from schemas.music import SNIPPETS, TAGS
from schemas.recommendations import RECOMMENDATIONS, TASTE_EVENTS
from schemas.support import MAILS, TRIAGE
from schemas.topic import Topic
from schemas.violence import VIOLENCE
from simulation.alert_reader import AlertDelivery
from simulation.player import PlaybackCounts
from simulation.result_collector import TopicResults
from stream.features import registry

RESULT_TOPICS_BY_INPUT: dict[str, tuple[Topic[Any], ...]] = {
    FRAMES.name: (CROWD, VIOLENCE),
    SALES.name: (DEMAND,),
    MAILS.name: (TRIAGE,),
    SNIPPETS.name: (TAGS,),
    CONTEXT.name: (),
    TASTE_EVENTS.name: (RECOMMENDATIONS,),
    WISHES.name: (PLANS,),
    QUESTIONS.name: (ASSISTANT_ANSWERS,),
}
"""Result topics by input topic."""

_QUERIES = {
    "series": 'count({__name__=~"pulso_.+"})',
    "workers_ready": "sum(pulso_worker_ready)",
    "events": "sum by (topic, outcome) (pulso_events_total)",
    "results": "sum by (topic) (pulso_results_total)",
    "alerts_raised": 'sum by (rule) (pulso_alerts_total{state="raised"})',
    "alerts_open": "sum by (rule) (pulso_alerts_open)",
    "dead_letters": "sum by (topic, reason) (pulso_dead_letters_total)",
    "alert_delay_seconds_p50": "histogram_quantile(0.5, sum by (le) (pulso_alert_delay_seconds_bucket))",
    "alert_delay_seconds_p99": "histogram_quantile(0.99, sum by (le) (pulso_alert_delay_seconds_bucket))",
    "event_delay_seconds_p50": "histogram_quantile(0.5, sum by (worker, le) (pulso_event_delay_seconds_bucket))",
    "event_delay_seconds_p99": "histogram_quantile(0.99, sum by (worker, le) (pulso_event_delay_seconds_bucket))",
    "consumer_lag_events": "sum by (worker, topic) (pulso_consumer_lag_events)",
}


@dataclass(frozen=True, slots=True)
class DelayQuantiles:
    """Quantiles of delays in seconds; None without samples."""

    samples: int
    p50: float | None
    p99: float | None

    @classmethod
    def of(cls, delays: Iterable[float]) -> DelayQuantiles:
        """Compute the quantiles of some delays.

        >>> DelayQuantiles.of([1.0, 2.0, 3.0])
        DelayQuantiles(samples=3, p50=2.0, p99=2.98)
        """
        values = np.fromiter(delays, float)
        if not values.size:
            return cls(0, None, None)
        p50, p99 = np.quantile(values, [0.5, 0.99])
        return cls(values.size, round(float(p50), 4), round(float(p99), 4))


def machine_facts() -> dict[str, Any]:
    """Return properties of the machine that figures depend on; none of them identifies its owner."""
    facts: dict[str, Any] = {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        facts["memory_gib"] = round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
    return facts


@dataclass(slots=True)
class DemoReport:
    """Content of `demo-report.json`."""

    input: str
    seed: int
    seconds: dict[str, float]
    topics: dict[str, Any]
    alerts: dict[str, Any]
    prometheus: dict[str, Any]
    dead_letters: dict[str, int]
    left_out: dict[str, int] = field(default_factory=dict)
    """Number of images and sound fragments that were skipped because their workers were behind, by stream."""
    evenings: int = 1
    machine: dict[str, Any] = field(default_factory=machine_facts)
    story: list[dict[str, Any]] = field(default_factory=list)
    """Story steps with expected and raised alerts, see `simulation.story.story_report`."""
    silent: list[str] = field(default_factory=list)
    """Expected result topics without any record."""
    error: str = ""
    """Reason why playback ended early; empty if it did not."""

    def write(self, path: Path) -> None:
        """Write the report as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def topics_part(
    counts: Mapping[str, int], results: Mapping[str, TopicResults], played: PlaybackCounts
) -> dict[str, Any]:
    """Return events in, results out with their delays, and dead letters, by input topic.

    Args:
        counts: number of records on each topic in this run, from Kafka's offsets.
    """
    return {
        name: {
            "events_in": counts.get(name, 0),
            "sent_by_demo": played.sent[name],
            "results_out": {topic.name: counts.get(topic.name, 0) for topic in answers},
            "seconds_to_result": {
                topic.name: asdict(DelayQuantiles.of(results[topic.name].delays))
                for topic in answers
                if topic.name in results
            },
            "dead_letters": counts.get(registry.topics_by_name()[name].dead.name, 0),
        }
        for name, answers in RESULT_TOPICS_BY_INPUT.items()
    }


def alerts_part(delivered: Sequence[AlertDelivery], open_now: Sequence[Alert]) -> dict[str, Any]:
    """Return alerts by rule, audience and severity; an alert for two audiences counts once, by its first delivery."""
    first: dict[tuple[AlertId, int], AlertDelivery] = {}
    for step in delivered:
        earliest = first.setdefault((step.alert.id, step.alert.version), step)
        if step.delay < earliest.delay:
            first[step.alert.id, step.alert.version] = step
    raised = [step for step in first.values() if step.alert.state == "raised"]
    by_rule: dict[str, Any] = {}
    for rule in sorted({step.alert.rule for step in first.values()}):
        states = Counter(step.alert.state for step in first.values() if step.alert.rule == rule)
        by_rule[rule] = {
            "steps": dict(sorted(states.items())),
            "raised": states["raised"],
            "open": sum(alert.rule == rule for alert in open_now),
            "seconds_from_event": asdict(DelayQuantiles.of(step.delay for step in raised if step.alert.rule == rule)),
        }
    audiences = Counter(step.audience for step in delivered if step.alert.state == "raised")
    return {
        "raised": len(raised),
        "open": len(open_now),
        "by_rule": by_rule,
        "raised_by_audience": dict(sorted(audiences.items())),
        "raised_by_severity": dict(sorted(Counter(step.alert.severity for step in raised).items())),
        "seconds_from_event": asdict(DelayQuantiles.of(step.delay for step in raised)),
    }


def prometheus_part(url: str | None, timeout_s: float = 10) -> dict[str, Any]:
    """Return the number of Pulso series, the targets and some values from Prometheus; a failure is in `error`."""
    if url is None:
        return {"error": "Prometheus is not running"}
    try:
        values = {
            name: _value(_get(url, "/api/v1/query", {"query": query}, timeout_s)) for name, query in _QUERIES.items()
        }
        targets = _get(url, "/api/v1/targets", {"state": "active"}, timeout_s)["activeTargets"]
    except (URLError, OSError, KeyError, ValueError) as error:
        return {"error": f"Prometheus at {url} cannot be queried: {error}"}
    health = {_target(target["labels"]): target["health"] for target in targets}
    series = values.pop("series")
    return {
        "series": int(series) if isinstance(series, float) else 0,
        "targets": len(targets),
        "targets_up": sum(t["health"] == "up" for t in targets),
        "targets_health": health,
        "values": values,
    }


def silent_topics(counts: Mapping[str, int], expected: Iterable[Topic[Any]]) -> list[str]:
    """Return the names of the expected result topics that have no record.

    >>> silent_topics({"crowd.counts": 3}, [CROWD, TAGS])
    ['music.tags']
    """
    return [topic.name for topic in expected if not counts.get(topic.name)]


def _get(url: str, path: str, parameters: dict[str, str], timeout_s: float) -> dict[str, Any]:
    address = f"{url.rstrip('/')}{path}?{urlencode(parameters)}"
    if not address.startswith(("http://", "https://")):
        raise ValueError(f"{url} is not an HTTP address")
    with urlopen(address, timeout=timeout_s) as answer:  # nosec B310 # noqa: S310 - the scheme is checked above
        data: dict[str, Any] = json.load(answer)["data"]
    return data


def _target(labels: dict[str, str]) -> str:
    return labels.get("component") or f"{labels.get('job', '')} {labels.get('instance', '')}".strip()


def _value(data: dict[str, Any]) -> dict[str, float | None] | float | None:
    """Return a number, or numbers by their labels; NaN, which JSON does not have, becomes None."""
    rows: dict[str, float | None] = {}
    for row in data["result"]:
        number = float(row["value"][1])
        labels = " ".join(str(value) for _, value in sorted(row["metric"].items()))
        rows[labels] = round(number, 4) if np.isfinite(number) else None
    return rows.get("") if set(rows) <= {""} else rows
