"""Run the demo on a started stack: play the timeline, show progress, wait for the last results, write the report."""

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
from simulation.alert_reader import AlertReader
from simulation.demo_report import DemoReport, alerts_part, prometheus_part, silent_topics, topics_part
from simulation.evening import Evening
from simulation.event_rates import EventRates
from simulation.live_view import LiveSnapshot, LiveView
from simulation.media_renderer import MediaRenderer
from simulation.playback_speed import SCENES
from simulation.player import PlaybackCounts, Player
from simulation.result_collector import ResultCollector
from simulation.schedule import Timeline
from simulation.stage_sound import StageSound
from simulation.story import StoryStep, story_report
from simulation.story_measurements import StoryMeasurements
from simulation.timeline import PlannedMedia
from stream.features import registry
from stream.runtime.producer import EventProducer, NotDeliveredError
from stream.runtime.settings import Settings

DEFAULT_EVENING_SECONDS = 480.0
"""Duration of one evening in seconds when none is given."""
MAX_DRAIN_SECONDS = 90.0
"""Maximum time in seconds to wait for the last results; a loaded machine needs long."""
_QUIET_SECONDS = 6.0
"""Seconds without a new result or alert after which playback counts as drained; longer than a Prometheus scrape."""
_REFRESH_SECONDS = 0.5

TimelineBuilder = Callable[[Evening, float], Timeline]
"""Builds the timeline of an evening that is played in the given number of seconds."""


@dataclass(frozen=True, slots=True)
class DemoSetup:
    """Settings of one demo run.

    Attributes:
        seconds: duration of an evening, or None to play evenings one after the other until interrupted.
        expected: result topics that must receive at least one record.
        input: name of the input in the report.
        story: story steps that are checked and shown.
    """

    venue: Venue
    planner: TimelineBuilder
    evening: Evening
    expected: Sequence[Topic[Any]]
    seconds: float | None = None
    input: str = "simulated"
    story: Sequence[StoryStep] = ()

    @property
    def evening_seconds(self) -> float:
        """Wall-clock duration of each evening in seconds."""
        return self.seconds or DEFAULT_EVENING_SECONDS

    def timeline(self, evening: Evening) -> Timeline:
        """Return the timeline of one evening."""
        return self.planner(evening, self.evening_seconds)


def start_rendering(timeline: Timeline) -> MediaRenderer:
    """Start rendering the media of a timeline in the background."""
    return MediaRenderer(item for item in timeline if isinstance(item, PlannedMedia))


def run(
    setup: DemoSetup, settings: Settings, console: Console, timeline: Timeline, media: MediaRenderer, start_up: float
) -> DemoReport:
    """Play the demo until its end or Ctrl-C, and return the report.

    Args:
        timeline: of the first evening, whose media are already being rendered by `media`.
        start_up: seconds that starting the stack took, for the report.

    Raises:
        LookupError: a topic does not exist.
        KafkaException: Kafka cannot be reached.
        RedisError: Redis cannot be reached.
    """
    alert_reader = AlertReader(settings.redis_url()).from_now()
    began = wall.monotonic()
    measurements = StoryMeasurements(setup.evening)
    with EventProducer(settings) as producer, ResultCollector(settings, measurements.add_result) as collector:
        playback = PlaybackThread(setup, producer, collector, timeline, media)
        sound = StageSound(setup.venue, producer, lambda: (playback.player.evening, playback.player.now))
        try:
            with LiveView(console) as view:
                display = _ProgressDisplay(setup, settings, playback, collector, alert_reader, view)
                display.follow_playback()
                played = wall.monotonic() - began
                display.drain()
        except KeyboardInterrupt:
            console.print("interrupted: writing the report", highlight=False)
            played = wall.monotonic() - began
        finally:
            sound.stop()
            playback.stop()
        drained = wall.monotonic() - began - played
        alert_reader.read()
        counts, open_now = collector.counts(), _open(alert_reader)
    alert_reader.close()
    if playback.error:
        console.print(f"[red]playback stopped:[/] {playback.error}", highlight=False)
    return DemoReport(
        input=setup.input,
        seed=setup.evening.seed,
        seconds={
            "start_up": round(start_up, 1),
            "played": round(played, 1),
            "waited": round(playback.player.waited, 1),
            "drained": round(drained, 1),
        },
        evenings=playback.evenings,
        topics=topics_part(counts, collector.results, playback.played),
        left_out={str(name): number for name, number in sorted(playback.played.left_out.items())},
        alerts=alerts_part(alert_reader.delivered, open_now),
        prometheus=prometheus_part(settings.prometheus),
        dead_letters={topic.dead.name: counts.get(topic.dead.name, 0) for topic in registry.topics_by_name().values()},
        story=story_report(
            setup.story,
            setup.evening,
            alert_reader.delivered,
            measurements.by_step(timeline) if setup.story else {},
        ),
        silent=silent_topics(counts, setup.expected),
        error=playback.error,
    )


class PlaybackThread:
    """Thread that plays one evening, or evening after evening; a failure is kept in `error`."""

    def __init__(
        self,
        setup: DemoSetup,
        producer: EventProducer,
        collector: ResultCollector,
        timeline: Timeline,
        media: MediaRenderer,
    ) -> None:
        self.played = PlaybackCounts()
        self.evenings = 0
        self.error = ""
        self._setup = setup
        self._producer = producer
        self._collector = collector
        self._stop = threading.Event()
        self.player = self._player(setup.evening)
        self._thread = threading.Thread(target=self._play, args=(timeline, media), name="player", daemon=True)
        self._thread.start()

    def playing(self) -> bool:
        """Return True while playback is running."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop playback and wait for the thread."""
        self._stop.set()
        self._thread.join(timeout=30)

    def _player(self, evening: Evening) -> Player:
        collector, seconds = self._collector, self._setup.evening_seconds
        return Player(
            self._producer,
            evening,
            seconds,
            result_lag=collector.result_lag,
            on_sent=collector.record_sent,
            played=self.played,
            scenes=SCENES if self._setup.story else (),
        )

    def _play(self, timeline: Timeline, media: MediaRenderer) -> None:
        try:
            self.player.play(timeline, media, self._stop)
            self.evenings = 1
            while self._setup.seconds is None and not self._stop.is_set():
                evening = self.player.evening.next()
                timeline = self._setup.timeline(evening)
                with start_rendering(timeline) as more:
                    self.player = self._player(evening)
                    self.player.play(timeline, more, self._stop)
                self.evenings += 1
            self._producer.flush(20)
        except (NotDeliveredError, RuntimeError, ValueError, OSError) as error:
            self.error = str(error)


class _ProgressDisplay:
    """Live view of a running demo, refreshed from the playback, the results and the alerts."""

    def __init__(
        self,
        setup: DemoSetup,
        settings: Settings,
        playback: PlaybackThread,
        collector: ResultCollector,
        alert_reader: AlertReader,
        view: LiveView,
    ) -> None:
        self._setup, self._settings, self._view = setup, settings, view
        self._playback, self._collector, self._alert_reader = playback, collector, alert_reader
        self._rates = EventRates()

    def follow_playback(self) -> None:
        """Refresh the view until playback ends."""
        while self._playback.playing():
            self._refresh("")

    def drain(self) -> None:
        """Refresh the view until no new result or alert has arrived for `_QUIET_SECONDS`."""
        deadline = wall.monotonic() + MAX_DRAIN_SECONDS
        last = self._arrived()
        quiet_since = wall.monotonic()
        while (now := wall.monotonic()) < deadline and now - quiet_since < _QUIET_SECONDS:
            self._refresh("waiting for the last results")
            if (arrived := self._arrived()) != last:
                last, quiet_since = arrived, wall.monotonic()

    def _arrived(self) -> tuple[int, int]:
        return self._collector.total(), len(self._alert_reader.delivered)

    def _refresh(self, notice: str) -> None:
        self._alert_reader.read()
        sent = {topic.name: self._playback.played.sent[topic.name] for topic in registry.input_topics()}
        counts = {**sent, **{name: results.count for name, results in self._collector.results.items()}}
        player = self._playback.player
        self._view.show(
            LiveSnapshot(
                evening=player.evening,
                time=player.now,
                speed=player.speed.factor(player.now),
                story=self._setup.story,
                venue=self._setup.venue,
                sent=sent,
                results=self._collector.results,
                rates=self._rates.update(counts, wall.monotonic()),
                alerts=self._alert_reader.delivered,
                console_url=self._settings.console or "",
                notice=notice or self._alert_reader.error or self._collector.error,
            )
        )
        wall.sleep(_REFRESH_SECONDS)


def _open(alert_reader: AlertReader) -> list[Alert]:
    try:
        return alert_reader.open()
    except RedisError:
        return []
