"""Evidence of crowd alerts: made while a count may raise one, renewed, discarded, blurred."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.cameras.evidence import AnalyzedFrame
from processors.cameras.frame_result import CameraFrame
from processors.crowd.density import DensityMap
from processors.crowd.evidence import BLURRED_WIDTH, CrowdEvidenceRecorder, blur
from schemas.cameras import CameraSettings, EvidenceSettings
from schemas.crowd import CrowdCount
from schemas.venue import Venue

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def recorder(keep_hours: float = 72) -> CrowdEvidenceRecorder:
    """Return a recorder for which ten people may raise an alert."""
    venue = Venue(name="Test", cameras=[CameraSettings(id="gate")], evidence=EvidenceSettings(keep_hours=keep_hours))
    return CrowdEvidenceRecorder(venue, lambda count: (count.persons or 0) >= 10)


def analyzed(second: float, persons: float | None) -> AnalyzedFrame:
    """Return a frame with a count, or without one if `persons` is None."""
    frame = CameraFrame(f"e{second}", "gate", AT + timedelta(seconds=second), b"jpeg")
    picture = np.full((48, 64, 3), 90, np.uint8)
    if persons is None:
        return AnalyzedFrame(frame, picture)
    count = CrowdCount(event_id=frame.event_id, camera="gate", time=frame.time, persons=persons, model="m")
    return AnalyzedFrame(frame, picture, count=count, density=DensityMap(np.zeros((6, 8), np.float32), 6, 8))


def test_picture_is_made_and_renewed_while_count_is_high() -> None:
    evidence = recorder()
    made = [second for second in range(12) if evidence.record(analyzed(second, 20))]
    assert made == [0, 5, 10]
    assert len(evidence.evidence_ids("gate")) == 1
    assert evidence.record(analyzed(11.5, None)) is None and evidence.evidence_ids("gate"), "no count was due"
    assert evidence.record(analyzed(12, 3)) is None and evidence.evidence_ids("gate") == ()


def test_discarded_picture_is_made_again() -> None:
    evidence = recorder()
    item = evidence.record(analyzed(0, 20))
    assert item is not None and evidence.evidence_ids("gate") == (item.id,)
    evidence.discard("gate", "of another recorder")
    assert evidence.evidence_ids("gate") == (item.id,)
    evidence.discard("gate", item.id)
    assert evidence.evidence_ids("gate") == ()
    assert evidence.record(analyzed(1, 20)) is not None


def test_no_pictures_if_evidence_is_disabled() -> None:
    evidence = recorder(keep_hours=0)
    assert evidence.record(analyzed(0, 20)) is None and evidence.evidence_ids("gate") == ()


def test_blurred_picture_holds_only_its_reduced_pixels(crowd_picture: NDArray[np.uint8]) -> None:
    blurred = blur(crowd_picture)
    reduced = cv2.resize(blurred, (BLURRED_WIDTH, 42), interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(reduced, (640, 480), interpolation=cv2.INTER_CUBIC)
    assert float(np.abs(enlarged.astype(int) - blurred).mean()) < 4
    assert float(np.abs(crowd_picture.astype(int) - blurred).mean()) > 10
