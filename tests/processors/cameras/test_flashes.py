"""Flashes: a strobe hides no fight, raises no alarm and makes no camera blind; long blindness still does."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from processors.cameras.analyzer import CameraAnalyzer
from processors.cameras.frame_result import CameraFrame, FrameResult
from processors.cameras.picture import Picture, decode
from processors.crowd.density import CrowdCounter, DensityMap
from processors.violence.alarms import alarm_times
from processors.violence.clip import read_clip
from processors.violence.evidence import ViolenceEvidenceRecorder
from processors.violence.rules import VIOLENCE_RULE
from processors.violence.scorer import ViolenceScorer
from schemas.venue import Venue
from simulation.crowd_images import render_burst
from simulation.evening import INCIDENTS, Evening

EVENING = Evening()
CAMERA, FPS = "bar-square", 8
(FIGHT,) = (incident for incident in INCIDENTS if incident.kind == "fight")

FLASHES: dict[str, Callable[[Picture], Picture]] = {
    "white": lambda picture: np.full_like(picture, 255),
    "blackout": np.zeros_like,
    "bright": lambda picture: cv2.convertScaleAbs(picture, alpha=1.3, beta=70),  # type: ignore[dict-item]
    "one side": lambda picture: np.hstack([np.full_like(picture[:, :400], 255), picture[:, 400:]]),
}


class EmptyCounter(CrowdCounter):
    """Counts nobody, quickly."""

    identity = "none"

    def __init__(self) -> None:
        return

    def density(self, picture: Picture) -> DensityMap:
        height, width = picture.shape[:2]
        return DensityMap(np.zeros((height // 8, width // 8), np.float32), height / 8, width / 8)


def encode(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


@cache
def rendered(begin: float, seconds: int) -> tuple[Picture, ...]:
    return tuple(decode(jpeg) for _, jpeg in render_burst(EVENING, CAMERA, "bars", begin, FPS * seconds))


def camera_frames(pictures: list[Picture]) -> list[CameraFrame]:
    return [
        CameraFrame(f"{CAMERA}/{number}", CAMERA, EVENING.at(FIGHT.start + number / FPS), encode(picture))
        for number, picture in enumerate(pictures)
    ]


def with_flashes(
    pictures: list[Picture] | tuple[Picture, ...], flash: Callable[[Picture], Picture], share: float
) -> list[Picture]:
    random = np.random.default_rng(5)
    return [flash(picture) if random.random() < share else picture for picture in pictures]


def alarms(results: list[FrameResult]) -> list[float]:
    scores = [result.score for result in results if result.score is not None]
    times = [(score.time - results[0].frame.time).total_seconds() for score in scores]
    return alarm_times([score.probability for score in scores], times, VIOLENCE_RULE.defaults)


def blind_counts(results: list[FrameResult]) -> list[str]:
    return [result.count.blind for result in results if result.count is not None and result.count.blind is not None]


@pytest.fixture(scope="module")
def plain_alarm(venue: Venue, scorer: ViolenceScorer) -> float:
    (alarm,) = alarms(analyze(venue, scorer, list(rendered(FIGHT.start + 1, 8))))
    return alarm


def analyze(venue: Venue, scorer: ViolenceScorer, pictures: list[Picture]) -> list[FrameResult]:
    return CameraAnalyzer(venue, EmptyCounter(), scorer).analyze(camera_frames(pictures))


@pytest.mark.parametrize("share", [0.1, 0.2])
@pytest.mark.parametrize("name", FLASHES)
def test_fight_is_found_in_spite_of_flashes(
    name: str, share: float, venue: Venue, scorer: ViolenceScorer, plain_alarm: float
) -> None:
    results = analyze(venue, scorer, with_flashes(rendered(FIGHT.start + 1, 8), FLASHES[name], share))
    (alarm,) = alarms(results)
    assert alarm <= plain_alarm + 1.5
    assert not blind_counts(results)


@pytest.mark.parametrize("name", FLASHES)
def test_flashes_raise_no_alarm_without_fight(name: str, venue: Venue, scorer: ViolenceScorer) -> None:
    results = analyze(venue, scorer, with_flashes(rendered(FIGHT.start - 60, 8), FLASHES[name], 0.2))
    assert not alarms(results) and not blind_counts(results)


def test_flash_is_no_sample(venue: Venue, scorer: ViolenceScorer) -> None:
    pictures = list(rendered(FIGHT.start + 1, 8))
    pictures[24] = pictures[32] = np.full_like(pictures[0], 255)  # when counts are due
    results = analyze(venue, scorer, pictures)
    assert [number for number, result in enumerate(results) if result.score is None and number > 8] == [24, 32]
    counted = [number for number, result in enumerate(results) if result.count is not None]
    assert counted[:6] == [0, 8, 16, 25, 33, 41], "counted at the next good picture"


def test_long_blindness_is_reported_and_resets_network(venue: Venue, scorer: ViolenceScorer) -> None:
    pictures = list(rendered(FIGHT.start + 1, 8))
    white = np.full_like(pictures[0], 255)
    results = analyze(venue, scorer, [*pictures[:32], *[white] * 32, *pictures[32:]])
    blind = [number for number, result in enumerate(results) if result.count is not None and result.count.blind]
    assert blind[0] - 32 == pytest.approx(1.5 * FPS, abs=FPS) and blind[-1] < 64 and len(blind) >= 2
    first_score = next(number for number in range(32, len(results)) if results[number].score is not None)
    assert first_score >= 64 + 6, "the network must become warm again"


def test_light_that_stays_changed_is_used_at_once(venue: Venue, scorer: ViolenceScorer) -> None:
    pictures = list(rendered(FIGHT.start + 1, 4))
    changed = [*pictures[:16], *(FLASHES["bright"](picture) for picture in pictures[16:])]
    left_out = [
        number for number, one in enumerate(analyze(venue, scorer, changed)) if number > 8 and one.score is None
    ]
    assert set(left_out) <= set(range(16, 20))


def test_strobe_of_every_second_picture_leaves_enough_samples(venue: Venue, scorer: ViolenceScorer) -> None:
    pictures = list(rendered(FIGHT.start + 1, 8))
    strobe = [FLASHES["white"](one) if number % 2 else one for number, one in enumerate(pictures)]
    results = analyze(venue, scorer, strobe)
    scores = [result.score.probability for result in results if result.score is not None]
    assert not blind_counts(results) and len(scores) >= 28
    assert np.mean(scores) > 0.5, "the network goes on over the gaps, though less sure of the fight"


STROBES: dict[str, Callable[[int], bool]] = {
    "every second": lambda number: number % 2 == 1,
    "every second, other phase": lambda number: number % 2 == 0,
    "two of four": lambda number: number % 4 >= 2,
    "two of three": lambda number: number % 3 != 0,
}


@pytest.mark.parametrize("name", STROBES)
def test_strobe_raises_no_alarm_without_fight(name: str, venue: Venue, scorer: ViolenceScorer) -> None:
    pictures = rendered(FIGHT.start - 60, 8)
    strobe = [FLASHES["white"](one) if STROBES[name](number) else one for number, one in enumerate(pictures)]
    assert not alarms(analyze(venue, scorer, strobe))


def test_evidence_clip_has_no_flash_and_true_timing(venue: Venue, scorer: ViolenceScorer) -> None:
    recorder = ViolenceEvidenceRecorder(venue)
    pictures = with_flashes(rendered(FIGHT.start + 1, 8), FLASHES["white"], 0.2)
    results = CameraAnalyzer(venue, EmptyCounter(), scorer, violence_evidence=recorder).analyze(camera_frames(pictures))
    made = next(number for number, result in enumerate(results) if result.evidence)
    read, animation = cv2.imdecodeanimation(np.frombuffer(results[made].evidence[0].body, np.uint8).reshape(1, -1))
    assert read and max(float(np.mean(frame[:, :, :3])) for frame in animation.frames) < 200
    seconds = min(2.0, made / FPS)
    assert sum(np.ravel(animation.durations)) / 1000 == pytest.approx(seconds + 1 / FPS, abs=0.26)


@pytest.mark.shared
def test_flashes_hide_no_real_fight(shared_data: Path, venue: Venue, scorer: ViolenceScorer) -> None:
    clips = [json.loads(line) for line in (shared_data / "violence" / "clips.jsonl").read_text().splitlines()]
    fights: dict[str, list[Path]] = {}
    for clip in clips:
        if clip["set"] == "surveillance" and clip["label"] == "fight":
            fights.setdefault(clip["source"], []).append(shared_data / "violence" / clip["clip"])
    longest = sorted(fights.values(), key=len)[-4:]
    found = {0.0: 0, 0.1: 0, 0.2: 0, 0.5: 0}
    for paths in longest:
        pictures = [cv2.resize(frame, (320, 240)) for path in paths for frame in read_clip(path, FPS)[0]]
        for share in found:
            results = analyze(venue, scorer, with_flashes(pictures, FLASHES["white"], share))  # type: ignore[arg-type]
            found[share] += bool(alarms(results))
            assert share > 0.2 or not blind_counts(results)
    assert min(found.values()) >= found[0.0] - 1 >= 2, found
