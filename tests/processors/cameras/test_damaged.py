"""Pictures of a damaged stream: nobody is counted, nothing is learnt from them, and a lasting fault is reported."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from processors.cameras.analyzer import CameraAnalyzer
from processors.cameras.frame_result import FrameResult
from processors.cameras.rules import CAMERA_BLIND
from processors.violence.scorer import ViolenceScorer
from schemas.cloudevents import Envelope
from schemas.ids import EventId
from schemas.venue import Venue
from tests.processors.cameras.test_flashes import FIGHT, EmptyCounter, camera_frames, rendered


def analyze(venue: Venue, scorer: ViolenceScorer, damaged: set[int], number: int = 40) -> list[FrameResult]:
    frames = camera_frames(list(rendered(FIGHT.start - 60, 8))[:number])
    marked = [replace(frame, damaged=True) if index in damaged else frame for index, frame in enumerate(frames)]
    return CameraAnalyzer(venue, EmptyCounter(), scorer).analyze(marked)


def test_short_damage_is_no_sample(venue: Venue, scorer: ViolenceScorer) -> None:
    results = analyze(venue, scorer, {16, 17, 18})
    assert all(results[number].count is None and results[number].score is None for number in (16, 17, 18))
    assert [number for number, one in enumerate(results) if one.count is not None] == [0, 8, 19, 27, 35]
    assert all(one.count.blind is None for one in results if one.count is not None)


def test_lasting_damage_makes_camera_blind(venue: Venue, scorer: ViolenceScorer) -> None:
    results = analyze(venue, scorer, set(range(16, 40)))
    blind = [one.count for one in results if one.count is not None and one.count.blind]
    assert blind and {count.blind for count in blind} == {"damaged"}
    assert all(count.persons is None and not count.zones for count in blind)
    (measurement,) = CAMERA_BLIND.measure(blind[0], venue)
    assert measurement.value == 1.0


def test_camera_that_begins_damaged_is_blind_at_once(venue: Venue, scorer: ViolenceScorer) -> None:
    (first, *_) = analyze(venue, scorer, {0, 1, 2}, 3)
    assert first.count is not None and first.count.blind == "damaged"


def test_baseline_is_not_learnt_from_damage(venue: Venue, scorer: ViolenceScorer) -> None:
    frames = [replace(frame, damaged=True) for frame in camera_frames(list(rendered(FIGHT.start - 60, 8))[:20])]
    analyzer = CameraAnalyzer(venue, EmptyCounter(), scorer)
    analyzer.analyze(frames)
    assert analyzer.states[frames[0].camera].baseline.pictures == 0


@pytest.mark.parametrize("damaged", [False, True])
def test_damage_travels_with_record(damaged: bool) -> None:
    time = datetime(2026, 7, 4, tzinfo=UTC)
    envelope = Envelope(EventId("a"), "pulso.camera.frame.v1", "camera/gate", time, "image/jpeg", time, damaged)
    assert Envelope.from_headers(envelope.headers()) == envelope
    assert ("ce_damaged" in dict(envelope.headers())) == damaged


def test_other_values_of_header_mean_whole() -> None:
    time = datetime(2026, 7, 4, tzinfo=UTC)
    headers = dict(Envelope(EventId("a"), "t", "s", time, "image/jpeg", time).headers())
    assert not Envelope.from_headers(headers | {"ce_damaged": b"maybe"}).damaged
    assert Envelope.from_headers(headers | {"ce_damaged": b"true"}).damaged
