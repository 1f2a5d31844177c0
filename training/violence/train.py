"""Trains, measures and ships the violence network: `python -m training.violence.train`.

Every stage leaves its result in `work/` and is skipped when that is there; remove the folder to begin again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from processors.vision.violence import ViolenceSettings
from processors.vision.violence_alarms import curve
from processors.vision.violence_evaluation import shipped_rule
from training.violence import learning
from training.violence.clips import Clip, list_clips
from training.violence.export import export, write_card
from training.violence.features import Variant, cached, front_session
from training.violence.figures import Held, alarm_settings, figures, rounded, scored_clips
from training.violence.network import Head

ROOT = Path(__file__).resolve().parents[2]
WORK = Path(__file__).resolve().parent / "work" / "split6"
FOLDS = 5
VARIANTS = ("plain", "v0", "v1")


class Data:
    """The clips with what is needed to split and train: labels, sets, groups and cached variants."""

    def __init__(self, folder: Path, weights: Path) -> None:
        self.clips: list[Clip] = list_clips(folder)
        self.weights = weights
        session = front_session(weights, WORK / "front.onnx")
        self.variants: list[Variant] = [cached(self.clips, name, WORK, session) for name in VARIANTS]
        self.fight = np.array([clip.fight for clip in self.clips])
        self.surveillance = np.array([clip.set == "surveillance" for clip in self.clips])
        self.groups = np.array([clip.group for clip in self.clips])

    def folds(self, partition: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Training and held-out clips of each fold: no source and no identical clip on both sides."""
        splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=partition)
        return list(splitter.split(self.fight, self.surveillance * 2 + self.fight, self.groups))


def ensemble(data: Data, chosen: NDArray[np.int64], name: str, seeds: Sequence[int], **options: float) -> list[Head]:
    """Heads that differ by seed only, trained on the chosen clips; kept under `work/name-SEED.pt`."""
    heads = []
    for seed in seeds:
        file = WORK / f"{name}-{seed}.pt"
        head = Head(data.weights)
        if file.exists():
            head.load_state_dict(torch.load(file))
        else:
            begun = time.time()
            head = learning.train(
                data.variants,
                data.fight,
                data.surveillance,
                chosen,
                weights=data.weights,
                seed=seed,
                log=True,
                **options,
            )
            torch.save(head.state_dict(), file)
            print(f"{file.name}: {time.time() - begun:.0f} s", flush=True)
        heads.append(head.eval())
    return heads


def ensemble_logits(heads: list[Head], variant: Variant, clips: NDArray[np.int64]) -> list[NDArray[np.float32]]:
    """Mean logit of the heads after every step, as the shipped graph computes it."""
    each = [learning.logits(head, variant, clips) for head in heads]
    return [np.mean(rows, axis=0) for rows in zip(*each, strict=True)]


def cross_validate(data: Data, partition: int, folds: Sequence[int], seeds: Sequence[int], **options: float) -> Held:
    """Logits of every clip of the folds, by heads that never saw its source."""
    rows: list[NDArray[np.float32]] = []
    clips: list[NDArray[np.int64]] = []
    for fold in folds:
        train, test = data.folds(partition)[fold]
        heads = ensemble(data, train, f"partition{partition}-fold{fold}", seeds, **options)
        rows += ensemble_logits(heads, data.variants[0], test)
        clips.append(test)
        print(f"fold {fold} is held out", flush=True)
    held = np.concatenate(clips)
    of = np.concatenate([np.full(len(test), fold) for fold, test in zip(folds, clips, strict=True)])
    return Held(rows, data.fight[held], data.surveillance[held], of)


def main() -> None:
    """Everything from the clips to the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data/violence")
    parser.add_argument("--weights", type=Path, default=ROOT / "../shared/weights/mobilenet_v2_imagenet.safetensors")
    parser.add_argument("--rounds", type=int, default=8, help="of 640 clips each")
    parser.add_argument("--heads", type=int, default=1, help="in the shipped ensemble")
    parser.add_argument("--partition", type=int, default=1, help="seed of the reported split")
    parser.add_argument("--folds", type=int, nargs="*", default=range(FOLDS), help="held out in turn for the figures")
    parser.add_argument("--measure-only", action="store_true", help="ship nothing: several processes can share folds")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    WORK.mkdir(parents=True, exist_ok=True)
    data = Data(arguments.data, arguments.weights)
    seeds = range(arguments.heads)
    held = cross_validate(data, arguments.partition, arguments.folds, seeds, rounds=arguments.rounds)
    settings = alarm_settings(held)
    print("alarm:", settings)
    for row in curve(scored_clips(held, settings), shipped_rule(settings)):
        print(row)
    measured = figures(held, settings)
    for name, values in measured.items():
        print(name, values, flush=True)
    if not arguments.measure_only:
        heads = ensemble(data, np.arange(len(data.clips)), "all", seeds, rounds=arguments.rounds)
        ship(heads, arguments.weights, settings, rounded(measured))


def ship(heads: list[Head], weights: Path, settings: ViolenceSettings, metrics: dict[str, dict[str, float]]) -> None:
    """Write models/violence: the graph and its card."""
    folder = ROOT / "models" / "violence"
    folder.mkdir(parents=True, exist_ok=True)
    parameters = export(weights, heads, folder / "model.onnx")
    write_card(folder, parameters=parameters, metrics=metrics, settings=card_settings(settings), **CARD)
    print(f"{folder}: {(folder / 'model.onnx').stat().st_size / 1e6:.1f} MB, {parameters} parameters")


def card_settings(settings: ViolenceSettings) -> dict[str, Any]:
    """The settings as plain numbers, under the names that serving reads."""
    return {name: float(getattr(settings, name)) for name in settings.__dataclass_fields__}


CARD: dict[str, Any] = {
    "name": "violence",
    "version": "1.0",
    "date": "2026-11-21",
    "task": (
        "Violence (fights) on a stream, frame by frame. In: previous and current grey picture, each "
        "(steps, cameras, 144, 192) uint8; flow (steps, cameras, 2, 36, 48) float32, pixels of that picture per "
        "1/8 s with its median taken off; memory (cameras, hidden) float32, zeros at the start. "
        "Out: logit (steps, cameras), log odds of violence; next_memory. 8 frames a second."
    ),
    "data": [
        "Surveillance Camera Fight Dataset (Aktı et al., 2019, MIT), 197 clips of 31 sources",
        "Hockey Fights (Bermejo et al., 2011, research), 900 clips without its test part",
        "MobileNetV2 1.0 224 weights trained on ImageNet (Apache-2.0), blocks 1 to 6 as they are, 7 to 10 trained on",
    ],
    "split": (
        "Five-fold cross-validation, all clips of a surveillance source and all byte-identical hockey clips in one "
        "fold; the partition reported is not the one on which the network was chosen, though it holds the same clips; "
        "the shipped heads are trained on all clips with the same options. Spread: standard deviation over folds."
    ),
    "limits": [
        "Hockey has one source: its figure says nothing of other rinks or sports.",
        "The normal video held out is minutes long: one false alarm in it is already several an hour, and "
        "nothing is known of concerts: dancing, moshing, jumping crowds and stage light are not in the data.",
        "A fight far away (people under a tenth of the picture's height) is easily missed.",
        "An aid for people who watch; never evidence, never a ground for acting without looking.",
    ],
    "made_by": "python -m training.violence.train",
    "licence": (
        "Apache-2.0 (weights); trained on the Surveillance Camera Fight Dataset (MIT) and Hockey Fights "
        "(research use), see NOTICE"
    ),
}


if __name__ == "__main__":
    main()
