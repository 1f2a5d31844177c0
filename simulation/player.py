"""Plays a plan into Kafka: the evening's time runs faster than the wall clock's, and media give way under pressure."""

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
from simulation.evening import LENGTH, Evening
from simulation.moments import Media, Planned, Ready, StreamName
from simulation.pace import Pace, Scene
from simulation.schedule import Plan
from stream.runtime.producer import EventProducer

BURST_STEP = 0.1
"""seconds by the wall clock between the pictures of a burst"""
_LOOK_AGAIN = 0.1
_PATIENCE = {"cameras": 3.0, "music": 8.0}
"""seconds that results may be behind before media are left out"""
_AT_LEAST_EVERY = 5.0
"""seconds after which a camera or stage sends again, however far behind its worker is"""
_LATE = 6.0
"""seconds after which media that aren't made yet are left out"""
_IMPORTANT_PATIENCE = 1.5
"""seconds that the results before may be behind when important pictures are sent; a worker drops what waits for 2"""
_LONGEST_WAIT = 8.0
"""seconds that one important picture waits at most"""
_MOST_WAITED = 2.5
"""times the evening's seconds that it waits in all: a machine may be too busy for the story, but not for ever"""


class Source(Protocol):
    """Where the player takes media from: see `Workshop`."""

    def take(self, planned: Planned) -> Media | None: ...

    def drop(self, planned: Planned) -> None: ...


@dataclass(slots=True)
class Played:
    """What became of the plan."""

    sent: Counter[str] = field(default_factory=Counter)
    """events by topic"""
    left_out: Counter[StreamName] = field(default_factory=Counter)
    """moments that were not played because the workers, or the workshop, were behind"""


class Player:
    """Plays one evening.

    Args:
        seconds: how long the evening takes by the wall clock.
        behind: how many seconds the results of a stream are behind what was sent of it.
        told: called for every event that was sent.
        scenes: parts of the evening that go slower.
    """

    def __init__(
        self,
        producer: EventProducer,
        evening: Evening,
        seconds: float,
        *,
        behind: Callable[[StreamName], float] = lambda _: 0.0,
        told: Callable[[StreamName], None] = lambda _: None,
        played: Played | None = None,
        scenes: Sequence[Scene] = (),
    ) -> None:
        self.evening = evening
        self.played = played or Played()
        self._producer = producer
        self.pace = Pace(seconds, scenes)
        self.waited = 0.0
        self._may_wait = _MOST_WAITED * seconds
        self._behind = behind
        self._told = told
        self._last: dict[str, float] = {}
        self._busy: dict[str, float] = {}
        self._began = 0.0

    @property
    def now(self) -> float:
        """Seconds since the doors opened, on the evening's clock."""
        return self.pace.time(wall.monotonic() - self._began) if self._began else 0.0

    def play(self, plan: Plan, media: Source, stop: threading.Event) -> None:
        """Send everything at its time; returns at the end of the evening, or soon after `stop` is set."""
        self._began = wall.monotonic()
        order = count()
        due: list[tuple[float, int, Ready | Planned]] = [(self.pace.wall(m.time), next(order), m) for m in plan]
        heapq.heapify(due)
        while due and not stop.is_set():
            when, number, moment = heapq.heappop(due)
            if (pause := when - (wall.monotonic() - self._began)) > 0 and stop.wait(pause):
                return
            if isinstance(moment, Ready):
                self._wait_for_pictures(moment, stop)
                self._send(moment)
                continue
            if (free := self._busy.get(moment.source, 0.0)) > when:  # a camera's pictures stay in order
                heapq.heappush(due, (free, number, moment))
                continue
            made = self._made(moment, media, when)
            if made is None and moment.important:
                made = self._wait_for(moment, media, stop)
            if made is None:
                self._busy[moment.source] = when + _LOOK_AGAIN
                heapq.heappush(due, (when + _LOOK_AGAIN, number, moment))
                continue
            for step, (time, value) in enumerate(made):
                ready = moment.ready(time, value, self.evening.at(time))
                heapq.heappush(due, (when + step * BURST_STEP, next(order), ready))
            self._busy[moment.source] = when + len(made) * BURST_STEP
        stop.wait(max(0.0, self.pace.wall(LENGTH) - (wall.monotonic() - self._began)))

    def _wait_for_pictures(self, moment: Ready, stop: threading.Event) -> None:
        """The clock stands still while pictures are not looked at that came before important ones."""
        if moment.stream != "cameras" or not moment.important:
            return
        self._stand_still(lambda: self._behind("cameras") <= _IMPORTANT_PATIENCE, stop)

    def _wait_for(self, planned: Planned, media: Source, stop: threading.Event) -> Media | None:
        """The clock stands still while important pictures are made: else the story would go on without them."""
        taken: list[Media] = []

        def is_there() -> bool:
            made = media.take(planned)
            if made is not None:
                taken.append(made)
            return made is not None

        self._stand_still(is_there, stop)
        return taken[0] if taken else None

    def _stand_still(self, until: Callable[[], bool], stop: threading.Event) -> None:
        most = min(_LONGEST_WAIT, self._may_wait - self.waited)
        began = wall.monotonic()
        while not until() and wall.monotonic() - began < most:
            if stop.wait(_LOOK_AGAIN):
                return
        paused = wall.monotonic() - began
        self.waited += paused
        self._began += paused

    def _made(self, planned: Planned, media: Source, when: float) -> Media | None:
        """What to send: nothing at all if it gives way or is late, None while it isn't made."""
        late = when - self.pace.wall(planned.time) > _LATE
        if not self._gives_way(planned):
            made = media.take(planned)
            if made is not None or planned.important or not late:
                return made
        media.drop(planned)
        self.played.left_out[planned.stream] += 1
        return []

    def _gives_way(self, planned: Planned) -> bool:
        if planned.important or wall.monotonic() - self._last.get(planned.source, 0.0) > _AT_LEAST_EVERY:
            return False
        return self._behind(planned.stream) > _PATIENCE.get(planned.stream, float("inf"))

    def _send(self, ready: Ready) -> None:
        topic: Topic[Any] = ready.topic
        self._producer.send(
            topic,
            key=ready.key,
            value=ready.value,
            id=ready.id,
            source=ready.source,
            time=self.evening.at(ready.time if ready.happened is None else ready.happened),
            content_type=ready.content_type,
        )
        self._last[ready.source] = wall.monotonic()
        self.played.sent[topic.name] += 1
        self._told(ready.stream)
