"""Latencies as users see them: results on their topics, alerts in Redis, and updates of open pages."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import httpx
from confluent_kafka import Message

from schemas.bars import DEMAND
from schemas.cloudevents import Envelope, EnvelopeError
from schemas.crowd import CROWD
from schemas.ids import BarId
from schemas.music import TAGS
from schemas.support import TRIAGE
from schemas.violence import VIOLENCE
from simulation.alert_reader import AlertReader
from simulation.topic_tail import TopicTail, end_offsets, result_delay
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import headers_of

RESULT_TOPICS = (CROWD, VIOLENCE, DEMAND, TRIAGE, TAGS)
CHANNELS = "alerts,zones,cameras,support,music"


class LatencyListener:
    """Context manager that collects the seconds from an event to its result and to its alert."""

    def __init__(self, settings: Settings) -> None:
        self._envelope_error = ""
        self._delays: dict[str, list[float]] = defaultdict(list)
        self._lock = threading.Lock()
        self._alerts = AlertReader(settings.redis_url()).from_now()
        self._reader = TopicTail(
            settings, end_offsets(settings, [topic.name for topic in RESULT_TOPICS]), self._record_delay
        )

    def __enter__(self) -> Self:
        self._reader.__enter__()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._reader.__exit__()
        self._alerts.close()

    @property
    def error(self) -> str:
        """Last error of reading or decoding; empty if there was none."""
        return self._reader.error or self._envelope_error

    def take(self) -> dict[str, list[float]]:
        """Return and clear the delays in seconds, by result topic and by `alert RULE`."""
        with self._lock:
            delays, self._delays = self._delays, defaultdict(list)
        for step in self._alerts.read():
            if step.alert.state == "raised":
                delays[f"alert {step.alert.rule}"].append(step.delay)
        self._alerts.delivered.clear()
        return delays

    def _record_delay(self, message: Message) -> None:
        try:
            envelope = Envelope.from_headers(headers_of(message))
        except EnvelopeError as error:
            self._envelope_error = str(error)
            return
        with self._lock:
            self._delays[str(message.topic())].append(result_delay(envelope, message))


class OpenPages:
    """Context manager that keeps some pages of the console open, as in a control room."""

    def __init__(self, console: str, number: int, bars: Sequence[BarId] = ()) -> None:
        self.events_received = 0
        """Number of server-sent events so far, over all pages."""
        self.lost = 0
        """Number of connections that were closed by the server; each was opened again."""
        channels = [CHANNELS, *(f"alerts,bar:{bar}" for bar in bars)]
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._page, args=(f"{console}/live?channels={channels[one % len(channels)]}",), daemon=True
            )
            for one in range(number)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=15)

    def _page(self, url: str) -> None:
        while not self._stop.is_set():
            try:
                with httpx.stream("GET", url, timeout=30) as response:
                    response.raise_for_status()
                    for line in response.iter_lines():
                        self.events_received += line.startswith("event:")
                        if self._stop.is_set():
                            return
            except httpx.HTTPError:
                pass
            if not self._stop.is_set():
                self.lost += 1
                time.sleep(1)
