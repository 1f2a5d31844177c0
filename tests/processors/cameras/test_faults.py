"""Each fault is found, and what happens to every camera is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.cameras.fault_evaluation import PicturesError, evaluate
from processors.cameras.faults import CameraBaseline, FaultDetector, Thumbnail
from processors.cameras.simulated_faults import FAULTS, NO_FAULTS, alive
from processors.cameras.stillness import Stillness
from schemas.camera_faults import CameraFaultThresholds


def known(picture: NDArray[np.uint8], detector: FaultDetector) -> CameraBaseline:
    """What a camera remembers after six good pictures."""
    random, usual = np.random.default_rng(3), CameraBaseline()
    for second in range(6):
        judged, usual = detector.assess(Thumbnail.from_picture(alive(picture, random)), float(second), usual)
        assert judged.fault is None
    return usual


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_found(name: str, crowd_picture: NDArray[np.uint8]) -> None:
    detector = FaultDetector()
    usual = known(crowd_picture, detector)
    for seed in range(5):
        faulty = FAULTS[name](crowd_picture, np.random.default_rng(seed))
        judged, _ = detector.assess(Thumbnail.from_picture(faulty), 6.0, usual)
        assert judged.fault is not None, seed


@pytest.mark.parametrize("name", NO_FAULTS)
def test_what_is_no_fault_is_believed(name: str, crowd_picture: NDArray[np.uint8]) -> None:
    detector = FaultDetector()
    usual = known(crowd_picture, detector)
    for seed in range(5):
        judged, _ = detector.assess(
            Thumbnail.from_picture(NO_FAULTS[name](crowd_picture, np.random.default_rng(seed))), 6.0, usual
        )
        assert judged.fault is None, seed


def test_a_camera_that_sees_again_is_believed_at_once(crowd_picture: NDArray[np.uint8]) -> None:
    detector, random = FaultDetector(), np.random.default_rng(0)
    usual = known(crowd_picture, detector)
    for second in range(6, 60):
        judged, usual = detector.assess(
            Thumbnail.from_picture(FAULTS["smoke"](crowd_picture, random)), float(second), usual
        )
        assert judged.fault is not None
    assert detector.assess(Thumbnail.from_picture(alive(crowd_picture, random)), 60.0, usual)[0].fault is None


def test_a_view_that_stays_changed_becomes_the_usual_one(crowd_picture: NDArray[np.uint8]) -> None:
    detector, random = FaultDetector(CameraFaultThresholds(relearn_seconds=30)), np.random.default_rng(0)
    usual = known(crowd_picture, detector)
    faults = []
    hidden = FAULTS["obstructed"](crowd_picture, random)
    for second in range(6, 50):
        judged, usual = detector.assess(Thumbnail.from_picture(hidden), float(second), usual)
        faults.append(judged.fault)
    assert faults[0] is not None and faults[29] is not None and faults[-1] is None


def test_a_frozen_picture_is_told_after_ten_seconds_and_never_for_a_live_one(crowd_picture: NDArray[np.uint8]) -> None:
    settings, random = CameraFaultThresholds(), np.random.default_rng(0)
    small = Thumbnail.from_picture(crowd_picture)
    still = Stillness()
    frozen = []
    for second in range(15):
        still, one = still.update(small.luma, float(second), settings)
        frozen.append(one)
    assert frozen == [False] * 10 + [True] * 5
    for second in range(15, 40):
        noise = random.normal(0, 1.5, crowd_picture.shape)
        noisy = np.asarray(np.clip(crowd_picture + noise, 0, 255), np.uint8)
        still, one = still.update(Thumbnail.from_picture(noisy).luma, float(second), settings)
        assert not one


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PicturesError, match=r"no \.jpg"):
        evaluate(tmp_path)


@pytest.mark.shared
def test_few_faults_are_missed_on_real_pictures(shared_data: Path, tmp_path: Path) -> None:
    for part in "ab":
        for file in sorted((shared_data / "crowd" / f"shanghaitech_{part}").glob("*.jpg"))[5::60]:
            (tmp_path / f"{part}-{file.name}").symlink_to(file)
    report = evaluate(tmp_path)
    assert report["missed"]["in all"] <= 0.05
    assert report["false"]["in all"] <= 0.02
