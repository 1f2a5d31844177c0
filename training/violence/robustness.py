"""Does the network read the deed, or the recording? `python -m training.violence.robustness` prints figures that tell.

Held-out clips are re-encoded, played slower and faster, mirrored and darkened, and judged by heads that saw neither
their sources nor such a copy; then heads trained on one collection alone judge the other. A network that read
resolution, frame rate, side, light or codec would fall to chance. Colour needs no figure: the network is given none.
"""

from __future__ import annotations

import argparse
import subprocess
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
import torch
import yaml
from numpy.typing import NDArray

from processors.inference import Card, read_card
from processors.vision.violence import ViolenceSettings
from training.violence.clips import Clip, Variation
from training.violence.features import cached, front_session
from training.violence.figures import Held, figures, rounded
from training.violence.folder import ROOT, WORK
from training.violence.train import SHIPPED_FOLDS, Data, ensemble, ensemble_logits

FIGURES = ("accuracy", "auc")

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
    """The clip as a poor recorder keeps it: 160 pixels wide, H.264 at CRF 36, kept in `folder`."""
    path = folder / f"{clip.path.stem}.mp4"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.mp4")
        options = ["-vf", "scale=160:-2", "-c:v", "libx264", "-preset", "veryfast", "-crf", "36", "-an"]
        command = ["ffmpeg", "-y", "-loglevel", "error", "-i", str(clip.path), *options, str(unfinished)]
        subprocess.run(command, check=True)
        unfinished.rename(path)
    return replace(clip, path=path)


def under_conditions(
    data: Data, partition: int, folds: list[int], hockey: int, rounds: int, session: ort.InferenceSession
) -> dict[str, dict[str, dict[str, float]]]:
    """Figures of every condition, by set."""
    parts = [data.some(data.folds(partition)[fold][1], hockey) for fold in folds]
    heads = [
        ensemble(data, data.folds(partition)[fold][0], f"partition{partition}-fold{fold}", [0], rounds=rounds)
        for fold in folds
    ]
    chosen = np.concatenate(parts)
    found = {}
    for name, variation in CONDITIONS.items():
        clips = [data.clips[i] for i in chosen]
        if name == REENCODED:
            clips = [reencode(clip, WORK / "reencoded") for clip in clips]
        file = f"condition-{'-'.join(map(str, folds))}-{hockey}-{name.replace(' ', '-').replace(',', '')}"
        plain = name == AS_RECORDED
        variant = data.variants[0] if plain else cached(clips, file, WORK, session, fixed=variation)
        rows: list[NDArray[np.float32]] = []
        begin = 0
        for trained, part in zip(heads, parts, strict=True):
            rows += ensemble_logits(trained, variant, part if plain else np.arange(begin, begin + len(part)))
            begin += len(part)
        of = np.concatenate([np.full(len(part), fold) for fold, part in enumerate(parts)])
        found[name] = _brief(Held(rows, data.fight[chosen], data.surveillance[chosen], of))
        print(name, found[name], flush=True)
    return found


def crosswise(data: Data, rounds: int) -> dict[str, dict[str, dict[str, float]]]:
    """Trained on one collection, measured on the other."""
    found = {}
    for name, on in (
        ("trained on hockey alone", ~data.surveillance),
        ("trained on surveillance alone", data.surveillance),
    ):
        heads = ensemble(data, np.flatnonzero(on), name.replace(" ", "-"), [0], rounds=rounds)
        other = np.flatnonzero(~on)
        rows = ensemble_logits(heads, data.variants[0], other)
        held = Held(rows, data.fight[other], data.surveillance[other], np.zeros(len(other), np.int64))
        found[name] = _brief(held)
        print(name, found[name], flush=True)
    return found


def _brief(held: Held) -> dict[str, dict[str, float]]:
    """Accuracy and AUC of the sets that there are."""
    measured = rounded(figures(held, ViolenceSettings()))
    return {name: {figure: row[figure] for figure in FIGURES} for name, row in measured.items()}


def write(found: dict[str, dict[str, dict[str, float]]]) -> None:
    """Add the figures to the card, in place of those of an earlier run."""
    folder = ROOT / "models" / "violence"
    card = read_card(folder)
    rows = {f"{data}, {condition}": row for condition, sets in found.items() for data, row in sets.items()}
    merged = Card.model_validate(card.model_dump() | {"metrics": card.metrics | rows})
    text = yaml.safe_dump(merged.model_dump(), sort_keys=False, allow_unicode=True, width=110)
    (folder / "card.yaml").write_text(text, encoding="utf-8")


def main() -> None:
    """Print the figures and write them to the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data/violence")
    parser.add_argument("--weights", type=Path, default=ROOT / "../shared/weights/mobilenet_v2_imagenet.safetensors")
    parser.add_argument("--rounds", type=int, default=8, help="as in training")
    parser.add_argument("--partition", type=int, default=1, help="as in training")
    parser.add_argument(
        "--folds", type=int, nargs="*", default=list(SHIPPED_FOLDS), help="whose held-out clips are used"
    )
    parser.add_argument("--hockey", type=int, default=1, help="use one in so many of the hockey clips")
    parser.add_argument("--no-cross", action="store_true", help="leave out the two trainings on one collection")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    data = Data(arguments.data, arguments.weights)
    session = front_session(arguments.weights, WORK / "front.onnx")
    found = under_conditions(data, arguments.partition, arguments.folds, arguments.hockey, arguments.rounds, session)
    if not arguments.no_cross:
        found |= crosswise(data, arguments.rounds)
    write(found)


if __name__ == "__main__":
    main()
