"""Labels of alerts: read from `alerts.labels`, and published as the live precision of each rule.

Each alerts worker reads the whole topic.
"""

from __future__ import annotations

import msgspec

from processors.alerts.labels import WINDOW, precision
from schemas.alerts import LABELS, AlertLabel
from schemas.ids import AlertId
from stream.features.alerts import metrics
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all

MAX_LABELS = 10 * WINDOW
"""Labels kept of each rule, those of the alerts that were raised last: a verdict among the last `WINDOW` may change."""

_DECODER = msgspec.json.Decoder(AlertLabel)


def read_labels(settings: Settings) -> list[AlertLabel]:
    """Return the last label of every alert, in order of raising; records that can't be decoded are skipped.

    Raises:
        MissingTopicError: The topic does not exist yet.
        TimeoutError: The broker does not answer.
    """
    last: dict[AlertId, AlertLabel] = {}
    for message in read_all(settings, LABELS.name):
        label = _decode(message.value())
        if label is not None:
            last[label.id] = label
    return sorted(last.values(), key=lambda label: (label.raised_at, label.id))


class PrecisionGauges:
    """Gauges of the live precision of each rule; the topic holds all labels, so a restart changes nothing."""

    def __init__(self, rules: frozenset[str]) -> None:
        self._rules = rules
        self._last: dict[str, dict[AlertId, AlertLabel]] = {rule: {} for rule in rules}

    def add_record(self, value: bytes | None) -> None:
        """Add the label of one record; ignores what can't be decoded, and unknown rules."""
        label = _decode(value)
        if label is None or label.rule not in self._rules:
            return
        labels = self._last[label.rule]
        labels[label.id] = label
        if len(labels) > MAX_LABELS:
            del labels[min(labels.values(), key=lambda one: (one.raised_at, one.id)).id]

    def publish(self) -> None:
        """Set the gauges."""
        for rule, measured in precision(label for labels in self._last.values() for label in labels.values()).items():
            metrics.ALERTS_JUDGED.labels(rule).set(measured.judged)
            metrics.ALERT_PRECISION.labels(rule).set(measured.ratio)


def _decode(value: bytes | None) -> AlertLabel | None:
    return try_decode_payload(_DECODER, value, LABELS.event_type)
