"""Playback of a timeline into Kafka, faster than real time; media are skipped when the workers fall behind."""

from __future__ import annotations

import heapq
import threading
import time as wall
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from schemas.topic import Topic
from simulation.evening import EVENING_SECONDS, Evening
from simulation.playback_speed import PlaybackSpeed, SlowScene
from simulation.schedule import Timeline
from simulation.timeline import PlannedMedia, StreamName, TimedMedia, TimelineEvent
from stream.runtime.producer import EventProducer

BURST_INTERVAL_SECONDS = 0.1
"""Wall-clock seconds between the images of a burst."""
_POLL_SECONDS = 0.1
_MAX_RESULT_LAG_SECONDS = {"cameras": 3.0, "music": 8.0}
"""Maximum lag of the results in seconds, by stream, before media are skipped."""
_MAX_SILENCE_SECONDS = 5.0
"""Seconds after which a camera or stage sends again, however large the lag of its worker is."""
_MAX_MEDIA_DELAY_SECONDS = 6.0
"""Wall-clock seconds after their time at which media that are not rendered yet are skipped."""
_MAX_LAG_BEFORE_IMPORTANT_SECONDS = 1.5
"""Maximum lag of the results in seconds before an important image is sent; workers drop frames older than 2 s."""
_MAX_SINGLE_WAIT_SECONDS = 8.0
"""Maximum pause in seconds for one important image."""
_MAX_TOTAL_WAIT_SHARE = 2.5
"""Maximum total pause as a multiple of the evening's duration, so that a busy machine does not stall it for ever."""


class MediaSource(Protocol):
    """Supplier of rendered media, see `MediaRenderer`."""

    def take(self, planned: PlannedMedia) -> TimedMedia | None: ...

    def drop(self, planned: PlannedMedia) -> None: ...


@dataclass(slots=True)
class PlaybackCounts:
    """Counts of sent and skipped timeline items."""

    sent: Counter[str] = field(default_factory=Counter)
    """Number of events sent, by topic."""
    left_out: Counter[StreamName] = field(default_factory=Counter)
    """Number of media that were skipped because the workers or the renderer were behind, by stream."""


class Player:
    """Plays one evening into Kafka.

    Args:
        seconds: wall-clock duration of the evening.
        result_lag: returns the seconds by which the results of a stream lag behind what was sent of it.
        on_sent: called for every event that was sent.
        scenes: slow scenes of the evening.
    """

    def __init__(
        self,
        producer: EventProducer,
        evening: Evening,
        seconds: float,
        *,
        result_lag: Callable[[StreamName], float] = lambda _: 0.0,
        on_sent: Callable[[StreamName], None] = lambda _: None,
        played: PlaybackCounts | None = None,
        scenes: Sequence[SlowScene] = (),
    ) -> None:
        self.evening = evening
        self.played = played or PlaybackCounts()
        self._producer = producer
        self.speed = PlaybackSpeed(seconds, scenes)
        self.waited = 0.0
        self._max_total_wait = _MAX_TOTAL_WAIT_SHARE * seconds
        self._result_lag = result_lag
        self._on_sent = on_sent
        self._last_sent: dict[str, float] = {}
        self._source_busy_until: dict[str, float] = {}
        self._started_at = 0.0

    @property
    def now(self) -> float:
        """Current time of the evening in seconds since the doors opened."""
        return self.speed.time(wall.monotonic() - self._started_at) if self._started_at else 0.0

    def play(self, timeline: Timeline, media: MediaSource, stop: threading.Event) -> None:
        """Send every item at its time; return at the end of the evening, or soon after `stop` is set."""
        self._started_at = wall.monotonic()
        order = count()
        due: list[tuple[float, int, TimelineEvent | PlannedMedia]] = [
            (self.speed.wall(m.time), next(order), m) for m in timeline
        ]
        heapq.heapify(due)
        while due and not stop.is_set():
            when, number, item = heapq.heappop(due)
            if (pause := when - (wall.monotonic() - self._started_at)) > 0 and stop.wait(pause):
                return
            if isinstance(item, TimelineEvent):
                self._wait_for_image_results(item, stop)
                self._send(item)
                continue
            if (free := self._source_busy_until.get(item.source, 0.0)) > when:  # keeps a camera's images in order
                heapq.heappush(due, (free, number, item))
                continue
            made = self._prepared_media(item, media, when)
            if made is None and item.important:
                made = self._wait_for_media(item, media, stop)
            if made is None:
                self._source_busy_until[item.source] = when + _POLL_SECONDS
                heapq.heappush(due, (when + _POLL_SECONDS, number, item))
                continue
            for step, (time, value) in enumerate(made):
                ready = item.ready(time, value, self.evening.at(time))
                heapq.heappush(due, (when + step * BURST_INTERVAL_SECONDS, next(order), ready))
            self._source_busy_until[item.source] = when + len(made) * BURST_INTERVAL_SECONDS
        stop.wait(max(0.0, self.speed.wall(EVENING_SECONDS) - (wall.monotonic() - self._started_at)))

    def _wait_for_image_results(self, item: TimelineEvent, stop: threading.Event) -> None:
        """Pause until the workers have caught up, before an important image or a plan that counts people is sent."""
        if item.stream not in ("cameras", "attendees") or not item.important:
            return
        self._pause_clock(lambda: self._result_lag("cameras") <= _MAX_LAG_BEFORE_IMPORTANT_SECONDS, stop)

    def _wait_for_media(self, planned: PlannedMedia, media: MediaSource, stop: threading.Event) -> TimedMedia | None:
        """Pause until important media are rendered; without the pause the story would continue without them."""
        taken: list[TimedMedia] = []

        def is_there() -> bool:
            made = media.take(planned)
            if made is not None:
                taken.append(made)
            return made is not None

        self._pause_clock(is_there, stop)
        return taken[0] if taken else None

    def _pause_clock(self, until: Callable[[], bool], stop: threading.Event) -> None:
        most = min(_MAX_SINGLE_WAIT_SECONDS, self._max_total_wait - self.waited)
        began = wall.monotonic()
        while not until() and wall.monotonic() - began < most:
            if stop.wait(_POLL_SECONDS):
                return
        paused = wall.monotonic() - began
        self.waited += paused
        self._started_at += paused

    def _prepared_media(self, planned: PlannedMedia, media: MediaSource, when: float) -> TimedMedia | None:
        """Return the media to send: an empty list if they are skipped, None while they are not rendered."""
        late = when - self.speed.wall(planned.time) > _MAX_MEDIA_DELAY_SECONDS
        if not self._is_skipped_under_load(planned):
            made = media.take(planned)
            if made is not None or planned.important or not late:
                return made
        media.drop(planned)
        self.played.left_out[planned.stream] += 1
        return []

    def _is_skipped_under_load(self, planned: PlannedMedia) -> bool:
        if planned.important or wall.monotonic() - self._last_sent.get(planned.source, 0.0) > _MAX_SILENCE_SECONDS:
            return False
        return self._result_lag(planned.stream) > _MAX_RESULT_LAG_SECONDS.get(planned.stream, float("inf"))

    def _send(self, ready: TimelineEvent) -> None:
        topic: Topic[Any] = ready.topic
        self._producer.send(
            topic,
            key=ready.key,
            value=ready.value,
            id=ready.id,
            source=ready.source,
            time=self.evening.at(ready.time if ready.occurred_at is None else ready.occurred_at),
            content_type=ready.content_type,
        )
        self._last_sent[ready.source] = wall.monotonic()
        self.played.sent[topic.name] += 1
        self._on_sent(ready.stream)
