"""The frames agent without Kafka, with the shipped models."""

from __future__ import annotations

from datetime import UTC, datetime

import cv2
import pytest

from processors.cameras.evidence import AnalyzedFrame
from processors.cameras.frame_result import CameraFrame, EvidenceItem, FrameResult
from schemas.attendance import ATTENDANCE
from schemas.cameras import FRAMES
from schemas.context import CONTEXT
from schemas.crowd import CROWD, CrowdCount
from schemas.violence import ViolenceScore
from simulation.crowd_images import render
from simulation.evening import Evening, clock
from stream.features.cameras import FEATURE
from stream.features.cameras.agents import store_evidence
from stream.runtime.settings import Settings
from stream.runtime.testing import TestDriver
from stream.runtime.venue_file import read_venue
from stream.stores.evidence import EvidenceStore


@pytest.fixture(scope="module")
def driver() -> TestDriver:
    return TestDriver(FEATURE, read_venue(Settings().venue))


async def test_frame_becomes_count_context_and_attendance(driver: TestDriver) -> None:
    picture = render(Evening(), "bar-square", "bars", clock("20:05")).image
    _, jpeg = cv2.imencode(".jpg", picture)
    now = datetime.now(UTC)
    effects = await driver.send(FRAMES, "bar-square", jpeg.tobytes(), time=now, received=now)
    (count,) = effects.of(CROWD)
    assert count.persons is not None and count.persons > 5
    assert [context.zone for context in effects.of(CONTEXT)] == ["bars"]
    assert [change.kind for change in effects.of(ATTENDANCE)] == ["seen"]
    assert set(effects.rows) == {"bar-square"}


@pytest.mark.parametrize(("camera", "reason"), [("moon", "no camera 'moon'"), ("bar-square", "")])
async def test_unusable_frame_is_rejected(driver: TestDriver, camera: str, reason: str) -> None:
    now = datetime.now(UTC)
    effects = await driver.send(FRAMES, camera, b"no picture", time=now, received=now)
    assert reason in effects.rejections[0]


class RefusingEvidenceStore(EvidenceStore):
    """Refuses the items of some ids."""

    def __init__(self, refused: set[str]) -> None:
        super().__init__(None)
        self._refused = refused

    async def put(self, id: str, content_type: str, body: bytes, *, seconds: int = 900) -> bool:
        return id not in self._refused


class FakeEvidenceRecorder:
    """Records which items are discarded."""

    def __init__(self) -> None:
        self.discarded: list[tuple[str, str]] = []

    def record(self, analyzed: AnalyzedFrame) -> None:
        raise AssertionError

    def evidence_ids(self, camera: str) -> tuple[str, ...]:
        return ()

    def discard(self, camera: str, item_id: str) -> None:
        self.discarded.append((camera, item_id))


async def test_refused_evidence_is_not_referenced() -> None:
    now = datetime.now(UTC)
    count = CrowdCount(event_id="e", camera="gate", time=now, persons=9, model="m", evidence=("picture",))
    score = ViolenceScore(event_id="e", camera="gate", time=now, probability=0.9, model="m", evidence=("clip",))
    items = tuple(EvidenceItem(id, "image/webp", b"") for id in ("picture", "clip"))
    frame = CameraFrame("e", "gate", now, b"")
    results = [FrameResult(frame, count=count, evidence=items), FrameResult(frame, score=score)]
    recorder = FakeEvidenceRecorder()
    stored = await store_evidence(results, RefusingEvidenceStore({"clip"}), [recorder])
    assert stored[0].count == count
    assert stored[1].score is not None and stored[1].score.evidence == ()
    assert recorder.discarded == [("gate", "clip")]
    assert await store_evidence(results, RefusingEvidenceStore(set()), [recorder]) == results
