"""What the vision worker sees in a rendered crowd of known truth: how many, which way, how fast, when it is blind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from processors.cameras.analyzer import CameraAnalyzer
from processors.cameras.camera_state import CameraState
from processors.cameras.frame_result import CameraFrame, FrameResult
from processors.cameras.simulated_faults import black
from processors.crowd.density import CrowdCounter
from processors.crowd.evidence_picture import BLURRED_TO, blur
from processors.violence.scorer import ViolenceScorer
from schemas.camera_faults import CameraFaultThresholds
from schemas.venue import Venue
from simulation.crowd_pictures import render
from simulation.evening import Evening, clock

EVENING = Evening()


def frames(camera: str, zone: str, start: str, number: int) -> list[CameraFrame]:
    begin = clock(start)
    return [
        CameraFrame(
            f"{camera}/{place}",
            camera,
            EVENING.at(begin + place / 8),
            render(EVENING, camera, zone, begin + place / 8).jpeg(),
        )
        for place in range(number)
    ]


@pytest.fixture(scope="module")
def walked(venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer) -> list[FrameResult]:
    """Four seconds of people who walk towards the gate's camera with 0.25 to 0.75 m/s."""
    return CameraAnalyzer(venue, counter, scorer).analyze(frames("gate-east", "gate", "18:40", 33))


def counts(seen: list[FrameResult]) -> list[Any]:
    return [one.count for one in seen if one.count is not None]


def test_people_walk_towards_the_camera_as_fast_as_they_were_drawn(walked: list[FrameResult]) -> None:
    flows = [zone.flow for count in counts(walked) for zone in count.zones if zone.flow is not None]
    assert len(flows) >= 3
    assert all(abs(flow.direction - 180) < 25 for flow in flows)
    assert np.mean([flow.speed for flow in flows]) == pytest.approx(0.5, abs=0.2)
    assert all(flow.counter_flow < 0.2 and flow.running < 0.05 for flow in flows)


def test_a_count_says_what_it_is_made_of(walked: list[FrameResult]) -> None:
    for count in counts(walked):
        (zone,) = count.zones
        assert zone.counted is not None and zone.persons == pytest.approx(zone.counted, rel=0.2)
        assert zone.density == pytest.approx(zone.persons / 104.7, rel=0.01)
        assert zone.limit == 180 and zone.lag_seconds <= 10


def test_what_is_kept_for_evidence_of_fights_is_too_coarse_for_a_face(walked: list[FrameResult]) -> None:
    kept = [seen.cells for seen in walked if seen.cells is not None]
    assert len(kept) == len(walked), "of every frame, so that none need be decoded again"
    assert all(cells.shape == (36, 48) for cells in kept)


def test_the_bars_are_told_every_ten_seconds(walked: list[FrameResult]) -> None:
    told = [context for seen in walked for context in seen.contexts]
    assert [context.zone for context in told] == ["gate"]


def test_a_blind_camera_counts_nobody_and_keeps_a_picture(
    venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer, crowd_picture: NDArray[np.uint8]
) -> None:
    dark = cv2.imencode(".jpg", black(crowd_picture, np.random.default_rng(0)))[1].tobytes()
    (seen,) = CameraAnalyzer(venue, counter, scorer).analyze([CameraFrame("e", "gate-east", EVENING.at(0), dark)])
    assert seen.count is not None and seen.score is None and not seen.contexts
    assert seen.count.blind == "black" and seen.count.persons is None and not seen.count.zones
    assert seen.evidence is not None and seen.count.evidence == (seen.evidence.id,)


def test_a_camera_that_is_always_soft_gets_thresholds_of_its_own(
    venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer, crowd_picture: NDArray[np.uint8]
) -> None:
    soft = cv2.imencode(".jpg", cv2.GaussianBlur(crowd_picture, (0, 0), 20))[1].tobytes()
    (gate,) = (camera for camera in venue.cameras if camera.id == "gate-east")
    old = gate.model_copy(update={"faults": CameraFaultThresholds(soft=0.0)})
    for camera, blind in ((gate, "blurred"), (old, None)):
        (seen,) = CameraAnalyzer(venue.model_copy(update={"cameras": [camera]}), counter, scorer).analyze(
            [CameraFrame("e", "gate-east", EVENING.at(0), soft)]
        )
        assert seen.count is not None and seen.count.blind == blind


def test_evidence_comes_with_what_may_raise_an_alert_and_shows_nobody(
    venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer
) -> None:
    full = venue.model_dump_json().replace('"capacity":180', '"capacity":20')
    watch = CameraAnalyzer(Venue.model_validate_json(full), counter, scorer)
    seen = watch.analyze(frames("gate-east", "gate", "18:40", 17))
    made = [one.evidence for one in seen if one.evidence is not None]
    assert len(made) == 1, "one picture for five seconds of one incident"
    assert all(count.evidence == (made[0].id,) for count in counts(seen))
    shown = cv2.imdecode(np.frombuffer(made[0].body, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (480, 640, 3) and made[0].content_type == "image/webp"


def test_a_blurred_picture_holds_no_more_than_its_few_pixels(crowd_picture: NDArray[np.uint8]) -> None:
    blurred = blur(crowd_picture)
    few = cv2.resize(blurred, (BLURRED_TO, 42), interpolation=cv2.INTER_AREA)
    again = cv2.resize(few, (640, 480), interpolation=cv2.INTER_CUBIC)
    assert float(np.abs(again.astype(int) - blurred).mean()) < 4
    assert float(np.abs(crowd_picture.astype(int) - blurred).mean()) > 10


def test_what_is_remembered_survives_a_restart(venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer) -> None:
    first, known = CameraAnalyzer(venue, counter, scorer), frames("bar-square", "bars", "19:00", 17)
    first.analyze(known[:9])
    stored = msgspec.json.encode(first.memories["bar-square"])
    second = CameraAnalyzer(venue, counter, scorer)
    second.memories["bar-square"] = msgspec.json.decode(stored, type=CameraState)
    zones = [counts(watch.analyze(known[from_:]))[-1].zones[0] for watch, from_ in ((first, 9), (second, 16))]
    assert zones[0].persons == pytest.approx(zones[1].persons, rel=1e-6)
    assert len(stored) < 12_000


def test_an_unknown_camera_is_looked_at_by_no_one(venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer) -> None:
    at: datetime = EVENING.at(0)
    (seen,) = CameraAnalyzer(venue, counter, scorer).analyze([CameraFrame("e", "nowhere", at, b"x")])
    assert "no camera 'nowhere'" in seen.error and seen.count is None
