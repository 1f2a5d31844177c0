"""Counts what flows while the demo runs, by a Kafka consumer of its own, and keeps the latest result of each key."""

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
from schemas.music import TAGS
from schemas.social import POST_READINGS
from schemas.support import TRIAGE
from schemas.topic import Topic
from schemas.violence import VIOLENCE
from simulation.moments import StreamName
from simulation.topic_reader import TopicReader, delay_of, offsets
from stream.features import registry
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import headers_of

ANSWERS: dict[StreamName, tuple[Topic[Any], ...]] = {
    "cameras": (CROWD, VIOLENCE),
    "tills": (DEMAND,),
    "mail": (TRIAGE,),
    "posts": (POST_READINGS,),
    "music": (TAGS,),
}
"""the result topics of each stream"""

_SAMPLES = 50_000


@dataclass(slots=True)
class Results:
    """What came on one result topic since the demo began.

    Attributes:
        latest: the last record of each key.
        delays: seconds from the source handing an event over to Kafka taking its result.
        newest: the latest `ce_received` among the events that were answered, seconds since the epoch.
    """

    count: int = 0
    latest: dict[str, Any] = field(default_factory=dict)
    delays: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))
    newest: float = 0.0


class Tally:
    """Reads the result topics from their present end on, in a thread of its own. A context manager.

    Args:
        listen: called in that thread with every result that can be read.
    """

    def __init__(self, settings: Settings, listen: Callable[[Any], None] = lambda _: None) -> None:
        self._listen = listen
        self.results = {topic.name: Results() for topic in registry.result_topics()}
        self._unread = ""
        self._settings = settings
        self._names = [topic.name for topic in (*registry.input_topics(), *registry.result_topics())]
        self._names += [topic.dead.name for topic in registry.topics_by_name().values()]
        self.began = offsets(settings, self._names)
        self._sent: dict[str, float] = {}
        self._decoders = {
            t.name: msgspec.json.Decoder(t.record) for t in registry.result_topics() if t.record is not None
        }
        self._reader = TopicReader(settings, {name: self.began[name] for name in self.results}, self._take)

    def __enter__(self) -> Self:
        self._reader.__enter__()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._reader.__exit__()

    @property
    def error(self) -> str:
        """The last thing that could not be read, or why nothing is read; empty where all is well."""
        return self._reader.error or self._unread

    def counts(self) -> dict[str, int]:
        """Records on each topic since the demo began, by Kafka's own offsets."""
        now = offsets(self._settings, self._names)
        return {
            name: sum(end - self.began[name].get(part, 0) for part, end in parts.items()) for name, parts in now.items()
        }

    def sent(self, stream: StreamName) -> None:
        """Remember that an event of a stream was just sent."""
        self._sent[stream] = wall.time()

    def behind(self, stream: StreamName) -> float:
        """Seconds that the answers of a stream are behind what was sent of it; 0 when all is answered."""
        sent = self._sent.get(stream)
        if sent is None or stream not in ANSWERS:
            return 0.0
        newest = max(self.results[topic.name].newest for topic in ANSWERS[stream])
        return max(0.0, sent - newest) if newest else 0.0

    def total(self) -> int:
        """Results that came so far, of all topics."""
        return sum(results.count for results in self.results.values())

    def _take(self, message: Message) -> None:
        """Count one record of a result topic; one that can't be read counts all the same."""
        topic = str(message.topic())
        results = self.results[topic]
        results.count += 1
        try:
            envelope = Envelope.from_headers(headers_of(message))
            record = self._decoders[topic].decode(message.value() or b"")
        except (EnvelopeError, msgspec.DecodeError) as error:
            self._unread = f"{topic}: {error}"
            return
        self._listen(record)
        results.latest[(message.key() or b"").decode(errors="replace")] = record
        results.newest = max(results.newest, envelope.received.timestamp())
        results.delays.append(delay_of(envelope, message))
