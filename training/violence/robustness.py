"""Robustness of the violence network: `python -m training.violence.robustness` prints the metrics of altered clips.

Held-out clips are re-encoded, played slower and faster, mirrored and darkened, and scored by heads that were trained on
neither their sources nor such copies; then heads trained on one data set score the other. A network that relied on
resolution, frame rate, side, light or codec would fall to the accuracy of a guess. Colour is not tested, since the
input has none.
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
from training.violence.clips import Augmentation, Clip
from training.violence.features import cached_features
from training.violence.figures import HeldOutLogits, metrics_by_dataset, rounded_metrics
from training.violence.folder import ROOT, WORK
from training.violence.train import (
    HEAD_HYPERPARAMETERS,
    SHIPPED_FOLDS,
    ViolenceDataset,
    mean_logits,
    trained_head,
    trained_heads,
)

REPORTED_METRICS = ("accuracy", "auc")
MetricsByDataset = dict[str, dict[str, float]]

AS_RECORDED = "as recorded"
REENCODED = "H.264 again, half the size"
CONDITIONS: dict[str, Augmentation] = {
    AS_RECORDED: Augmentation(),
    "mirrored": Augmentation(mirror=True),
    "at 0.8 of its speed": Augmentation(speed=0.8),
    "at 1.25 of its speed": Augmentation(speed=1.25),
    "dark and noisy": Augmentation(gain=0.55, gamma=1.2, noise=6.0),
    REENCODED: Augmentation(),
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


def measure_conditions(
    data: ViolenceDataset, partition: int, folds: list[int], hockey: int
) -> dict[str, MetricsByDataset]:
    """Return the metrics under every condition, by data set."""
    clips_by_fold = [data.thin_hockey(data.folds(partition)[fold][1], hockey) for fold in folds]
    heads = [trained_heads(data, data.folds(partition)[fold][0], f"partition{partition}-fold{fold}") for fold in folds]
    held_out_clips = np.concatenate(clips_by_fold)
    fold_of_clip = np.concatenate(
        [np.full(len(fold_clips), fold) for fold, fold_clips in zip(folds, clips_by_fold, strict=True)]
    )
    metrics = {}
    for name, augmentation in CONDITIONS.items():
        clips = [data.clips[i] for i in held_out_clips]
        if name == REENCODED:
            clips = [reencode(clip, WORK / "reencoded") for clip in clips]
        cache_name = f"condition-{'-'.join(map(str, folds))}-{hockey}-{name.replace(' ', '-').replace(',', '')}"
        feature_set = cached_features(clips, cache_name, WORK, data.session, augmentation=augmentation)
        rows: list[NDArray[np.float32]] = []
        for fold_heads, fold_clips in zip(heads, clips_by_fold, strict=True):
            rows += mean_logits(fold_heads, feature_set, np.arange(len(rows), len(rows) + len(fold_clips)))
        metrics[name] = _reported_metrics(
            HeldOutLogits(rows, data.fight[held_out_clips], data.surveillance[held_out_clips], fold_of_clip)
        )
        print(name, metrics[name], flush=True)
    return metrics


def measure_cross_dataset(data: ViolenceDataset, kinds: list[str]) -> dict[str, MetricsByDataset]:
    """Return the metrics of heads trained on one data set and tested on the other."""
    metrics = {}
    for name, training_mask in (
        ("trained on hockey alone", ~data.surveillance),
        ("trained on surveillance alone", data.surveillance),
    ):
        heads = [trained_head(kind, data, np.flatnonzero(training_mask), name.replace(" ", "-")) for kind in kinds]
        test_clips = np.flatnonzero(~training_mask)
        rows = mean_logits(heads, data.feature_set("plain"), test_clips)
        reported = _reported_metrics(
            HeldOutLogits(
                rows, data.fight[test_clips], data.surveillance[test_clips], np.zeros(len(test_clips), np.int64)
            )
        )
        title = name if len(kinds) == len(HEAD_HYPERPARAMETERS) else f"{name} ({', '.join(kinds)} heads only)"
        metrics[title] = reported
        print(title, reported, flush=True)
    return metrics


def _reported_metrics(held_out: HeldOutLogits) -> MetricsByDataset:
    """Return accuracy and AUC of the data sets present."""
    metrics = rounded_metrics(metrics_by_dataset(held_out, ViolenceSettings()))
    return {name: {metric: row[metric] for metric in REPORTED_METRICS} for name, row in metrics.items()}


def write_metrics(metrics: dict[str, MetricsByDataset]) -> None:
    """Add the metrics to the model card, replacing those of an earlier run."""
    folder = ROOT / "models" / "violence"
    card = read_card(folder)
    rows = {f"{data}, {condition}": row for condition, datasets in metrics.items() for data, row in datasets.items()}
    merged = ModelCard.model_validate(card.model_dump() | {"metrics": card.metrics | rows})
    text = yaml.safe_dump(merged.model_dump(), sort_keys=False, allow_unicode=True, width=110)
    (folder / "card.yaml").write_text(text, encoding="utf-8")


def main() -> None:
    """Print the metrics and write them to the model card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data/violence")
    parser.add_argument("--weights", type=Path, default=ROOT / "../shared/weights/mobilenet_v2_imagenet.safetensors")
    parser.add_argument("--partition", type=int, default=1, help="as in training")
    parser.add_argument(
        "--folds", type=int, nargs="*", default=list(SHIPPED_FOLDS), help="whose held-out clips are used"
    )
    parser.add_argument("--hockey", type=int, default=1, help="use one in so many of the hockey clips")
    parser.add_argument(
        "--cross",
        nargs="*",
        choices=list(HEAD_HYPERPARAMETERS),
        default=list(HEAD_HYPERPARAMETERS),
        help="heads that are trained on one collection",
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    data = ViolenceDataset(arguments.data, arguments.weights)
    metrics = measure_conditions(data, arguments.partition, arguments.folds, arguments.hockey)
    if arguments.cross:
        metrics |= measure_cross_dataset(data, arguments.cross)
    write_metrics(metrics)


if __name__ == "__main__":
    main()
