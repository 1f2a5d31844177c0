"""Runs the demo on a stack that is ready: plays, shows, waits for the last results, and reports."""

from __future__ import annotations

import threading
import time as wall
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError
from rich.console import Console

from schemas.alerts import Alert
from schemas.topic import Topic
from schemas.venue import Venue
from simulation.alert_feed import AlertFeed
from simulation.evening import Evening
from simulation.moments import Planned
from simulation.pace import SCENES
from simulation.player import Played, Player
from simulation.rates import Rates
from simulation.report import Report, alerts_part, prometheus_part, silent_topics, topics_part
from simulation.schedule import Plan
from simulation.story import Beat, told
from simulation.story_facts import StoryFacts
from simulation.tally import Tally
from simulation.view import Snapshot, View
from simulation.workshop import Workshop
from stream.features import registry
from stream.runtime.producer import EventProducer, NotDeliveredError
from stream.runtime.settings import Settings

ENDLESS_EVENING = 480.0
"""seconds that an evening takes when nobody says how many"""
DRAIN = 90.0
"""most seconds to wait for the last results: a machine that is busy with other things is behind"""
_QUIET = 6.0
"""seconds without a new result or alert after which nothing more is expected; more than one scrape, too"""
_REFRESH = 0.5

Planner = Callable[[Evening, float], Plan]
"""Makes the plan of an evening that takes so many seconds."""


@dataclass(frozen=True, slots=True)
class Festival:
    """What to play.

    Attributes:
        seconds: how long an evening takes, or None to play one after the other until told to stop.
        expected: result topics that must get something.
        input: what the report calls the input.
        story: what happens on the evening.
    """

    venue: Venue
    planner: Planner
    evening: Evening
    expected: Sequence[Topic[Any]]
    seconds: float | None = None
    input: str = "simulated"
    story: Sequence[Beat] = ()

    @property
    def evening_seconds(self) -> float:
        """How long each evening takes by the wall clock."""
        return self.seconds or ENDLESS_EVENING

    def plan(self, evening: Evening) -> Plan:
        """What happens on one evening."""
        return self.planner(evening, self.evening_seconds)


def media_of(plan: Plan) -> Workshop:
    """Make the media of a plan, from now on, in the background."""
    return Workshop(moment for moment in plan if isinstance(moment, Planned))


def run(
    festival: Festival, settings: Settings, console: Console, plan: Plan, first: Workshop, start_up: float
) -> Report:
    """Play the festival until its end or Ctrl-C, and report.

    Args:
        plan: of the first evening, whose media `first` makes already.
        start_up: seconds that the stack took, for the report.

    Raises:
        LookupError, KafkaException: Kafka isn't ready.
        RedisError: Redis isn't.
    """
    feed = AlertFeed(settings.redis_url()).from_now()
    began = wall.monotonic()
    facts = StoryFacts(festival.evening)
    with EventProducer(settings) as producer, Tally(settings, facts.take) as tally:
        on_stage = _OnStage(festival, producer, tally, plan, first)
        try:
            with View(console) as view:
                _watch(festival, settings, on_stage, tally, feed, view, on_stage.playing, "")
                played = wall.monotonic() - began
                _drain(festival, settings, on_stage, tally, feed, view)
        except KeyboardInterrupt:
            console.print("stopping: the report is being written", highlight=False)
            played = wall.monotonic() - began
        finally:
            on_stage.stop()
        drained = wall.monotonic() - began - played
        feed.read()
        counts, open_now = tally.counts(), _open(feed)
    feed.close()
    if on_stage.error:
        console.print(f"[red]playing stopped:[/] {on_stage.error}", highlight=False)
    return Report(
        input=festival.input,
        seed=festival.evening.seed,
        seconds={
            "start_up": round(start_up, 1),
            "played": round(played, 1),
            "waited": round(on_stage.player.waited, 1),
            "drained": round(drained, 1),
        },
        evenings=on_stage.evenings,
        topics=topics_part(counts, tally.results, on_stage.played),
        left_out={str(name): number for name, number in sorted(on_stage.played.left_out.items())},
        alerts=alerts_part(feed.delivered, open_now),
        prometheus=prometheus_part(settings.prometheus),
        dead_letters={topic.dead.name: counts.get(topic.dead.name, 0) for topic in registry.topics_by_name().values()},
        story=told(festival.story, festival.evening, feed.delivered, facts.facts(plan) if festival.story else {}),
        silent=silent_topics(counts, festival.expected),
        error=on_stage.error,
    )


class _OnStage:
    """Plays in a thread, one evening or one after the other; what goes wrong is kept in `error`."""

    def __init__(self, festival: Festival, producer: EventProducer, tally: Tally, plan: Plan, media: Workshop) -> None:
        self.played = Played()
        self.evenings = 0
        self.error = ""
        self._festival = festival
        self._producer = producer
        self._tally = tally
        self._stop = threading.Event()
        self.player = self._player(festival.evening)
        self._thread = threading.Thread(target=self._play, args=(plan, media), name="player", daemon=True)
        self._thread.start()

    def playing(self) -> bool:
        """Whether the evening goes on."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End at once."""
        self._stop.set()
        self._thread.join(timeout=30)

    def _player(self, evening: Evening) -> Player:
        tally, seconds = self._tally, self._festival.evening_seconds
        return Player(
            self._producer,
            evening,
            seconds,
            behind=tally.behind,
            told=tally.sent,
            played=self.played,
            scenes=SCENES if self._festival.story else (),
        )

    def _play(self, plan: Plan, media: Workshop) -> None:
        try:
            self.player.play(plan, media, self._stop)
            self.evenings = 1
            while self._festival.seconds is None and not self._stop.is_set():
                evening = self.player.evening.next()
                plan = self._festival.plan(evening)
                with media_of(plan) as more:
                    self.player = self._player(evening)
                    self.player.play(plan, more, self._stop)
                self.evenings += 1
            self._producer.flush(20)
        except (NotDeliveredError, RuntimeError, ValueError, OSError) as error:
            self.error = str(error)


def _watch(
    festival: Festival,
    settings: Settings,
    on_stage: _OnStage,
    tally: Tally,
    feed: AlertFeed,
    view: View,
    going_on: Callable[[], bool],
    notice: str,
) -> None:
    """Show what happens as long as it goes on."""
    rates = Rates()
    while going_on():
        feed.read()
        sent = {topic.name: on_stage.played.sent[topic.name] for topic in registry.input_topics()}
        counts = {**sent, **{name: results.count for name, results in tally.results.items()}}
        player = on_stage.player
        view.show(
            Snapshot(
                evening=player.evening,
                time=player.now,
                speed=player.pace.speed(player.now),
                story=festival.story,
                venue=festival.venue,
                sent=sent,
                results=tally.results,
                rates=rates.update(counts, wall.monotonic()),
                alerts=feed.delivered,
                console_url=settings.console or "",
                notice=notice or feed.error or tally.error,
            )
        )
        wall.sleep(_REFRESH)


def _drain(
    festival: Festival, settings: Settings, on_stage: _OnStage, tally: Tally, feed: AlertFeed, view: View
) -> None:
    """Wait until nothing new comes for a while."""
    deadline = wall.monotonic() + DRAIN
    last = (-1, -1)
    quiet_since = wall.monotonic()

    def busy() -> bool:
        nonlocal last, quiet_since
        now = wall.monotonic()
        if (tally.total(), len(feed.delivered)) != last:
            last, quiet_since = (tally.total(), len(feed.delivered)), now
        return now < deadline and now - quiet_since < _QUIET

    _watch(festival, settings, on_stage, tally, feed, view, busy, "waiting for the last results")


def _open(feed: AlertFeed) -> list[Alert]:
    try:
        return feed.open()
    except RedisError:
        return []
