"""Labels of alerts: read from `alerts.labels`, and published as the live precision of each rule.

Each alerts worker reads the whole topic.
"""

from __future__ import annotations

import msgspec

from processors.alerts.labels import precision
from schemas.alerts import LABELS, AlertLabel
from schemas.ids import AlertId
from stream.features.alerts import metrics
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all

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
        self._last: dict[AlertId, AlertLabel] = {}

    def add_record(self, value: bytes | None) -> None:
        """Add the label of one record; ignores what can't be decoded, and unknown rules."""
        label = _decode(value)
        if label is None or label.rule not in self._rules:
            return
        self._last[label.id] = label

    def publish(self) -> None:
        """Set the gauges."""
        for rule, measured in precision(self._last.values()).items():
            metrics.ALERTS_JUDGED.labels(rule).set(measured.judged)
            metrics.ALERT_PRECISION.labels(rule).set(measured.ratio)


def _decode(value: bytes | None) -> AlertLabel | None:
    return try_decode_payload(_DECODER, value, LABELS.event_type)
