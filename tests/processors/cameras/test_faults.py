"""Camera faults: each simulated fault is detected, and ordinary changes are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.cameras.fault_evaluation import PicturesError, evaluate
from processors.cameras.faults import CameraBaseline, FaultDetector, Thumbnail
from processors.cameras.freeze import FreezeDetector
from processors.cameras.simulated_faults import FAULTS, NO_FAULTS, alive
from schemas.camera_faults import CameraFaultThresholds


def baseline_of(picture: NDArray[np.uint8], detector: FaultDetector) -> CameraBaseline:
    """Return the baseline of a camera after six good pictures."""
    random, baseline = np.random.default_rng(3), CameraBaseline()
    for second in range(6):
        quality, baseline = detector.assess(Thumbnail.from_picture(alive(picture, random)), float(second), baseline)
        assert quality.fault is None
    return baseline


@pytest.mark.parametrize("name", FAULTS)
def test_detector_finds_each_fault(name: str, crowd_picture: NDArray[np.uint8]) -> None:
    detector = FaultDetector()
    baseline = baseline_of(crowd_picture, detector)
    for seed in range(5):
        faulty = FAULTS[name](crowd_picture, np.random.default_rng(seed))
        quality, _ = detector.assess(Thumbnail.from_picture(faulty), 6.0, baseline)
        assert quality.fault is not None, seed


@pytest.mark.parametrize("name", NO_FAULTS)
def test_detector_accepts_ordinary_changes(name: str, crowd_picture: NDArray[np.uint8]) -> None:
    detector = FaultDetector()
    baseline = baseline_of(crowd_picture, detector)
    for seed in range(5):
        quality, _ = detector.assess(
            Thumbnail.from_picture(NO_FAULTS[name](crowd_picture, np.random.default_rng(seed))), 6.0, baseline
        )
        assert quality.fault is None, seed


def test_detector_accepts_first_good_picture_after_fault(crowd_picture: NDArray[np.uint8]) -> None:
    detector, random = FaultDetector(), np.random.default_rng(0)
    baseline = baseline_of(crowd_picture, detector)
    for second in range(6, 60):
        quality, baseline = detector.assess(
            Thumbnail.from_picture(FAULTS["smoke"](crowd_picture, random)), float(second), baseline
        )
        assert quality.fault is not None
    assert detector.assess(Thumbnail.from_picture(alive(crowd_picture, random)), 60.0, baseline)[0].fault is None


def test_detector_relearns_view_that_stays_changed(crowd_picture: NDArray[np.uint8]) -> None:
    detector, random = FaultDetector(CameraFaultThresholds(relearn_seconds=30)), np.random.default_rng(0)
    baseline = baseline_of(crowd_picture, detector)
    faults = []
    hidden = FAULTS["obstructed"](crowd_picture, random)
    for second in range(6, 50):
        quality, baseline = detector.assess(Thumbnail.from_picture(hidden), float(second), baseline)
        faults.append(quality.fault)
    assert faults[0] is not None and faults[29] is not None and faults[-1] is None


def test_freeze_is_detected_after_ten_seconds_unless_live(crowd_picture: NDArray[np.uint8]) -> None:
    settings, random = CameraFaultThresholds(), np.random.default_rng(0)
    thumbnail = Thumbnail.from_picture(crowd_picture)
    freeze = FreezeDetector(settings)
    frozen = [freeze.update(thumbnail.luma, float(second)) for second in range(15)]
    assert frozen == [False] * 10 + [True] * 5
    for second in range(15, 40):
        noise = random.normal(0, 1.5, crowd_picture.shape)
        noisy = np.asarray(np.clip(crowd_picture + noise, 0, 255), np.uint8)
        assert not freeze.update(Thumbnail.from_picture(noisy).luma, float(second))


def test_evaluation_of_folder_without_pictures_fails(tmp_path: Path) -> None:
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
