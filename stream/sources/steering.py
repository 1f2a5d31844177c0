"""Rates that the vision workers want of cameras: read by one thread for all cameras of a process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.cameras import CAMERA_RATES, CameraRate
from schemas.ids import CameraId
from stream.runtime.kafka_clients import make_consumer
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import MissingTopicError, ends

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
"""Longest wait for a record, and so for the end of the thread."""

RETRY_SECONDS = 5.0
"""Time between two attempts while Kafka can't be read: until it can, cameras send at their own rates."""

JITTER_SECONDS = 0.02
"""Time by which a frame may be sent before its interval is over, so that a tick that comes early is not missed."""


class WantedRates:
    """Rate that is wanted of each camera; safe to use from any thread.

    The validity of a rate begins with its receipt, so that clocks need not agree.

    >>> rates = WantedRates(lambda: 0.0)
    >>> rates.is_due("gate", None), rates.is_due("gate", 0.1)
    (True, True)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Create the rates: every camera sends at its own.

        Args:
            clock: monotonic time in seconds.
        """
        self._clock = clock
        self._decoder = msgspec.json.Decoder(CameraRate)
        self._limits: dict[str, tuple[float | None, float]] = {}
        """Rate of each camera, and the time at which it is over."""

    def add_record(self, value: bytes | None) -> None:
        """Add a record of the topic; ignores what can't be decoded."""
        record = try_decode_payload(self._decoder, value, CAMERA_RATES.event_type) if value else None
        if record is not None:
            self._limits[record.camera] = record.frames_per_second, self._clock() + record.valid_seconds

    def rate_of(self, camera: CameraId | str) -> float | None:
        """Return the frames per second that are wanted of a camera; None for its own rate."""
        rate, until = self._limits.get(camera, (None, 0.0))
        return rate if self._clock() < until else None

    def is_due(self, camera: CameraId | str, seconds_since_last: float | None) -> bool:
        """Return True if a frame of a camera is wanted so long after the last one that was sent; None for no such."""
        rate = self.rate_of(camera)
        if rate is None or seconds_since_last is None:
            return True
        return rate > 0 and seconds_since_last >= 1 / rate - JITTER_SECONDS


class RatesReader:
    """Reads the topic of rates from its end on, in a thread of its own, for all cameras of a process."""

    def __init__(self, settings: Settings, rates: WantedRates) -> None:
        self._settings, self._rates = settings, rates
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera-rates", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._read()
            except (KafkaException, MissingTopicError) as error:
                log.info("%s can't be read, so cameras send at their own rates: %s", CAMERA_RATES.name, error)
                self._closing.wait(RETRY_SECONDS)

    def _read(self) -> None:
        consumer: Consumer = make_consumer(
            {
                **self._settings.librdkafka(),
                "group.id": "pulso-reading",  # required by the client; nothing is committed
                "enable.auto.commit": False,
                "auto.offset.reset": "latest",
                "log_level": 3,
            }
        )
        try:
            # A worker repeats what still holds, so nothing from before the start is needed.
            consumer.assign(
                [
                    TopicPartition(CAMERA_RATES.name, partition, end)
                    for partition, (_, end) in ends(consumer, CAMERA_RATES.name).items()
                ]
            )
            while not self._closing.is_set():
                message = consumer.poll(POLL_SECONDS)
                if message is not None and message.error() is None:
                    self._rates.add_record(message.value())
        finally:
            consumer.close()
