"""Evidence of fights: made only near an alarm, so blurred that no face is left, and readable as a video again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from processors.cameras.coarse_picture import coarse
from processors.cameras.frame_result import CameraFrame, FrameResult
from processors.cameras.picture import PictureError
from processors.violence import evidence as violence_evidence
from processors.violence.clip import read_clip
from processors.violence.evidence import EvidenceClip, ViolenceEvidenceRecorder, animated, to_video
from schemas.venue import Venue
from schemas.violence import ViolenceScore

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def venue(**evidence: Any) -> Venue:
    return Venue.model_validate(
        {
            "name": "Test",
            "cameras": [{"id": "gate"}, {"id": "bar"}],
            "rules": {"violence": {"raise_at": 0.8, "clear_at": 0.4, "on_delay_seconds": 1, "audience": ["security"]}},
            "evidence": evidence,
        }
    )


def seen(number: int, probability: float | None, camera: str = "gate") -> FrameResult:
    """What is made of one frame of noise, the hardest to compress."""
    one = CameraFrame(f"e{number}", camera, AT + timedelta(seconds=number / 8), b"jpeg %d" % number)
    grey = np.random.default_rng(abs(number)).integers(0, 256, (144, 192), dtype=np.uint8)
    score = None
    if probability is not None:
        score = ViolenceScore(
            event_id=one.event_id, camera=one.camera, time=one.time, probability=probability, model="m"
        )
    return FrameResult(one, score=score, cells=coarse(grey, 48, height=240, width=320))


def plain(shades: list[int]) -> tuple[list[NDArray[np.uint8]], list[datetime]]:
    """Even pictures of these shades, eight a second."""
    cells = [np.full((36, 48), shade, np.uint8) for shade in shades]
    return cells, [AT + timedelta(seconds=number / 8) for number in range(len(cells))]


def watch(
    witness: ViolenceEvidenceRecorder, numbers: range, probability: float, camera: str = "gate"
) -> list[tuple[int, EvidenceClip]]:
    made = [(number, witness.update(seen(number, probability, camera))) for number in numbers]
    return [(number, clip) for number, clip in made if clip is not None]


def test_nothing_is_encoded_while_no_score_is_near_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("encoded for nothing")

    monkeypatch.setattr(violence_evidence, "animated", never)
    witness = ViolenceEvidenceRecorder(venue())
    assert not watch(witness, range(40), 0.79)
    assert not watch(witness, range(40, 45), 0.95), "higher, but not for as long as an alarm needs"
    assert not watch(witness, range(45, 60), 0.1)
    assert witness.evidence("gate") == ()


def test_a_clip_is_there_when_the_alarm_may_be_raised_and_is_renewed_now_and_then() -> None:
    witness = ViolenceEvidenceRecorder(venue())
    assert not watch(witness, range(20), 0.1)
    made = watch(witness, range(20, 120), 0.9)
    first = made[0][0] - 20
    assert 0.6 <= first / 8 <= 1.0, "before the on-delay of one second is over"
    assert [after - before for (before, _), (after, _) in pairwise(made)] == [40, 40]
    assert witness.evidence("gate") == (made[-1][1].id,)
    assert witness.evidence("bar") == ()
    watch(witness, range(120, 121), 0.1)
    assert witness.evidence("gate") == (), "the next fight has a clip of its own"


def test_it_holds_two_seconds_and_a_repeat_gives_the_same() -> None:
    once, again = (watch(ViolenceEvidenceRecorder(venue()), range(30), 0.9)[0][1] for _ in range(2))
    assert once == again
    _, animation = cv2.imdecodeanimation(np.frombuffer(once.body, np.uint8).reshape(1, -1))
    made = watch(ViolenceEvidenceRecorder(venue()), range(-30, 60), 0.9)[1][1]
    _, animation = cv2.imdecodeanimation(np.frombuffer(made.body, np.uint8).reshape(1, -1))
    assert sum(animation.durations) == pytest.approx(2125, abs=60)
    assert len(made.body) < 40_000, "noise is the worst case"


def test_a_clip_that_is_not_stored_is_made_again() -> None:
    witness = ViolenceEvidenceRecorder(venue())
    assert watch(witness, range(10), 0.9)
    witness.forget("gate")
    assert witness.evidence("gate") == ()
    assert watch(witness, range(10, 11), 0.9)


def test_no_clips_where_the_venue_wants_none_and_of_cameras_it_does_not_know() -> None:
    assert not watch(ViolenceEvidenceRecorder(venue(keep_hours=0)), range(40), 0.99)
    assert not watch(ViolenceEvidenceRecorder(venue()), range(40), 0.99, camera="unknown")


def test_detail_smaller_than_a_cell_is_gone() -> None:
    """Stripes as fine as the features of a face that fills a fifth of the picture leave plain grey."""
    picture = np.zeros((144, 192), np.uint8)
    picture[:, ::4] = 255
    small = coarse(picture, 48, height=480, width=640)
    assert small.shape == (36, 48)
    assert float(small.std()) < 0.15 * float(picture.std())


def test_a_gap_or_a_frame_that_was_not_looked_at_spoils_nothing() -> None:
    witness = ViolenceEvidenceRecorder(venue())
    watch(witness, range(-100, -90), 0.9)
    blind = FrameResult(CameraFrame("blind", "gate", AT - timedelta(seconds=0.01), b"dark"))
    assert witness.update(blind) is None
    made = watch(witness, range(12), 0.9)
    _, animation = cv2.imdecodeanimation(np.frombuffer(made[0][1].body, np.uint8).reshape(1, -1))
    assert len(animation.frames) <= 12, "nothing of twelve seconds ago"
    with pytest.raises(PictureError, match="no picture"):
        animated([], [])


def test_a_clip_is_a_video_again_with_the_pictures_at_their_times(tmp_path: Path) -> None:
    seconds = to_video(animated(*plain([40 + 40 * (n // 4) for n in range(16)])), tmp_path / "clip.avi")
    assert seconds == pytest.approx(2.0, abs=0.13)
    pictures, times = read_clip(tmp_path / "clip.avi", 8.0)
    assert len(pictures) == pytest.approx(16, abs=1)
    assert np.allclose(np.diff(times), 0.125)
    shown = [float(picture.mean()) for picture in pictures]
    assert np.allclose(shown[:15], [40 + 40 * (n // 4) for n in range(15)], atol=6)


@pytest.mark.parametrize("body", [b"", b"no animation", b"RIFF\x10\x00\x00\x00WEBPVP8X"])
def test_what_is_no_animation_is_named(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(PictureError, match="no animation"):
        to_video(body, tmp_path / "clip.avi")
