"""The watch finds what is silent, by its own rhythm, and does not alarm when silence is planned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from processors.alerts.alarm import AlarmState, apply_observation
from processors.sources.opening import is_open
from processors.sources.rules import CAMERA_SILENT
from processors.sources.watch import SourceWatch, WatchState
from schemas.alerts import Observation
from schemas.bars import BarSettings
from schemas.calendar import Calendar
from schemas.ids import BarId
from schemas.sources import FeedReport, ProcessReport, ProcessState, SourceReport, SourceState
from schemas.venue import Venue

START = datetime(2026, 7, 4, 20, tzinfo=UTC)


class Site:
    """A site with one process of sources, and the watch of it: reports every 3 s, the time every 2 s."""

    def __init__(self, *sources: tuple[str, str], venue: Venue | None = None, process: str = "sources") -> None:
        self.watch = SourceWatch(venue or Venue(name="Here"))
        self.state = WatchState()
        self.now = START
        self.sources = {f"{kind}/{name}": (kind, name) for kind, name in sources}
        self.periods: dict[str, float | None] = {"camera": 0.125, "microphone": 5.0, "mailbox": 30.0}
        self.alive = dict.fromkeys(self.sources, START)
        self.dead: set[str] = set()
        self.lost: dict[str, str] = {}
        self.unseen: set[str] = set()
        self.feeds: dict[str, dict[str, float]] = {}
        self.events: dict[str, dict[str, float]] = {}
        self.process, self.instance, self.reporting, self.ticking = process, "1", True, True
        self.silent: dict[str, tuple[bool, bool]] = {}
        self.log: list[SourceState | ProcessState] = []
        self.second = 0

    def run(self, seconds: float) -> Site:
        for _ in range(round(seconds)):
            self.now += timedelta(seconds=1)
            self.second += 1
            for key, rates in self.feeds.items():
                counts = self.events.setdefault(key, {})
                for feed, rate in rates.items():
                    counts[feed] = counts.get(feed, 0.0) + rate
            for key in self.sources:
                if key not in self.dead:
                    self.alive[key] = self.now
            if self.reporting and self.second % 3 == 0:
                self.report()
            if self.ticking and self.second % 2 == 0:
                self.tick()
        return self

    def report(self, *, final: bool = False) -> None:
        self.watch.apply(
            self.state,
            ProcessReport(
                id=f"r{self.second}", time=self.now, process=self.process, instance=self.instance, final=final,
                sources=tuple(self.source_report(key, *names) for key, names in self.sources.items()),
            ),
        )  # fmt: skip

    def source_report(self, key: str, kind: str, name: str) -> SourceReport:
        counts = {feed: int(count) for feed, count in self.events.get(key, {}).items() if count >= 1}
        return SourceReport(
            kind=kind, name=name, up=key not in self.lost,
            age=None if key in self.unseen else (self.now - self.alive[key]).total_seconds(),
            period=self.periods.get(kind), reason=self.lost.get(key, ""), events=sum(counts.values()),
            feeds=tuple(FeedReport(name=feed, events=count) for feed, count in counts.items()),
        )  # fmt: skip

    def tick(self) -> None:
        time = ProcessReport(id=f"t{self.second}", kind="time", time=self.now, process="time")
        for one in self.watch.apply(self.state, time):
            self.log.append(one)
            key = one.source if isinstance(one, SourceState) else f"process {one.process}"
            self.silent[key] = (one.silent, isinstance(one, SourceState) and one.covered)

    @property
    def alarms(self) -> set[str]:
        """Keys of sources and processes that are silent and not covered."""
        return {key for key, (silent, covered) in self.silent.items() if silent and not covered}

    def seconds_until(self, key: str, limit: float = 120) -> float:
        began = self.now
        while key not in self.alarms:
            assert self.now - began < timedelta(seconds=limit), f"{key} is not silent: {self.alarms}"
            self.run(1)
        return (self.now - began).total_seconds()


@pytest.mark.parametrize(("kind", "name"), [("camera", "gate"), ("microphone", "main"), ("mailbox", "support")])
def test_source_that_is_lost_is_silent_within_28_seconds(kind: str, name: str) -> None:
    site = Site((kind, name), ("camera", "front"), ("camera", "bars"), ("camera", "wc"), ("tills", "http")).run(60)
    assert not site.alarms
    site.dead.add(f"{kind}/{name}")
    site.lost[f"{kind}/{name}"] = "the stream stopped"
    assert site.seconds_until(f"{kind}/{name}") <= 28
    assert site.alarms == {f"{kind}/{name}"}
    site.dead.clear()
    site.lost.clear()
    assert not site.run(6).alarms


def test_stream_that_stays_open_without_pictures_is_silent() -> None:
    site = Site(("camera", "gate"), ("camera", "front")).run(30)
    site.dead.add("camera/gate")  # still "up": nothing has noticed
    assert site.seconds_until("camera/gate") <= 28


def test_slow_camera_has_a_rhythm_of_its_own() -> None:
    site = Site(("camera", "car-park"), ("tills", "http"))
    site.periods["camera"] = 15.0
    site.run(60)
    site.dead.add("camera/car-park")
    assert 60 <= site.seconds_until("camera/car-park") <= 68


def test_mailbox_without_mail_is_not_silent_and_a_short_reconnection_neither() -> None:
    site = Site(("mailbox", "support"), ("camera", "gate")).run(3600)
    site.dead.add("camera/gate")
    site.lost["camera/gate"] = "reset"
    site.run(12)
    site.dead.clear()
    site.lost.clear()
    assert not site.run(20).alarms
    assert not any(one.silent for one in site.log)


def test_fifty_cameras_lost_at_once_are_one_alarm_until_nearly_all_are_back() -> None:
    site = Site(*(("camera", f"c{number}") for number in range(50)), ("tills", "http")).run(30)
    cameras = [key for key in site.sources if key.startswith("camera")]
    for number, key in enumerate(cameras[:-1]):  # the last one has a cable of its own
        site.alive[key] -= timedelta(seconds=number % 4)
        site.dead.add(key)
    assert site.seconds_until("process sources") <= 28
    assert site.alarms == {"process sources"}
    assert not any(one.silent and not one.covered for one in site.log if isinstance(one, SourceState))
    (process,) = [one for one in site.log if isinstance(one, ProcessState) and one.silent][:1]
    assert (process.cause, len(process.sources)) == ("network", 49)
    for key in cameras[:30]:
        site.dead.discard(key)
        assert site.run(6).alarms == {"process sources"}
    site.dead = {cameras[48]}
    assert site.run(10).alarms == {"camera/c48"}


def test_two_dead_cameras_of_ten_are_two_alarms() -> None:
    site = Site(*(("camera", f"c{number}") for number in range(10))).run(30)
    site.dead |= {"camera/c1", "camera/c2"}
    site.run(30)
    assert site.alarms == {"camera/c1", "camera/c2"}


def test_process_that_ends_is_one_alarm_and_comes_back() -> None:
    site = Site(("camera", "gate"), ("microphone", "main"), ("mailbox", "m"), ("tills", "http"), ("posts", "http"))
    site.run(60)
    site.reporting = False
    assert site.seconds_until("process sources") <= 28
    assert site.run(60).alarms == {"process sources"}
    site.reporting, site.instance = True, "2"
    assert not site.run(8).alarms


def test_single_source_of_a_process_that_ends_speaks_for_itself() -> None:
    site = Site(("camera", "gate"), process="camera/gate").run(30)
    site.reporting = False
    assert site.seconds_until("camera/gate") <= 28
    assert site.alarms == {"camera/gate"}
    assert [one.reason for one in site.log if isinstance(one, SourceState) and one.silent][-1] == "process"


def test_crash_loop_does_not_hide_a_dead_camera() -> None:
    site = Site(("camera", "gate"), ("camera", "front")).run(30)
    site.dead.add("camera/gate")
    site.unseen.add("camera/gate")
    for instance in range(2, 8):
        site.instance = str(instance)
        site.run(6)
    assert site.alarms == {"camera/gate"}


def test_planned_restart_does_not_alarm_and_one_that_fails_does() -> None:
    site = Site(("camera", "gate"), ("microphone", "main"), ("tills", "http"), venue=with_till_server()).run(60)
    site.report(final=True)
    site.reporting = False
    assert not site.run(50).alarms
    site.reporting, site.instance = True, "2"
    assert not site.run(30).alarms
    site.report(final=True)
    site.reporting = False
    site.watch = SourceWatch(Venue.model_validate({
        "name": "Here", "cameras": [{"id": "gate", "url": "rtsp://x/y"}], "stages": [{"id": "main", "url": "a.wav"}],
        "tills": {},
    }))  # fmt: skip
    site.reporting = True
    site.run(30)
    site.report(final=True)
    site.reporting = False
    assert 55 <= site.seconds_until("process sources", 90) <= 70


def with_till_server() -> Venue:
    return Venue.model_validate({
        "name": "Here", "cameras": [{"id": "gate", "url": "rtsp://x/y"}], "stages": [{"id": "main", "url": "a.wav"}],
        "tills": {},
    })  # fmt: skip


def test_source_started_by_hand_may_be_stopped_by_hand() -> None:
    site = Site(("camera", "visitor"), process="camera/visitor").run(30)
    site.report(final=True)
    site.reporting = False
    assert not site.run(300).alarms


def test_pause_of_the_watching_worker_is_not_silence() -> None:
    site = Site(("camera", "gate"), ("camera", "front")).run(60)
    site.ticking = site.reporting = False  # Kafka is away for two minutes
    site.run(120)
    site.ticking = True
    site.run(4)  # the time comes before the reports
    site.reporting = True
    assert not site.run(60).alarms
    assert not any(one.silent for one in site.log)
    site.dead.add("camera/gate")
    assert site.seconds_until("camera/gate") <= 28


def test_sources_of_the_file_that_nobody_runs_are_one_alarm() -> None:
    site = Site(venue=with_till_server())
    site.reporting = False
    assert 60 <= site.seconds_until("process sources") <= 66
    assert not Site(venue=Venue.model_validate({"name": "Here", "tills": {}, "social": {}})).run(200).alarms


def test_bar_that_sells_is_missed_after_minutes() -> None:
    site = Site(("tills", "http"))
    site.feeds["tills/http"] = {"north": 0.1, "south": 0.2}
    site.run(1200)
    assert not site.alarms
    site.feeds["tills/http"]["north"] = 0
    assert 240 <= site.seconds_until("tills/north", 600) <= 330
    site.feeds["tills/http"]["north"] = 0.1
    assert not site.run(60).alarms


def test_all_bars_that_fall_silent_are_one_alarm() -> None:
    site = Site(("tills", "http"))
    site.feeds["tills/http"] = {"north": 0.1, "south": 0.2, "east": 0.1}
    site.run(1200)
    site.feeds["tills/http"].clear()
    site.seconds_until("tills/http", 400)
    assert site.run(600).alarms == {"tills/http"}


def test_network_that_posts_is_missed() -> None:
    site = Site(("posts", "http"))
    site.feeds["posts/http"] = {"mastodon": 0.2, "bluesky": 0.2}
    site.run(1200)
    site.feeds["posts/http"]["bluesky"] = 0
    site.seconds_until("posts/bluesky", 600)
    assert site.alarms == {"posts/bluesky"}


def test_quiet_bar_has_no_pace_to_miss() -> None:
    site = Site(("tills", "http"))
    site.feeds["tills/http"] = {"north": 1 / 150, "south": 0.2}
    site.run(3600)
    site.feeds["tills/http"]["north"] = 0
    assert not site.run(3000).alarms


def test_bar_that_closes_is_not_missed() -> None:
    venue = Venue(name="Here", bars=[BarSettings(id="north", closes="22:30"), BarSettings(id="south")])
    site = Site(("tills", "http"), venue=venue)  # 20:00 UTC is 22:00 in Madrid
    site.feeds["tills/http"] = {"north": 0.1, "south": 0.2}
    site.run(20 * 60)
    site.feeds["tills/http"]["north"] = 0
    assert not site.run(3000).alarms


def test_microphone_is_not_missed_after_the_end() -> None:
    calendar = Calendar(ground_opens="18:00", ground_closes="22:20")
    site = Site(("microphone", "main"), ("camera", "gate"), venue=Venue(name="Here", calendar=calendar)).run(600)
    site.dead |= {"microphone/main"}
    assert not site.run(120).alarms
    site.dead |= {"camera/gate"}
    site.seconds_until("camera/gate")


def test_evening_that_fades_out_alarms_nobody() -> None:
    site = Site(("tills", "http"))
    for minute in range(90):
        rate = 0.2 * 0.95**minute
        site.feeds["tills/http"] = {"north": rate, "south": rate}
        site.run(60)
    site.feeds["tills/http"].clear()
    assert not site.run(3 * 3600).alarms


def test_restart_of_the_endpoint_does_not_make_its_bars_silent() -> None:
    site = Site(("tills", "http"), ("camera", "gate"), venue=with_till_server())
    site.feeds["tills/http"] = {"north": 0.1, "south": 0.2}
    site.run(1200)
    site.reporting = False
    site.run(400)
    site.reporting, site.instance = True, "2"
    site.events.clear()
    assert "tills/north" not in site.run(120).alarms
    assert not site.alarms


def test_endpoint_that_was_closed_for_minutes_does_not_miss_what_could_not_come() -> None:
    site = Site(("tills", "http"), ("camera", "gate"))
    site.feeds["tills/http"] = {"north": 0.1, "south": 0.2}
    site.run(1200)
    rates, site.feeds["tills/http"] = site.feeds["tills/http"], {}
    site.dead.add("tills/http")
    site.lost["tills/http"] = "port 8090 can't be bound"
    assert site.seconds_until("tills/http") <= 28
    site.run(500)
    site.dead.clear()
    site.lost.clear()
    assert not site.run(12).alarms
    site.feeds["tills/http"] = rates
    site.run(120)
    assert not site.alarms
    assert {one.source for one in site.log if isinstance(one, SourceState) and one.silent} == {"tills/http"}


def test_removed_and_ended_sources_clear_their_alarms() -> None:
    site = Site(("camera", "gate"), ("camera", "front")).run(30)
    site.dead.add("camera/gate")
    site.seconds_until("camera/gate")
    del site.sources["camera/gate"]
    site.instance = "2"
    assert not site.run(6).alarms
    last = [one for one in site.log if isinstance(one, SourceState) and one.source == "camera/gate"][-1]
    assert not last.watched


def test_state_survives_a_row_and_stays_small() -> None:
    site = Site(*(("camera", f"c{number}") for number in range(50)), ("tills", "http"))
    site.feeds["tills/http"] = {f"bar-{number}": 0.1 for number in range(200)}
    site.run(700)
    row = msgspec.json.encode(site.state)
    assert len(row) < 60_000
    site.state = msgspec.json.decode(row, type=WatchState)
    site.dead.add("camera/c7")
    assert site.seconds_until("camera/c7") <= 28


def test_several_workers_that_write_the_time_change_nothing() -> None:
    one, other = Site(("camera", "gate"), ("camera", "front")), Site(("camera", "gate"), ("camera", "front"))
    for site in (one, other):
        site.run(30)
        site.dead.add("camera/gate")
    for _ in range(40):
        one.run(1)
        other.run(1)
        other.tick()
    assert one.alarms == other.alarms == {"camera/gate"}


def test_clock_that_was_an_hour_ahead_and_is_corrected_does_not_stop_the_watch() -> None:
    site = Site(("camera", "gate"), ("camera", "front")).run(30)
    site.now += timedelta(minutes=50)
    site.run(30)
    site.now -= timedelta(minutes=50)
    assert not site.run(30).alarms
    site.dead.add("camera/gate")
    assert site.seconds_until("camera/gate") <= 28


@pytest.mark.parametrize(
    ("opens", "closes", "begins", "open_hours"),
    [
        ("16:00", "06:00", "06:00", "16-5"), ("20:00", "07:00", "06:00", "20-6"), ("12:00", "12:00", "06:00", "12-11"),
        ("00:00", "00:00", "06:00", "0-23"), ("16:00", "03:00", "06:00", "16-2"), ("08:00", "20:00", "06:00", "8-19"),
    ],
)  # fmt: skip
def test_ground_is_open_until_its_closing_even_after_the_day_begins(
    opens: str, closes: str, begins: str, open_hours: str
) -> None:
    calendar = Calendar(ground_opens=opens, ground_closes=closes, day_begins=begins)
    venue = Venue(name="Here", timezone="UTC", calendar=calendar, bars=[BarSettings(id="north", closes=closes)])
    first, last = map(int, open_hours.split("-"))
    expected = [(hour - first) % 24 <= (last - first) % 24 for hour in range(24)]
    for bar in (None, BarId("north")):
        found = [is_open(venue, START.replace(hour=hour, minute=30), bar) for hour in range(24)]
        assert found == expected


def test_camera_that_comes_and_goes_keeps_one_alert() -> None:
    site = Site(("camera", "gate"), ("camera", "front")).run(30)
    for _ in range(8):
        site.dead.add("camera/gate")
        site.run(30)
        site.dead.clear()
        site.run(8)
    site.run(60)
    alarm, found = AlarmState(), []
    for state in site.log:
        for measured in CAMERA_SILENT.measure(state, Venue(name="Here")) if isinstance(state, SourceState) else ():
            if measured.subject == "gate":
                seen = Observation(
                    id=f"{state.time}", key="camera-silent/gate", rule="camera-silent", subject="gate",
                    time=state.time, value=measured.value,
                )  # fmt: skip
                alarm, step = apply_observation(alarm, seen, CAMERA_SILENT.defaults)
                found += [step.state] if step else []
    assert found == ["raised", "resolved"]


@pytest.mark.parametrize("seconds", [1e300, 4e9])
def test_impossible_age_and_period_are_as_long_as_a_day(seconds: float) -> None:
    site = Site(("camera", "gate"), ("camera", "front")).run(30)
    report = SourceReport(kind="camera", name="gate", up=True, age=seconds, period=seconds)
    site.watch.apply(site.state, ProcessReport(id="x", time=site.now, process=site.process, sources=(report,)))
    site.run(10)
    assert not site.alarms
    msgspec.json.decode(msgspec.json.encode(site.state), type=type(site.state))


def test_process_that_another_takes_over_clears_its_alarm() -> None:
    site = Site(("camera", "a"), ("camera", "b"), process="pod-1").run(60)
    site.reporting = False
    site.run(60)
    assert site.silent["process pod-1"][0]
    site.process, site.reporting = "pod-2", True
    site.run(180)
    assert not site.silent["process pod-1"][0]
    assert not [key for key in (*site.state.shown, *site.state.processes) if "pod-1" in key]


def test_camera_outside_the_venue_file_that_ended_without_a_word_is_forgotten_after_a_day() -> None:
    site = Site(("camera", "tried"), ("camera", "other"), process="mine").run(60)
    site.reporting = False
    site.run(60)
    assert "camera/tried" in site.state.sources
    site.now += timedelta(days=1)
    site.run(180)
    assert not site.state.sources
    assert not site.silent["camera/tried"][0]
