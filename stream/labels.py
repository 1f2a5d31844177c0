"""What people said of alerts: each alerts worker reads the whole of `alerts.labels`, for live precision."""

from __future__ import annotations

import asyncio
import logging

import aiokafka
import msgspec
from aiokafka.errors import KafkaError

from processors.alerting.labels import precision
from schemas.alerts import AlertLabel
from schemas.topics import LABELS
from stream import metrics
from stream.decoding import UnusableError, read_record
from stream.reading import read_all
from stream.settings import Settings
from stream.venue_context import connection

log = logging.getLogger(__name__)

AGAIN_SECONDS = 5.0
_DECODER = msgspec.json.Decoder(AlertLabel)


def read_labels(settings: Settings) -> list[AlertLabel]:
    """The last verdict on every alert that was ever judged, in order of raising; what can't be read is left out.

    Raises:
        LookupError: the topic does not exist yet.
        TimeoutError: the broker sends nothing.
    """
    last: dict[str, AlertLabel] = {}
    for message in read_all(settings, LABELS.name):
        label = _decode(message.value())
        if label is not None:
            last[label.id] = label
    return sorted(last.values(), key=lambda label: (label.raised_at, label.id))


class PrecisionGauges:
    """Shows the live precision of a venue's rules. The topic is the only memory, so a restart changes nothing."""

    def __init__(self, settings: Settings, rules: frozenset[str]) -> None:
        self._settings = settings
        self._rules = rules
        self._last: dict[str, AlertLabel] = {}

    def take(self, value: bytes | None) -> None:
        """Read one record."""
        label = _decode(value)
        if label is None or label.rule not in self._rules:
            return
        self._last[label.id] = label

    def show(self) -> None:
        """Set the gauges."""
        for rule, measured in precision(self._last.values()).items():
            metrics.ALERTS_JUDGED.labels(rule).set(measured.judged)
            metrics.ALERT_PRECISION.labels(rule).set(measured.ratio)

    async def run(self) -> None:
        """Read for ever; after a failure again from the beginning."""
        while True:
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                log.warning("%s can't be read: %s; trying again in %.0f s", LABELS.name, error, AGAIN_SECONDS)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _read(self) -> None:
        consumer = aiokafka.AIOKafkaConsumer(
            LABELS.name, **connection(self._settings), auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            while True:
                found = await consumer.getmany(timeout_ms=1000)
                for records in found.values():
                    for record in records:
                        self.take(record.value)
                if found:
                    self.show()
        finally:
            await consumer.stop()


def _decode(value: bytes | None) -> AlertLabel | None:
    try:
        return read_record(_DECODER, value, LABELS.event_type)
    except UnusableError:
        return None
