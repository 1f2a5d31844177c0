"""Evaluation of camera fault detection: miss and false alarm rates with simulated faults on real pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from processors.cameras.faults import CameraBaseline, FaultDetector, Thumbnail
from processors.cameras.freeze import FreezeDetector
from processors.cameras.picture import Picture, PictureError, decode
from processors.cameras.simulated_faults import FAULTS, NO_FAULTS, alive
from schemas.camera_faults import CameraFaultThresholds
from schemas.errors import PulsoError

BASELINE_PICTURES = 6
"""Good pictures of the view before the fault, one per second."""

FROZEN_PICTURES = 12
"""Pictures of a sequence that tests freeze detection, one per second."""


class PicturesError(PulsoError, ValueError):
    """The folder of pictures can't be used."""


def evaluate(
    folder: Path,
    *,
    settings: CameraFaultThresholds | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Apply each simulated fault once to each JPEG or PNG of a folder.

    Each picture stands for a camera: six live pictures of the view (people move, light flickers, noise), then the
    fault. A fault counts as detected under any name, since either way no heads are counted and the operator is
    notified.

    Args:
        folder: holds the pictures.
        settings: thresholds to evaluate; the defaults if left out.
        seed: of the simulated faults.
        progress: called with pictures done and pictures in all.

    Returns:
        `missed`, the share of faulty pictures that were not detected, by fault and in all; `false`, the share of good
        pictures that were rejected, by situation and in all; `named`, the share of faults under their own name;
        `unknown`, the misses of a camera without a baseline, as after a first start; `taken for`, the names given.

    Raises:
        PicturesError: the folder holds no picture that can be read.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not files:
        raise PicturesError(f"{folder} holds no .jpg or .png; name a folder with pictures of your cameras")
    detector = FaultDetector(settings)
    detected: dict[str, list[str | None]] = {name: [] for name in (*FAULTS, "frozen")}
    unknown: dict[str, list[str | None]] = {name: [] for name in FAULTS}
    good: dict[str, list[str | None]] = {name: [] for name in NO_FAULTS}
    for number, file in enumerate(files):
        try:
            picture = decode(file.read_bytes(), longest_side=960)
        except (OSError, PictureError) as error:
            raise PicturesError(f"{file}: {error}") from error
        random = np.random.default_rng([seed, number])
        baseline = CameraBaseline()
        for second in range(BASELINE_PICTURES):
            quality, baseline = detector.assess(_compressed(alive(picture, random)), float(second), baseline)
            good["alive"].append(quality.fault)
        for name, apply in FAULTS.items():
            faulty = _compressed(apply(alive(picture, random), random))
            detected[name].append(detector.assess(faulty, float(BASELINE_PICTURES), baseline)[0].fault)
            unknown[name].append(detector.assess(faulty, 0.0, CameraBaseline())[0].fault)
        for name, apply in NO_FAULTS.items():
            good[name].append(
                detector.assess(_compressed(apply(picture, random)), float(BASELINE_PICTURES), baseline)[0].fault
            )
        detected["frozen"].append(_frozen([picture] * FROZEN_PICTURES, random, detector.settings, live=False))
        good["alive"].append(_frozen([picture] * FROZEN_PICTURES, random, detector.settings, live=True))
        progress(number + 1, len(files))
    missed = {name: _share(faults, None) for name, faults in detected.items()}
    false = {name: 1 - _share(faults, None) for name, faults in good.items()}
    return {
        "pictures": len(files),
        "missed": {"in all": float(np.mean(list(missed.values()))), **missed},
        "false": {"in all": 1 - _share([fault for faults in good.values() for fault in faults], None), **false},
        "named": {name: _share(faults, name) for name, faults in detected.items()},
        "unknown": {"missed": {name: _share(faults, None) for name, faults in unknown.items()}},
        "taken for": {name: _name_counts(faults) for name, faults in detected.items()},
    }


def _compressed(picture: Picture) -> Thumbnail:
    """Return the thumbnail of a picture after JPEG compression, as a camera sends it."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
    if not done:
        raise PicturesError(f"a picture of {picture.shape[1]}×{picture.shape[0]} could not be encoded")
    return Thumbnail.from_picture(decode(data.tobytes()))


def _frozen(
    pictures: Sequence[Picture], random: np.random.Generator, settings: CameraFaultThresholds, *, live: bool
) -> str | None:
    """Return the fault found in twelve seconds of a view where nobody moves, live (with noise) or frozen."""
    freeze, frozen = FreezeDetector(settings), False
    first = _compressed(alive(pictures[0], random))
    for second, picture in enumerate(pictures):
        noise = random.normal(0, 1.5, picture.shape).astype(np.float32)
        thumbnail = _compressed(np.asarray(np.clip(picture + noise, 0, 255), np.uint8)) if live else first
        frozen = freeze.update(thumbnail.luma, float(second))
    return "frozen" if frozen else None


def _share(faults: Sequence[str | None], name: str | None) -> float:
    return sum(fault == name for fault in faults) / max(1, len(faults))


def _name_counts(faults: Sequence[str | None]) -> dict[str, int]:
    return {name or "none": number for name, number in Counter(faults).most_common()}
