"""Camera analyzer on a rendered crowd of known truth: counts, direction, speed, blindness, evidence, observers."""

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
from processors.cameras.frame_observer import FrameMeasurements, FrameObservation
from processors.cameras.frame_result import CameraFrame, FrameResult
from processors.cameras.simulated_faults import black
from processors.crowd.density import CrowdCounter
from processors.crowd.evidence import CrowdEvidenceRecorder
from processors.violence.scorer import ViolenceScorer
from schemas.camera_faults import CameraFaultThresholds
from schemas.topic import Topic
from schemas.venue import Venue
from simulation.crowd_images import render
from simulation.evening import Evening, clock

EVENING = Evening()


def frames(camera: str, zone: str, start: str, number: int) -> list[CameraFrame]:
    begin = clock(start)
    return [
        CameraFrame(
            f"{camera}/{index}",
            camera,
            EVENING.at(begin + index / 8),
            render(EVENING, camera, zone, begin + index / 8).jpeg(),
        )
        for index in range(number)
    ]


@pytest.fixture(scope="module")
def walking_results(venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer) -> list[FrameResult]:
    """Return results of four seconds of people who walk towards the gate's camera at 0.25 to 0.75 m/s."""
    return CameraAnalyzer(venue, counter, scorer).analyze(frames("gate-east", "gate", "18:40", 33))


def counts(results: list[FrameResult]) -> list[Any]:
    return [one.count for one in results if one.count is not None]


def test_flow_has_direction_and_speed_of_rendered_people(walking_results: list[FrameResult]) -> None:
    flows = [zone.flow for count in counts(walking_results) for zone in count.zones if zone.flow is not None]
    assert len(flows) >= 3
    assert all(abs(flow.direction - 180) < 25 for flow in flows)
    assert np.mean([flow.speed for flow in flows]) == pytest.approx(0.5, abs=0.2)
    assert all(flow.counter_flow < 0.2 and flow.running < 0.05 for flow in flows)


def test_count_has_density_limit_and_lag_of_zone(walking_results: list[FrameResult]) -> None:
    for count in counts(walking_results):
        (zone,) = count.zones
        assert zone.counted is not None and zone.persons == pytest.approx(zone.counted, rel=0.2)
        assert zone.density == pytest.approx(zone.persons / 104.7, rel=0.01)
        assert zone.limit == 180 and zone.lag_seconds <= 10


def test_zone_context_is_published_every_ten_seconds(walking_results: list[FrameResult]) -> None:
    contexts = [context for result in walking_results for context in result.contexts]
    assert [context.zone for context in contexts] == ["gate"]


def test_blind_camera_counts_nobody_and_has_evidence(
    venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer, crowd_picture: NDArray[np.uint8]
) -> None:
    dark = cv2.imencode(".jpg", black(crowd_picture, np.random.default_rng(0)))[1].tobytes()
    evidence = CrowdEvidenceRecorder(venue, lambda count: count.blind is not None)
    analyzer = CameraAnalyzer(venue, counter, scorer, crowd_evidence=evidence)
    (result,) = analyzer.analyze([CameraFrame("e", "gate-east", EVENING.at(0), dark)])
    assert result.count is not None and result.score is None and not result.contexts
    assert result.count.blind == "black" and result.count.persons is None and not result.count.zones
    assert len(result.evidence) == 1 and result.count.evidence == (result.evidence[0].id,)


def test_camera_fault_thresholds_override_those_of_venue(
    venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer, crowd_picture: NDArray[np.uint8]
) -> None:
    soft = cv2.imencode(".jpg", cv2.GaussianBlur(crowd_picture, (0, 0), 20))[1].tobytes()
    (gate,) = (camera for camera in venue.cameras if camera.id == "gate-east")
    old = gate.model_copy(update={"faults": CameraFaultThresholds(soft=0.0)})
    for camera, blind in ((gate, "blurred"), (old, None)):
        (result,) = CameraAnalyzer(venue.model_copy(update={"cameras": [camera]}), counter, scorer).analyze(
            [CameraFrame("e", "gate-east", EVENING.at(0), soft)]
        )
        assert result.count is not None and result.count.blind == blind


def test_crowd_evidence_is_made_once_in_five_seconds(
    venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer
) -> None:
    evidence = CrowdEvidenceRecorder(venue, lambda count: any(zone.persons > 20 for zone in count.zones))
    analyzer = CameraAnalyzer(venue, counter, scorer, crowd_evidence=evidence)
    results = analyzer.analyze(frames("gate-east", "gate", "18:40", 17))
    items = [item for one in results for item in one.evidence]
    assert len(items) == 1, "one picture for five seconds of one incident"
    assert all(count.evidence == (items[0].id,) for count in counts(results))
    picture = cv2.imdecode(np.frombuffer(items[0].body, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (480, 640, 3) and items[0].content_type == "image/webp"


def test_persisted_state_continues_after_restart(venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer) -> None:
    first, camera_frames = CameraAnalyzer(venue, counter, scorer), frames("bar-square", "bars", "19:00", 17)
    first.analyze(camera_frames[:9])
    stored = msgspec.json.encode(first.states["bar-square"])
    second = CameraAnalyzer(venue, counter, scorer)
    second.states["bar-square"] = msgspec.json.decode(stored, type=CameraState)
    zones = [
        counts(analyzer.analyze(camera_frames[from_:]))[-1].zones[0] for analyzer, from_ in ((first, 9), (second, 16))
    ]
    assert zones[0].persons == pytest.approx(zones[1].persons, rel=1e-6)
    assert len(stored) < 12_000


def test_frame_of_unconfigured_camera_is_an_error(venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer) -> None:
    at: datetime = EVENING.at(0)
    (result,) = CameraAnalyzer(venue, counter, scorer).analyze([CameraFrame("e", "nowhere", at, b"x")])
    assert "no camera 'nowhere'" in result.error and result.count is None


class HeadsObserver:
    """Reports the heads in the lower half of the picture."""

    def __init__(self, cameras: set[str]) -> None:
        self.cameras = cameras
        self.measured: list[FrameMeasurements] = []

    def observe(self, measurements: FrameMeasurements) -> list[FrameObservation]:
        self.measured.append(measurements)
        if measurements.heads is None:
            return []
        heads = measurements.heads_within([(0, 0.5), (1, 0.5), (1, 1), (0, 1)])
        return [FrameObservation(TEST_TOPIC, measurements.camera.id, HeadsReport(heads), part="lower-half")]


class HeadsReport(msgspec.Struct, frozen=True):
    heads: float


TEST_TOPIC = Topic("test.heads", "camera", HeadsReport, "pulso.test.heads.v1", "Heads, for a test.")


def test_observer_measures_counted_frames_of_its_cameras(
    venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer
) -> None:
    observer, other = HeadsObserver({"gate-east"}), HeadsObserver({"bar-square"})
    analyzer = CameraAnalyzer(venue, counter, scorer, observers=(observer, other))
    results = analyzer.analyze(frames("gate-east", "gate", "18:40", 9))
    assert not other.measured
    assert len(observer.measured) == len(counts(results)) == 2
    last, (observation,) = observer.measured[-1], results[-1].observations
    assert last.heads is not None and last.heads.dtype == np.float32 and last.ground is not None
    assert last.heads.shape == (np.ceil(last.rows), np.ceil(last.columns))
    assert last.velocity is not None and last.velocity.shape == (*last.heads.shape, 2)
    assert (last.event_id, last.time, last.blind) == (results[-1].frame.event_id, results[-1].frame.time, None)
    assert last.heads_within([(0, 0), (1, 0), (1, 1), (0, 1)]) == pytest.approx(counts(results)[-1].persons, rel=1e-3)
    assert (observation.topic, observation.key, observation.part) == (TEST_TOPIC, "gate-east", "lower-half")
    assert 0 < observation.payload.heads <= counts(results)[-1].persons


def test_observer_gets_reason_of_blind_camera(
    venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer, crowd_picture: NDArray[np.uint8]
) -> None:
    dark = cv2.imencode(".jpg", black(crowd_picture, np.random.default_rng(0)))[1].tobytes()
    observer = HeadsObserver({"gate-east"})
    analyzer = CameraAnalyzer(venue, counter, scorer, observers=(observer,))
    (result,) = analyzer.analyze([CameraFrame("e", "gate-east", EVENING.at(0), dark)])
    (measured,) = observer.measured
    assert result.observations == () and measured.blind == "black"
    assert measured.heads is None and measured.velocity is None
    with pytest.raises(ValueError, match="blind"):
        measured.heads_within([(0, 0), (1, 0), (1, 1)])
