"""Every Prometheus series that Pulso exposes, in one place, so that names agree from worker to panel.

Base units, `_total` counters, and no label without a bound: ids come from the venue file, reasons and outcomes
from short lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from schemas.attendance import ATTENDANCE
from schemas.bars import SALES
from schemas.cameras import FRAMES
from schemas.music import SNIPPETS
from schemas.topic import Topic

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

# Models.
MODEL_CHANGES = Counter(
    "pulso_model_changes", "Changes of a worker's models: taken, refused, returned", ["model", "outcome"]
)
MODEL_CONFIDENCE = Gauge("pulso_model_confidence_ratio", "Mean confidence of a model's last answers", ["model"])
MODEL_DRIFT = Gauge(
    "pulso_model_drift_psi", "Population stability index of the last inputs against training", ["model", "statistic"]
)
MODEL_FEEDBACK = Counter("pulso_model_feedback", "Answers that people called right or wrong", ["model", "verdict"])

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
ZONE_FORECAST = Gauge(
    "pulso_zone_forecast_persons", "People expected after so many minutes", ["camera", "zone", "minutes"]
)
ZONE_LIMIT = Gauge(
    "pulso_zone_limit_probability_ratio", "Chance that a zone is full before staff can act", ["camera", "zone"]
)
ZONE_SPEED = Gauge("pulso_zone_speed_metres_per_second", "Mean speed of the people in a zone", ["camera", "zone"])
ZONE_PRESSURE = Gauge(
    "pulso_zone_crowd_pressure_per_square_second", "Density times variance of velocity (Helbing)", ["camera", "zone"]
)
ZONE_COUNTER_FLOW = Gauge("pulso_zone_counter_flow_ratio", "0 all one way, 1 as many the other way", ["camera", "zone"])
GATE_CROSSINGS = Counter("pulso_gate_crossings", "Heads that crossed a gate: in, out", ["gate", "direction"])
VENUE_PERSONS = Gauge("pulso_venue_persons", "People in the venue, by gates, zones and corrections", ["venue"])
CAMERA_BLIND = Gauge("pulso_camera_blind", "1 while a camera's picture can't be trusted", ["camera"])
CAMERA_FRAMES = Counter(
    "pulso_camera_frames", "Frames of a camera: ok (looked at), dropped (no time for them)", ["camera", "outcome"]
)
VIOLENCE = Gauge("pulso_violence_probability", "Probability that a fight is seen now", ["camera"])

# Bars.
SOLD = Gauge("pulso_bar_sold_units", "Units sold so far", ["bar", "product"])
STOCK = Gauge("pulso_bar_stock_units", "Units left", ["bar", "product"])
STOCK_COMING = Gauge("pulso_bar_stock_coming_units", "Units that somebody is fetching", ["bar", "product"])
STOCK_OVERSOLD = Gauge("pulso_bar_oversold_units", "Units sold beyond what the ledger knew", ["bar", "product"])
STOCK_MISSING = Gauge("pulso_bar_missing_units", "Units that counts found missing", ["bar", "product"])
DEMAND = Gauge("pulso_bar_demand_units", "Mean units expected within the horizon", ["bar", "product", "minutes"])
DRIFTS = Gauge("pulso_bar_demand_drifts", "Times that a bar's demand changed its ways (ADWIN)", ["bar"])
RUN_OUT = Gauge(
    "pulso_bar_run_out_probability_ratio", "Chance of running out before a delivery arrives", ["bar", "product"]
)

# Support.
MAILS = Counter("pulso_mails", "Mails read", ["language", "priority"])
CLUSTERS = Gauge("pulso_mail_clusters", "Clusters alive")
POSTS = Counter("pulso_posts", "Social posts read", ["language", "sentiment"])
POSTS_NEGATIVE = Gauge("pulso_posts_negative_ratio", "Negative among the last posts about a subject", ["subject"])
CORRECTIONS = Counter("pulso_support_corrections", "What people taught the desk, or asked it to forget", ["action"])

# Music.
MOOD = Gauge("pulso_stage_mood_probability_ratio", "Probability of each mood", ["stage", "mood"])
GENRE = Gauge("pulso_stage_genre_probability_ratio", "Probability of each genre", ["stage", "genre"])
TEMPO = Gauge("pulso_stage_tempo_hertz", "Beats per second", ["stage"])
LOUDNESS = Gauge("pulso_stage_loudness_dbfs", "Loudness of the last fragment", ["stage"])

# Alerts.
ALERTS = Counter("pulso_alerts", "Steps in the life of alerts, as written to Redis", ["rule", "state", "severity"])
ALERTS_OPEN = Gauge("pulso_alerts_open", "Alerts that nobody and nothing has closed", ["rule"])
NOTIFICATIONS = Counter(
    "pulso_notifications", "Messages to phones and chats: sent, failed (tried again), dropped", ["contact", "outcome"]
)
ALERT_DELAY = Histogram(
    "pulso_alert_delay_seconds",
    "From the source handing an event over to its alert in Redis",
    ["rule"],
    buckets=_DELAYS,
)
ALERTS_TOLD = Counter("pulso_alerts_told", "Alerts raised, by whom they call", ["audience"])
ALERTS_JUDGED = Gauge("pulso_alerts_judged", "Verdicts that a rule's precision is of, at most 30", ["rule"])
ALERT_PRECISION = Gauge(
    "pulso_alert_precision_ratio", "Confirmed among the last alerts of a rule that people judged", ["rule"]
)

OF_KEY: dict[Topic[Any], tuple[Gauge, ...]] = {
    FRAMES: (
        ZONE_PERSONS, ZONE_DENSITY, ZONE_FORECAST, ZONE_LIMIT, ZONE_SPEED, ZONE_PRESSURE, ZONE_COUNTER_FLOW,
        CAMERA_BLIND, VIOLENCE,
    ),
    ATTENDANCE: (VENUE_PERSONS,),
    SALES: (SOLD, STOCK, STOCK_COMING, STOCK_OVERSOLD, STOCK_MISSING, DEMAND, DRIFTS, RUN_OUT),
    SNIPPETS: (MOOD, GENRE, TEMPO, LOUDNESS),
}  # fmt: skip
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
