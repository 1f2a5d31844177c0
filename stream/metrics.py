"""Every Prometheus series that Pulso exposes, in one place, so that names agree from worker to panel.

Base units, `_total` counters, and no label without a bound: ids come from the venue file, reasons and outcomes
from short lists.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

from schemas.topics import FRAMES, SALES, SNIPPETS, Topic

_DELAYS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

# Every worker.
READY = Gauge("pulso_worker_ready", "1 while the worker has its partitions and its state", ["worker"])
EVENTS = Counter(
    "pulso_events", "Events read, by what became of them: ok, dead, dropped", ["worker", "topic", "outcome"]
)
RESULTS = Counter("pulso_results", "Results sent", ["worker", "topic"])
DEAD_LETTERS = Counter("pulso_dead_letters", "Events that could not be used", ["worker", "topic", "reason"])
BATCH_SECONDS = Histogram("pulso_batch_seconds", "Time to work on one micro-batch", ["worker"], buckets=_DELAYS)
EVENT_DELAY = Histogram(
    "pulso_event_delay_seconds", "From the source handing an event over to its result", ["worker"], buckets=_DELAYS
)
LAG = Gauge("pulso_consumer_lag_events", "Events not yet read", ["worker", "topic", "partition"])

# Sources.
SOURCE_UP = Gauge("pulso_source_up", "1 while a source delivers", ["kind", "source"])
SOURCE_EVENTS = Counter(
    "pulso_source_events", "Events handed to Kafka: sent, refused, failed", ["kind", "source", "outcome"]
)
SOURCE_RECONNECTS = Counter("pulso_source_reconnects", "Times a source was lost and opened again", ["kind", "source"])
SOURCE_LAST_EVENT = Gauge(
    "pulso_source_last_event_timestamp_seconds", "Wall clock of the last event", ["kind", "source"]
)

# Vision.
ZONE_PERSONS = Gauge("pulso_zone_persons", "People seen in a zone by a camera", ["camera", "zone"])
ZONE_DENSITY = Gauge("pulso_zone_density_persons_per_square_metre", "Density of a zone", ["camera", "zone"])
CAMERA_BLIND = Gauge("pulso_camera_blind", "1 while a camera's picture can't be trusted", ["camera"])
VIOLENCE = Gauge("pulso_violence_probability", "Probability that a fight is seen now", ["camera"])

# Bars.
SOLD = Gauge("pulso_bar_sold_units", "Units sold so far", ["bar", "product"])
STOCK = Gauge("pulso_bar_stock_units", "Units left", ["bar", "product"])
DEMAND = Gauge("pulso_bar_demand_units", "Mean units expected within the horizon", ["bar", "product", "minutes"])
RUN_OUT = Gauge(
    "pulso_bar_run_out_probability_ratio", "Chance of running out before a delivery arrives", ["bar", "product"]
)

# Support.
MAILS = Counter("pulso_mails", "Mails read", ["language", "priority"])
CLUSTERS = Gauge("pulso_mail_clusters", "Clusters alive")
CORRECTIONS = Counter("pulso_support_corrections", "What people taught the desk, or asked it to forget", ["action"])

# Music.
MOOD = Gauge("pulso_stage_mood_probability_ratio", "Probability of each mood", ["stage", "mood"])
GENRE = Gauge("pulso_stage_genre_probability_ratio", "Probability of each genre", ["stage", "genre"])
TEMPO = Gauge("pulso_stage_tempo_hertz", "Beats per second", ["stage"])
LOUDNESS = Gauge("pulso_stage_loudness_dbfs", "Loudness of the last fragment", ["stage"])

# Alerts.
ALERTS = Counter("pulso_alerts", "Steps in the life of alerts, as written to Redis", ["rule", "state", "severity"])
ALERTS_OPEN = Gauge("pulso_alerts_open", "Alerts that nobody and nothing has closed", ["rule"])
ALERT_DELAY = Histogram(
    "pulso_alert_delay_seconds",
    "From the source handing an event over to its alert in Redis",
    ["rule"],
    buckets=_DELAYS,
)

OF_KEY: dict[Topic, tuple[Gauge, ...]] = {
    FRAMES: (ZONE_PERSONS, ZONE_DENSITY, CAMERA_BLIND, VIOLENCE),
    SALES: (SOLD, STOCK, DEMAND, RUN_OUT),
    SNIPPETS: (MOOD, GENRE, TEMPO, LOUDNESS),
}
"""Gauges that tell of a topic's key, which is their first label."""


def forget(gauge: Gauge, gone: Callable[[dict[str, str]], bool]) -> None:
    """Remove the series of a gauge whose labels are `gone`: another worker tells of them now.

    >>> seats = Gauge("doctest_seats", "", ["bar", "row"], registry=None)
    >>> for bar in ("north", "south"):
    ...     seats.labels(bar, "1").set(5)
    >>> forget(seats, lambda labels: labels["bar"] == "north")
    >>> [sample.labels["bar"] for family in seats.collect() for sample in family.samples]
    ['south']
    """
    for family in list(gauge.collect()):
        for sample in family.samples:
            if gone(sample.labels):
                gauge.remove(*sample.labels.values())
