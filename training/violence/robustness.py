"""Robustness of the violence network: `python -m training.violence.robustness` prints figures of changed clips.

Held-out clips are re-encoded, played slower and faster, mirrored and darkened, and scored by heads that were trained on
neither their sources nor such copies; then heads trained on one collection score the other. A network that relied on
resolution, frame rate, side, light or codec would fall to chance. Colour is not tested, since the input has none.
"""

from __future__ import annotations

import argparse
import subprocess
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
import yaml
from numpy.typing import NDArray

from processors.models.inference import ModelCard, read_card
from processors.violence.scorer import ViolenceSettings
from training.violence.clips import Clip, Variation
from training.violence.features import cached
from training.violence.figures import Held, figures, rounded
from training.violence.folder import ROOT, WORK
from training.violence.train import KINDS, SHIPPED_FOLDS, Data, head_of, mean_logits, trained

FIGURES = ("accuracy", "auc")
Sets = dict[str, dict[str, float]]

AS_RECORDED = "as recorded"
REENCODED = "H.264 again, half the size"
CONDITIONS: dict[str, Variation] = {
    AS_RECORDED: Variation(),
    "mirrored": Variation(mirror=True),
    "at 0.8 of its speed": Variation(speed=0.8),
    "at 1.25 of its speed": Variation(speed=1.25),
    "dark and noisy": Variation(gain=0.55, gamma=1.2, noise=6.0),
    REENCODED: Variation(),
}


def reencode(clip: Clip, folder: Path) -> Clip:
    """Return the clip as a poor recorder stores it: 160 pixels wide, H.264 at CRF 36; cached in `folder`."""
    path = folder / f"{clip.path.stem}.mp4"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.mp4")
        options = ["-vf", "scale=160:-2", "-c:v", "libx264", "-preset", "veryfast", "-crf", "36", "-an"]
        command = ["ffmpeg", "-y", "-loglevel", "error", "-i", str(clip.path), *options, str(unfinished)]
        subprocess.run(command, check=True)
        unfinished.rename(path)
    return replace(clip, path=path)


def under_conditions(data: Data, partition: int, folds: list[int], hockey: int) -> dict[str, Sets]:
    """Return the figures of every condition, by data set."""
    parts = [data.some(data.folds(partition)[fold][1], hockey) for fold in folds]
    heads = [trained(data, data.folds(partition)[fold][0], f"partition{partition}-fold{fold}") for fold in folds]
    chosen = np.concatenate(parts)
    of = np.concatenate([np.full(len(part), fold) for fold, part in zip(folds, parts, strict=True)])
    found = {}
    for name, variation in CONDITIONS.items():
        clips = [data.clips[i] for i in chosen]
        if name == REENCODED:
            clips = [reencode(clip, WORK / "reencoded") for clip in clips]
        file = f"condition-{'-'.join(map(str, folds))}-{hockey}-{name.replace(' ', '-').replace(',', '')}"
        variant = cached(clips, file, WORK, data.session, fixed=variation)
        rows: list[NDArray[np.float32]] = []
        for of_fold, part in zip(heads, parts, strict=True):
            rows += mean_logits(of_fold, variant, np.arange(len(rows), len(rows) + len(part)))
        found[name] = _brief(Held(rows, data.fight[chosen], data.surveillance[chosen], of))
        print(name, found[name], flush=True)
    return found


def crosswise(data: Data, kinds: list[str]) -> dict[str, Sets]:
    """Return the figures of heads trained on one collection and measured on the other."""
    found = {}
    for name, on in (
        ("trained on hockey alone", ~data.surveillance),
        ("trained on surveillance alone", data.surveillance),
    ):
        heads = [head_of(kind, data, np.flatnonzero(on), name.replace(" ", "-")) for kind in kinds]
        other = np.flatnonzero(~on)
        rows = mean_logits(heads, data.variant("plain"), other)
        brief = _brief(Held(rows, data.fight[other], data.surveillance[other], np.zeros(len(other), np.int64)))
        whole = name if len(kinds) == len(KINDS) else f"{name} ({', '.join(kinds)} heads only)"
        found[whole] = brief
        print(whole, brief, flush=True)
    return found


def _brief(held: Held) -> Sets:
    """Return accuracy and AUC of the data sets present."""
    measured = rounded(figures(held, ViolenceSettings()))
    return {name: {figure: row[figure] for figure in FIGURES} for name, row in measured.items()}


def write(found: dict[str, Sets]) -> None:
    """Add the figures to the model card, replacing those of an earlier run."""
    folder = ROOT / "models" / "violence"
    card = read_card(folder)
    rows = {f"{data}, {condition}": row for condition, sets in found.items() for data, row in sets.items()}
    merged = ModelCard.model_validate(card.model_dump() | {"metrics": card.metrics | rows})
    text = yaml.safe_dump(merged.model_dump(), sort_keys=False, allow_unicode=True, width=110)
    (folder / "card.yaml").write_text(text, encoding="utf-8")


def main() -> None:
    """Print the figures and write them to the model card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data/violence")
    parser.add_argument("--weights", type=Path, default=ROOT / "../shared/weights/mobilenet_v2_imagenet.safetensors")
    parser.add_argument("--partition", type=int, default=1, help="as in training")
    parser.add_argument(
        "--folds", type=int, nargs="*", default=list(SHIPPED_FOLDS), help="whose held-out clips are used"
    )
    parser.add_argument("--hockey", type=int, default=1, help="use one in so many of the hockey clips")
    parser.add_argument(
        "--cross", nargs="*", choices=list(KINDS), default=list(KINDS), help="heads that are trained on one collection"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    data = Data(arguments.data, arguments.weights)
    found = under_conditions(data, arguments.partition, arguments.folds, arguments.hockey)
    if arguments.cross:
        found |= crosswise(data, arguments.cross)
    write(found)


if __name__ == "__main__":
    main()
