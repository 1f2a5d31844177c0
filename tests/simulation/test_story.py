"""Tests of the demo's story: alerts of a blocked exit, the queue of an offline till, and the story report."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from processors.alerts.alarm import AlarmState, apply_observation
from processors.cameras.analyzer import CameraAnalyzer
from processors.cameras.frame_result import CameraFrame
from processors.crowd.density import CrowdCounter
from processors.models.inference import open_folder
from processors.violence.scorer import ViolenceScorer
from schemas.alerts import Alert
from schemas.bars import SALES, DemandForecast, Ticket
from schemas.cameras import FRAMES
from schemas.crowd import CrowdCount, ZoneCount
from schemas.venue import Venue
from simulation.alert_reader import AlertDelivery
from simulation.crowd_images import render_burst
from simulation.evening import EVENING_SECONDS, Evening, clock
from simulation.playback_speed import SCENES, PlaybackSpeed, in_scene
from simulation.schedule import simulated_timeline
from simulation.story import STORY_STEPS, steps_for_venue, story_report
from simulation.story_measurements import StoryMeasurements
from simulation.till_tickets import REPEATED_TICKETS, tickets
from simulation.timeline import PlannedMedia, TimelineEvent
from stream.features import registry
from stream.runtime.venue_file import read_venue

ROOT = Path(__file__).parents[2]
EVENING = Evening()


@pytest.fixture(scope="module")
def venue() -> Venue:
    return read_venue(ROOT / "deploy" / "venues" / "demo.yaml")


def test_blocked_exit_images_raise_alerts_before_gate_is_full(venue: Venue) -> None:
    """Pass the demo's images of the scene through the shipped model and the venue's rules."""
    models = ROOT / "models"
    analyzer = CameraAnalyzer(
        venue, CrowdCounter(open_folder(models / "crowd")), ViolenceScorer(open_folder(models / "violence"))
    )
    evaluator, settings = registry.rule_evaluator(venue), registry.rule_settings(venue)
    alarms = defaultdict[str, AlarmState](AlarmState)
    raised: dict[str, float] = {}
    for planned in simulated_timeline(EVENING, venue, 60):
        if not isinstance(planned, PlannedMedia) or planned.topic is not FRAMES or planned.key != "gate-east":
            continue
        if not in_scene(planned.time) or "crowd-capacity" in raised:
            continue
        assert planned.important, "every frame of the scene is important"
        for time, jpeg in planned.make():
            (result,) = analyzer.analyze([CameraFrame(f"gate-east/{time}", "gate-east", EVENING.at(time), jpeg)])
            for observation in evaluator.observations(result.count) if result.count else ():
                alarms[observation.key], step = apply_observation(
                    alarms[observation.key], observation, settings[observation.rule]
                )
                if step is not None and step.state == "raised":
                    raised.setdefault(observation.rule, time)
    assert set(raised) == {"crowd-forecast", "bottleneck", "crowd-capacity"}, "no other alerts"
    assert max(raised, key=lambda rule: raised[rule]) == "crowd-capacity", "both alerts precede the full gate"
    assert raised["crowd-forecast"] > clock("22:46"), "not before the exit is blocked"
    assert raised["crowd-capacity"] - raised["crowd-forecast"] >= 60, "there is time to act"


def test_crowd_model_finds_stage_full_only_for_headliner(venue: Venue) -> None:
    """Require a margin on both sides, so that the alert does not depend on the noise of single counts."""
    models = ROOT / "models"
    limit = next(zone.capacity for zone in venue.zones if zone.id == "front")
    occupancy_ratio: dict[str, float] = {}
    for at in ("22:00", "22:10", "23:20", "23:40", "00:20"):
        network_pair = CrowdCounter(open_folder(models / "crowd")), ViolenceScorer(open_folder(models / "violence"))
        (time, jpeg), *_ = render_burst(EVENING, "front-left", "front", clock(at), 1)
        (result,) = CameraAnalyzer(venue, *network_pair).analyze(
            [CameraFrame(at, "front-left", EVENING.at(time), jpeg)]
        )
        assert result.count is not None
        occupancy_ratio[at] = result.count.zones[0].persons / limit
    assert max(occupancy_ratio["22:00"], occupancy_ratio["22:10"]) < 0.95, occupancy_ratio
    assert min(occupancy_ratio["23:20"], occupancy_ratio["23:40"], occupancy_ratio["00:20"]) > 1.02, occupancy_ratio


def test_rain_moves_people_and_sales_from_stage_to_bars(venue: Venue) -> None:
    dry, wet = clock("22:10"), clock("22:25")
    assert EVENING.persons("front", wet) < 0.7 * EVENING.persons("front", dry)
    assert EVENING.persons("bars", wet) > 1.5 * EVENING.persons("bars", dry)
    assert EVENING.persons("gate", wet) == pytest.approx(EVENING.persons("gate", dry), abs=20)
    sold: Counter[str] = Counter()
    for seed in range(4):
        for ready in tickets(Evening(seed=seed), venue):
            if ready.occurred_at is not None and clock("22:20") <= ready.occurred_at < clock("22:40"):
                sold[ready.key] += 1
    assert sold["south"] > 2 * sold["north"], "the bar under the awnings, and the one before the stage"


def test_offline_till_sends_queue_later_and_repeats_some(venue: Venue) -> None:
    sent = list(tickets(EVENING, venue))
    assert [event.time for event in sent] == sorted(event.time for event in sent)
    late_events = [event for event in sent if event.occurred_at is not None and event.occurred_at < event.time]
    assert {event.source for event in late_events} == {"till/south-2"} and len(late_events) > REPEATED_TICKETS
    assert all(event.time >= clock("21:38") > (event.occurred_at or 0.0) >= clock("21:17") for event in late_events)
    assert all(
        isinstance(event.value, Ticket) and event.value.time == EVENING.at(event.occurred_at or 0.0)
        for event in late_events
    )
    repeated_ids = [name for name, times in Counter(event.id for event in sent).items() if times > 1]
    assert len(repeated_ids) == REPEATED_TICKETS


def test_playback_speed_maps_times_both_ways() -> None:
    speed = PlaybackSpeed(120)
    times = np.linspace(0, EVENING_SECONDS, 500)
    walls = [speed.wall(float(time)) for time in times]
    assert walls == sorted(walls) and walls[-1] == pytest.approx(120)
    assert [speed.time(wall) for wall in walls] == pytest.approx(list(times))
    assert 7 * speed.factor(clock("22:50")) < speed.factor(clock("20:00"))
    assert all(0 < scene.share < 1 for scene in SCENES)


def make_deliveries(rule: str, subject: str, at: str, *audience: str) -> list[AlertDelivery]:
    time = EVENING.at(clock(at))
    alert = Alert(
        id=f"{rule}-{at}", key=f"{rule}/{subject}", version=1, rule=rule, subject=subject, state="raised",
        severity="high", audience=("security",), raised_at=time, time=time, value=1, peak=1, threshold=1, event_id="e",
    )  # fmt: skip
    return [AlertDelivery(alert, audience_name, 0.2) for audience_name in audience]  # type: ignore[arg-type]


def gate_step_report(steps: list[AlertDelivery]) -> dict[str, object]:
    steps_of_gate = [beat for beat in STORY_STEPS if beat.name == "gate-fills"]
    (step_report,) = story_report(steps_of_gate, EVENING, steps, {})
    return step_report


def test_story_step_needs_all_alerts_in_order_to_audience() -> None:
    forecast = make_deliveries("crowd-forecast", "gate/gate-east", "22:50", "security")
    full = make_deliveries("crowd-capacity", "gate/gate-east", "22:52", "security")
    assert gate_step_report([*full, *forecast])["as_expected"]
    assert not gate_step_report(full)["as_expected"], "one alert is missing"
    late = make_deliveries("crowd-forecast", "gate/gate-east", "22:53", "security")
    assert not gate_step_report([*late, *full])["as_expected"], "announced when it was full"
    wrong = make_deliveries("crowd-capacity", "gate/gate-east", "22:52", "bar")
    assert not gate_step_report([*forecast, *wrong])["as_expected"], "wrong audience"
    early = make_deliveries("crowd-forecast", "gate/gate-east", "22:40", "security")
    assert not gate_step_report([*early, *full])["as_expected"], "before the exit was blocked"


def test_story_till_step_fails_on_ticket_counted_twice() -> None:
    def ticket(number: int, sent: float) -> TimelineEvent:
        record = Ticket(id=f"t{number}", bar="south", till="south-2", time=EVENING.at(100), lines=())
        return TimelineEvent("tills", SALES, sent, "south", f"t{number}", "till/south-2", record, occurred_at=100.0)

    plan = [ticket(1, 100), ticket(2, 200), ticket(1, 201), ticket(3, 202)]
    for counted, is_expected in ((3, True), (4, False), (2, False)):
        measurements = StoryMeasurements(EVENING)
        measurements.add_result(
            DemandForecast(event_id="t3", bar="south", time=EVENING.at(100), tickets=counted, products=(), model="m")
        )
        till = measurements.by_step(plan)["till-back"]
        assert (till["as_expected"], till["tickets_late"], till["of_them_sent_twice"]) == (is_expected, 3, 1)


def test_story_rain_step_fails_if_people_stay() -> None:
    for wet_front, is_expected in ((150.0, True), (300.0, False)):
        measurements = StoryMeasurements(EVENING)
        for at, front, bars in (("22:05", 300.0, 90.0), ("22:30", wet_front, 200.0)):
            zones = tuple(ZoneCount(zone=zone, persons=persons) for zone, persons in (("front", front), ("bars", bars)))
            time = EVENING.at(clock(at)) + timedelta(seconds=1)
            measurements.add_result(CrowdCount(event_id="e", camera="c", time=time, persons=1, zones=zones, model="m"))
        assert measurements.by_step([])["rain"]["as_expected"] is is_expected


def test_story_omits_steps_whose_places_are_missing(venue: Venue) -> None:
    assert [beat.name for beat in steps_for_venue(venue)] == [beat.name for beat in STORY_STEPS]
    names = [beat.name for beat in steps_for_venue(Venue(name="Small"))]
    assert "gas" in names and "blocked-exit" not in names and "break" not in names
