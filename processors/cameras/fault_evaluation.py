"""How many faulty pictures are missed, and how many good ones refused: each fault put on real pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from processors.cameras.faults import CameraBaseline, FaultDetector, Thumbnail
from processors.cameras.picture import Picture, PictureError, decode
from processors.cameras.simulated_faults import FAULTS, NO_FAULTS, alive
from processors.cameras.stillness import Stillness
from schemas.camera_faults import CameraFaultThresholds
from schemas.errors import PulsoError

GOOD = 6
"""pictures of the unharmed view before the fault, one a second"""


class PicturesError(PulsoError, ValueError):
    """The folder can't be used."""


def evaluate(
    folder: Path,
    *,
    settings: CameraFaultThresholds | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Put each fault once on each JPEG or PNG of a folder, as a camera would see it.

    Each picture becomes a camera: six live pictures of the view (people move, light flickers, noise), then the
    fault. A fault counts as found whatever name it got, since the picture is not counted and the operator told
    either way; `named` says how often the name was right. `unknown` is the same for a camera of which nothing was
    seen before, as after a start.

    Returns:
        missed (share of faulty pictures believed) by fault and in all, false (share of good pictures refused) by
        what happened and in all, with the number of pictures.

    Raises:
        PicturesError: there is no picture that can be read.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not files:
        raise PicturesError(f"{folder} holds no .jpg or .png")
    detector = FaultDetector(settings)
    found: dict[str, list[str | None]] = {name: [] for name in (*FAULTS, "frozen")}
    unknown: dict[str, list[str | None]] = {name: [] for name in FAULTS}
    good: dict[str, list[str | None]] = {name: [] for name in NO_FAULTS}
    for number, file in enumerate(files):
        try:
            picture = decode(file.read_bytes(), longest_side=960)
        except (OSError, PictureError) as error:
            raise PicturesError(f"{file}: {error}") from error
        random = np.random.default_rng([seed, number])
        usual = CameraBaseline()
        for second in range(GOOD):
            judged, usual = detector.assess(_sent(alive(picture, random)), float(second), usual)
            good["alive"].append(judged.fault)
        for name, apply in FAULTS.items():
            faulty = _sent(apply(alive(picture, random), random))
            found[name].append(detector.assess(faulty, float(GOOD), usual)[0].fault)
            unknown[name].append(detector.assess(faulty, 0.0, CameraBaseline())[0].fault)
        for name, apply in NO_FAULTS.items():
            good[name].append(detector.assess(_sent(apply(picture, random)), float(GOOD), usual)[0].fault)
        found["frozen"].append(_frozen([picture] * 12, random, detector.settings, moves=False))
        good["alive"].append(_frozen([picture] * 12, random, detector.settings, moves=True))
        progress(number + 1, len(files))
    missed = {name: _share(faults, None) for name, faults in found.items()}
    false = {name: 1 - _share(faults, None) for name, faults in good.items()}
    return {
        "pictures": len(files),
        "missed": {"in all": float(np.mean(list(missed.values()))), **missed},
        "false": {"in all": 1 - _share([fault for faults in good.values() for fault in faults], None), **false},
        "named": {name: _share(faults, name) for name, faults in found.items()},
        "unknown": {"missed": {name: _share(faults, None) for name, faults in unknown.items()}},
        "taken for": {name: _most(faults) for name, faults in found.items()},
    }


def _sent(picture: Picture) -> Thumbnail:
    """As it comes from a camera: compressed."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
    if not done:
        raise PicturesError(f"a picture of {picture.shape[1]}×{picture.shape[0]} could not be encoded")
    return Thumbnail.from_picture(decode(data.tobytes()))


def _frozen(
    pictures: Sequence[Picture], random: np.random.Generator, settings: CameraFaultThresholds, *, moves: bool
) -> str | None:
    """What is said of twelve seconds of a view where nobody moves, by a live sensor or a recorder that hangs."""
    still, frozen = Stillness(), False
    first = _sent(alive(pictures[0], random))
    for second, picture in enumerate(pictures):
        noise = random.normal(0, 1.5, picture.shape).astype(np.float32)
        small = _sent(np.asarray(np.clip(picture + noise, 0, 255), np.uint8)) if moves else first
        still, frozen = still.update(small.luma, float(second), settings)
    return "frozen" if frozen else None


def _share(faults: Sequence[str | None], name: str | None) -> float:
    return sum(fault == name for fault in faults) / max(1, len(faults))


def _most(faults: Sequence[str | None]) -> dict[str, int]:
    return {name or "none": number for name, number in Counter(faults).most_common()}
