"""Tests of the simulated attendees: their wishes and questions, answered by the agents without Kafka."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.assistant import ASSISTANT_ANSWERS, QUESTIONS, RATINGS, AssistantAnswer
from schemas.crowd import CROWD, CrowdCount, ZoneCount
from schemas.itinerary import PLANS, WISHES, ItineraryPlan
from schemas.programme import PROGRAMME, PROGRAMME_SETS
from schemas.recommendations import TASTE_EVENTS
from schemas.routes import PATH_STATES
from schemas.venue import Venue
from simulation.attendee_measurements import AttendeeMeasurements
from simulation.attendees import LISTENERS, QUESTIONS_ASKED, attendee_timeline
from simulation.command import FESTIVAL
from simulation.evening import ACTS, Evening, clock
from simulation.programme_changes import evening_sets, path_timeline, programme_timeline
from simulation.timeline import TimelineEvent
from stream.features import assistant, itinerary
from stream.runtime.settings import Settings
from stream.runtime.testing import TestDriver
from stream.runtime.venue_file import read_venue

ROOT = Path(__file__).parents[2]
EVENING = Evening()
Played = tuple[AttendeeMeasurements, list[ItineraryPlan | AssistantAnswer]]


@pytest.fixture(scope="module")
def venue() -> Venue:
    return read_venue(ROOT / "deploy" / "venues" / "demo.yaml")


@pytest.fixture(scope="module")
def timeline(venue: Venue) -> list[TimelineEvent]:
    events = [*programme_timeline(EVENING, venue), *path_timeline(EVENING, venue), *attendee_timeline(EVENING, venue)]
    return sorted(events, key=lambda one: one.time)


@pytest.fixture
async def played(venue: Venue, timeline: list[TimelineEvent], tmp_path: Path) -> AsyncIterator[Played]:
    """Play the attendees' evening through both features; the main stage is full when the headliner begins."""
    settings = Settings(festival=FESTIVAL, data=tmp_path)
    drivers = [TestDriver(one.FEATURE, venue, settings=settings) for one in (itinerary, assistant)]
    measurements = AttendeeMeasurements(EVENING)
    zone = ZoneCount(zone="front", persons=420)
    at = EVENING.at(clock("23:20"))
    full = CrowdCount(event_id="full", camera="front-left", time=at, persons=420, zones=(zone,), model="test")
    filled, results = False, list[ItineraryPlan | AssistantAnswer]()
    for one in timeline:
        if one.time > clock("23:20") and not filled:
            filled = True
            for driver in drivers:
                await driver.send(CROWD, "front-left", full, time=at)
        for driver in drivers:
            if one.topic in (*driver.topics, PROGRAMME_SETS, PATH_STATES):
                effects = await driver.send(one.topic, one.key, one.value, id=one.id, time=EVENING.at(one.time))
                for result in (*effects.of(PLANS), *effects.of(ASSISTANT_ANSWERS)):
                    measurements.add_result(result)
                    results.append(result)
    yield measurements, results
    for driver in drivers:
        driver.close()


def test_printed_sets_of_stages_with_microphones_are_those_that_play(venue: Venue) -> None:
    """The venue file and the script of the music say the same."""
    stages = {stage.id for stage in venue.stages}
    printed = {(one.stage, one.name, one.begin, one.end) for one in evening_sets(EVENING, venue) if one.stage in stages}
    assert printed == {(act.stage, act.name, EVENING.at(act.start), EVENING.at(act.end)) for act in ACTS}


def test_next_evening_has_the_same_programme_a_day_later(venue: Venue) -> None:
    today, tomorrow = evening_sets(EVENING, venue), evening_sets(EVENING.next(), venue)
    assert [one.begin + timedelta(days=1) for one in today] == [one.begin for one in tomorrow]
    assert {one.id for one in today}.isdisjoint(one.id for one in tomorrow)


def test_venue_without_a_map_has_no_attendees(venue: Venue) -> None:
    plain = venue.model_copy(update={"paths": None, PROGRAMME.name: None})
    assert list(attendee_timeline(EVENING, plain)) == []
    assert list(programme_timeline(EVENING, plain)) == []
    assert list(path_timeline(EVENING, plain)) == []


def test_same_seed_gives_the_same_attendees(venue: Venue, timeline: list[TimelineEvent]) -> None:
    again = sorted(attendee_timeline(EVENING, venue), key=lambda one: one.time)
    assert again == [one for one in timeline if one.stream == "attendees"]
    assert {one.key for one in again if one.topic is TASTE_EVENTS} >= {
        f"listener-20250705-{i}" for i in range(LISTENERS)
    }
    per_hour = sum(one.topic is QUESTIONS for one in again) / 8
    assert per_hour < 5, "the worker that answers also reads mail"


async def test_attendees_plan_are_told_of_changes_and_are_led_away_from_a_full_stage(
    played: Played,
) -> None:
    measurements, results = played
    steps = measurements.by_step()
    assert steps["plans"]["complete"] == steps["plans"]["plans"] == 24
    assert steps["path-closed"]["told"] >= 3
    assert steps["path-closed"]["through_closed_path"] == 0
    moved = steps["set-moved"]
    assert moved["told"] >= 3
    assert moved["planned_again"] >= 1
    assert moved["kept_their_plan"] >= 1, "a plan changes only if the attendee asks"
    assert moved["changed_silently"] == 0
    assert "main" not in steps["stage-full"]["sent_to"]
    assert steps["stage-full"]["sent_to"]["tent"] >= 4
    assert steps["questions"]["answered"] == len(QUESTIONS_ASKED) - 2
    answers = [one.text for one in results if isinstance(one, AssistantAnswer)]
    assert any("23:50" in text and "Carpa" in text for text in answers), "the assistant knows the act that moved"
    assert not any("Puestos de comida" in text for text in answers), "and the path that is closed"
    assert all(steps[name]["as_expected"] for name in ("path-closed", "set-moved", "questions", "stage-full")), steps


def test_events_of_attendees_name_their_topics(timeline: list[TimelineEvent]) -> None:
    assert {one.topic for one in timeline} == {PROGRAMME_SETS, PATH_STATES, WISHES, QUESTIONS, RATINGS, TASTE_EVENTS}
