"""Evidence of fights: made only near an alert, too coarse for a face, and convertible to a video."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from processors.cameras.evidence import AnalyzedFrame
from processors.cameras.frame_result import CameraFrame, EvidenceItem
from processors.cameras.picture import PictureError
from processors.violence import evidence as violence_evidence
from processors.violence.clip import read_clip
from processors.violence.evidence import ViolenceEvidenceRecorder, animated, coarse_cells, to_video
from schemas.venue import Venue
from schemas.violence import ViolenceScore

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
PICTURE = np.zeros((240, 320, 3), np.uint8)


def venue(**evidence: Any) -> Venue:
    return Venue.model_validate(
        {
            "name": "Test",
            "cameras": [{"id": "gate"}, {"id": "bar"}],
            "rules": {"violence": {"raise_at": 0.8, "clear_at": 0.4, "on_delay_seconds": 1, "audience": ["security"]}},
            "evidence": evidence,
        }
    )


def analyzed(number: int, probability: float | None, camera: str = "gate") -> AnalyzedFrame:
    """Return an analyzed frame of noise, which compresses worst."""
    one = CameraFrame(f"e{number}", camera, AT + timedelta(seconds=number / 8), b"jpeg %d" % number)
    grey = np.random.default_rng(abs(number)).integers(0, 256, (144, 192), dtype=np.uint8)
    score = None
    if probability is not None:
        score = ViolenceScore(
            event_id=one.event_id, camera=one.camera, time=one.time, probability=probability, model="m"
        )
    return AnalyzedFrame(one, PICTURE, grey, score=score)


def uniform_cells(shades: list[int]) -> tuple[list[NDArray[np.uint8]], list[datetime]]:
    """Return uniform coarse frames of these shades, eight per second."""
    cells = [np.full((36, 48), shade, np.uint8) for shade in shades]
    return cells, [AT + timedelta(seconds=number / 8) for number in range(len(cells))]


def record(
    recorder: ViolenceEvidenceRecorder, numbers: range, probability: float, camera: str = "gate"
) -> list[tuple[int, EvidenceItem]]:
    clips = [(number, recorder.record(analyzed(number, probability, camera))) for number in numbers]
    return [(number, clip) for number, clip in clips if clip is not None]


def test_no_clip_is_encoded_while_scores_are_low(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("encoded without need")

    monkeypatch.setattr(violence_evidence, "animated", fail)
    recorder = ViolenceEvidenceRecorder(venue())
    assert not record(recorder, range(40), 0.79)
    assert not record(recorder, range(40, 45), 0.95), "above the threshold, but shorter than the on-delay"
    assert not record(recorder, range(45, 60), 0.1)
    assert recorder.evidence_ids("gate") == ()


def test_clip_exists_before_alert_and_is_renewed() -> None:
    recorder = ViolenceEvidenceRecorder(venue())
    assert not record(recorder, range(20), 0.1)
    clips = record(recorder, range(20, 120), 0.9)
    first = clips[0][0] - 20
    assert 0.6 <= first / 8 <= 1.0, "before the on-delay of one second is over"
    assert [after - before for (before, _), (after, _) in pairwise(clips)] == [40, 40]
    assert recorder.evidence_ids("gate") == (clips[-1][1].id,)
    assert recorder.evidence_ids("bar") == ()
    record(recorder, range(120, 121), 0.1)
    assert recorder.evidence_ids("gate") == (), "the next fight has its own clip"


def test_clip_holds_two_seconds_and_is_reproducible() -> None:
    once, repeated = (record(ViolenceEvidenceRecorder(venue()), range(30), 0.9)[0][1] for _ in range(2))
    assert once == repeated
    _, animation = cv2.imdecodeanimation(np.frombuffer(once.body, np.uint8).reshape(1, -1))
    clips = record(ViolenceEvidenceRecorder(venue()), range(-30, 60), 0.9)[1][1]
    _, animation = cv2.imdecodeanimation(np.frombuffer(clips.body, np.uint8).reshape(1, -1))
    assert sum(animation.durations) == pytest.approx(2125, abs=60)
    assert len(clips.body) < 40_000, "noise is the worst case"


def test_discarded_clip_is_made_again() -> None:
    recorder = ViolenceEvidenceRecorder(venue())
    assert record(recorder, range(10), 0.9)
    recorder.discard("gate", "of another recorder")
    assert recorder.evidence_ids("gate")
    recorder.discard("gate", *recorder.evidence_ids("gate"))
    assert recorder.evidence_ids("gate") == ()
    assert record(recorder, range(10, 11), 0.9)


def test_no_clips_if_disabled_or_camera_is_not_configured() -> None:
    assert not record(ViolenceEvidenceRecorder(venue(keep_hours=0)), range(40), 0.99)
    assert not record(ViolenceEvidenceRecorder(venue()), range(40), 0.99, camera="unknown")


def test_detail_smaller_than_a_cell_is_lost() -> None:
    """Reduce stripes as fine as the features of a face that fills a fifth of the picture: they become grey."""
    picture = np.zeros((144, 192), np.uint8)
    picture[:, ::4] = 255
    small = coarse_cells(picture, 48, height=480, width=640)
    assert small.shape == (36, 48)
    assert float(small.std()) < 0.15 * float(picture.std())


def test_clip_after_gap_holds_no_older_frames() -> None:
    recorder = ViolenceEvidenceRecorder(venue())
    record(recorder, range(-100, -90), 0.9)
    blind = AnalyzedFrame(CameraFrame("blind", "gate", AT - timedelta(seconds=0.01), b"dark"), PICTURE)
    assert recorder.record(blind) is None
    clips = record(recorder, range(12), 0.9)
    _, animation = cv2.imdecodeanimation(np.frombuffer(clips[0][1].body, np.uint8).reshape(1, -1))
    assert len(animation.frames) <= 12, "no frame from before the gap"
    with pytest.raises(PictureError, match="no picture"):
        animated([], [])


def test_clip_converts_to_video_with_frame_times(tmp_path: Path) -> None:
    seconds = to_video(animated(*uniform_cells([40 + 40 * (n // 4) for n in range(16)])), tmp_path / "clip.avi")
    assert seconds == pytest.approx(2.0, abs=0.13)
    pictures, times = read_clip(tmp_path / "clip.avi", 8.0)
    assert len(pictures) == pytest.approx(16, abs=1)
    assert np.allclose(np.diff(times), 0.125)
    brightness = [float(picture.mean()) for picture in pictures]
    assert np.allclose(brightness[:15], [40 + 40 * (n // 4) for n in range(15)], atol=6)


@pytest.mark.parametrize("body", [b"", b"no animation", b"RIFF\x10\x00\x00\x00WEBPVP8X"])
def test_conversion_of_invalid_clip_fails(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(PictureError, match="not an animation"):
        to_video(body, tmp_path / "clip.avi")
