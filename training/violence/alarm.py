"""The rule for alarms, chosen on held-out video that is longer than the clips are.

A clip of two seconds cannot tell a minimum duration of one from one of three. So each held-out clip is shown forth and
back for eight seconds, which keeps its content and the size of its motion; what is true of real fights that go on, and
of real calm, is told by no data at hand, and the card says so.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from processors.vision.violence import ViolenceSettings
from processors.vision.violence_alarms import CurvePoint, Scored, point
from processors.vision.violence_evaluation import scored, shipped_rule
from processors.vision.violence_motion import FRAMES_PER_SECOND, MotionField
from training.violence.clips import Clip, Variation, sampled
from training.violence.features import PARTS, Variant, front_inputs
from training.violence.folder import WORK

SECONDS = 8.0
THRESHOLDS = np.arange(0.5, 0.95, 0.01)
MINIMUM_SECONDS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)


def forth_and_back(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frames, and the frames backwards, and so on for eight seconds.

    >>> forth_and_back(np.arange(3, dtype=np.uint8))[:7].tolist()
    [0, 1, 2, 1, 0, 1, 2]
    """
    turn = np.concatenate([np.arange(len(frames)), np.arange(len(frames) - 2, 0, -1)])
    wanted = int(SECONDS * FRAMES_PER_SECOND)
    return frames[np.tile(turn, -(-wanted // len(turn)))[:wanted]]


def extended(clips: list[Clip], name: str, session: ort.InferenceSession) -> Variant:
    """What the frozen front sees of each clip, shown forth and back; kept under `work/NAME`."""
    files = {part: WORK / f"{name}.{part}.npy" for part in PARTS}
    if not all(file.exists() for file in files.values()):
        field = MotionField()
        rows: dict[str, list[NDArray[np.float16]]] = {part: [] for part in PARTS}
        for clip in clips:
            frames = forth_and_back(sampled(clip.path, Variation(), 0)[0])
            seen = session.run(list(PARTS), front_inputs(frames, np.arange(len(frames)) / FRAMES_PER_SECOND, field))
            for part, result in zip(PARTS, seen, strict=True):
                rows[part].append(np.asarray(result).astype(np.float16))
        for part, arrays in rows.items():
            np.save(files[part], np.concatenate(arrays))
    length = int(SECONDS * FRAMES_PER_SECOND)
    starts = np.arange(len(clips) + 1) * length
    return Variant(starts, *(np.load(files[part], mmap_mode="r") for part in PARTS))


def scored_by(rows: list[NDArray[np.float32]], fight: NDArray[np.bool_]) -> list[Scored]:
    """The warm scores of clips, from their logits after every frame."""
    found = []
    for row, is_fight in zip(rows, fight, strict=True):
        probabilities = list(1 / (1 + np.exp(-row.astype(float))))
        times = [i / FRAMES_PER_SECOND for i in range(len(row))]
        found.append(scored(probabilities, times, bool(is_fight), ViolenceSettings()))
    return found


def choose(clips: list[Scored]) -> tuple[ViolenceSettings, list[CurvePoint]]:
    """The rule without a false alarm that sees most fights, of those the one that tells soonest; and all points.

    One alarm in the minutes of normal video there are would be far more than one a shift, so none is allowed.
    """
    settings, best, points = ViolenceSettings(), (-1.0, 0.0), []
    for minimum, threshold in product(MINIMUM_SECONDS, THRESHOLDS):
        tried = replace(
            settings,
            raise_threshold=round(float(threshold), 2),
            clear_threshold=round(float(threshold) / 2, 2),
            minimum_seconds=minimum,
        )
        found = point(clips, shipped_rule(tried))
        points.append(found)
        worth = (found.fights_alarmed or 0.0, -(found.delay_median or 0.0))
        if found.false_alarms == 0 and worth > best:
            best, settings = worth, tried
    return settings, points
