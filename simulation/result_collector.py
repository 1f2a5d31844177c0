"""Collection of results while the demo runs: counts, delays and the latest result of each key."""

from __future__ import annotations

import time as wall
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import msgspec
from confluent_kafka import Message

from schemas.bars import DEMAND
from schemas.cloudevents import Envelope, EnvelopeError
from schemas.crowd import CROWD
from schemas.itinerary import PLANS
from schemas.music import TAGS
from schemas.recommendations import RECOMMENDATIONS
from schemas.social import POST_READINGS
from schemas.support import TRIAGE
from schemas.topic import Topic
from schemas.violence import VIOLENCE
from simulation.timeline import StreamName
from simulation.topic_tail import TopicTail, end_offsets, result_delay
from stream.features import registry
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import headers_of

RESULT_TOPICS_BY_STREAM: dict[StreamName, tuple[Topic[Any], ...]] = {
    "cameras": (CROWD, VIOLENCE),
    "tills": (DEMAND,),
    "mail": (TRIAGE,),
    "posts": (POST_READINGS,),
    "music": (TAGS,),
}
"""Result topics by stream of input events."""

_SAMPLES = 50_000


def collected_topics() -> tuple[Topic[Any], ...]:
    """Return the result topics, and those whose results are for single attendees."""
    return (*registry.result_topics(), PLANS, RECOMMENDATIONS)


@dataclass(slots=True)
class TopicResults:
    """Records of one result topic since the demo began.

    Attributes:
        latest: last record of each key.
        delays: seconds from the source handing over an event until Kafka stored its result.
        newest: latest `ce_received` among the events with a result, in seconds since the epoch.
    """

    count: int = 0
    latest: dict[str, Any] = field(default_factory=dict)
    delays: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))
    newest: float = 0.0


class ResultCollector:
    """Context manager that reads the result topics from their current end on, in a separate thread.

    Args:
        on_result: called in that thread with every decoded result.
    """

    def __init__(self, settings: Settings, on_result: Callable[[Any], None] = lambda _: None) -> None:
        self._on_result = on_result
        topics = collected_topics()
        self.results = {topic.name: TopicResults() for topic in topics}
        self._unread = ""
        self._settings = settings
        self._names = [topic.name for topic in (*registry.input_topics(), *topics)]
        self._names += [topic.dead.name for topic in registry.topics_by_name().values()]
        self.start_offsets = end_offsets(settings, self._names)
        self._last_sent: dict[str, float] = {}
        self._decoders = {t.name: msgspec.json.Decoder(t.record) for t in topics if t.record is not None}
        self._reader = TopicTail(settings, {name: self.start_offsets[name] for name in self.results}, self._add_record)

    def __enter__(self) -> Self:
        self._reader.__enter__()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._reader.__exit__()

    @property
    def error(self) -> str:
        """Last error of reading or decoding; empty if there was none."""
        return self._reader.error or self._unread

    def counts(self) -> dict[str, int]:
        """Return the number of records on each topic since the demo began, from Kafka's offsets."""
        now = end_offsets(self._settings, self._names)
        return {
            name: sum(end - self.start_offsets[name].get(part, 0) for part, end in parts.items())
            for name, parts in now.items()
        }

    def record_sent(self, stream: StreamName) -> None:
        """Record that an event of a stream was sent now."""
        self._last_sent[stream] = wall.time()

    def result_lag(self, stream: StreamName) -> float:
        """Return the seconds by which the results of a stream lag behind what was sent; 0 when all have results."""
        last_sent = self._last_sent.get(stream)
        if last_sent is None or stream not in RESULT_TOPICS_BY_STREAM:
            return 0.0
        newest = max(self.results[topic.name].newest for topic in RESULT_TOPICS_BY_STREAM[stream])
        return max(0.0, last_sent - newest) if newest else 0.0

    def total(self) -> int:
        """Return the number of results so far, over all topics."""
        return sum(results.count for results in self.results.values())

    def _add_record(self, message: Message) -> None:
        """Count one record of a result topic, even if it cannot be decoded."""
        topic = str(message.topic())
        results = self.results[topic]
        results.count += 1
        try:
            envelope = Envelope.from_headers(headers_of(message))
            record = self._decoders[topic].decode(message.value() or b"")
        except (EnvelopeError, msgspec.DecodeError) as error:
            self._unread = f"{topic}: {error}"
            return
        self._on_result(record)
        results.latest[(message.key() or b"").decode(errors="replace")] = record
        results.newest = max(results.newest, envelope.received.timestamp())
        results.delays.append(result_delay(envelope, message))
