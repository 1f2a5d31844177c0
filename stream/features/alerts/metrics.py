"""Prometheus series of alerts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from stream.runtime.metrics import DELAY_BUCKETS

ALERTS = Counter("pulso_alerts", "Steps in the life of alerts, as written to Redis", ["rule", "state", "severity"])
ALERTS_OPEN = Gauge("pulso_alerts_open", "Alerts that nobody and nothing has closed", ["rule"])
NOTIFICATIONS = Counter(
    "pulso_notifications", "Messages to phones and chats: sent, failed (tried again), dropped", ["contact", "outcome"]
)
ALERT_DELAY = Histogram(
    "pulso_alert_delay_seconds",
    "From the source handing an event over to its alert in Redis",
    ["rule"],
    buckets=DELAY_BUCKETS,
)
ALERTS_TOLD = Counter("pulso_alerts_told", "Alerts raised, by whom they call", ["audience"])
ALERTS_JUDGED = Gauge("pulso_alerts_judged", "Verdicts that a rule's precision is of, at most 30", ["rule"])
ALERT_PRECISION = Gauge(
    "pulso_alert_precision_ratio", "Confirmed among the last alerts of a rule that people judged", ["rule"]
)
WATCHDOG = Counter(
    "pulso_watchdog_signals",
    "Signs of life to PULSO_WATCHDOG_URL: sent, failed, withheld (a part stalled)",
    ["outcome"],
)
