"""Networks on log-mel spectrograms, compared with the classifiers of `train`: `python -m training.music.deep`.

A small CNN, a CNN-LSTM, and YAMNet with its last three layers trained on, alone and with librosa's features: clean
clips, folds grouped by artist, the first seed of the folds. Every fold is stored in work/ when it is done, so the
command resumes; `--seconds` bounds a network's training in each fold. Convolutions compute in bfloat16.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold
from torch import Tensor, nn
from torch.nn import functional as F

from processors.models.inference import open_model
from processors.music.features import NAMES
from training.music import perceptrons
from training.music.describe import KINDS, WORK
from training.music.log_mels import Patches, log_mels
from training.music.measure import NUM_FOLDS, classification_metrics
from training.music.networks import CnnLstm, FineTunedYamNet, FrozenYamNetLayers, SmallCnn
from training.music.train import load_renderings

SEED = 1
CROP_PATCHES = 8
"""Number of consecutive patches of a clip in one training step: 7.7 s."""
BATCH_SIZE = 16
LABEL_SMOOTHING = 0.1
"""Label smoothing: probability spread over the other classes."""
EPOCHS = {"YAMNet, fine-tuned, beside librosa": 6, "small CNN": 16, "CNN-LSTM": 16, "YAMNet, fine-tuned": 6}

Indices = NDArray[np.int64]
Predictions = tuple[NDArray[np.float64], int]
"""Probabilities, and the number of epochs within the time limit."""


def fit_network(
    network: nn.Module,
    parameter_groups: list[dict[str, Any]],
    logits: Callable[[Indices], Tensor],
    train: Indices,
    y: Tensor,
    epochs: int,
    seconds: float,
    seed: int,
) -> int:
    """Train with AdamW and a one-cycle schedule; return the number of epochs within the time limit."""
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(parameter_groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [group["lr"] for group in parameter_groups], total_steps=epochs * (len(train) // BATCH_SIZE) + 1
    )
    began = time.process_time()
    for epoch in range(epochs):
        network.train()
        order = rng.permutation(train)
        for start in range(0, len(order) - BATCH_SIZE + 1, BATCH_SIZE):
            clips = order[start : start + BATCH_SIZE]
            with torch.autocast("cpu", torch.bfloat16):
                batch_logits = logits(clips)
            loss = F.cross_entropy(batch_logits.float(), y[clips], label_smoothing=LABEL_SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimizer.step()
            schedule.step()
        if time.process_time() - began > seconds:
            return epoch + 1
    return epochs


def spectrogram_family(
    make: Callable[[int], nn.Module], table: Patches, count: Indices, name: str
) -> Callable[[Indices, Indices, Tensor, float], Predictions]:
    """Train a network and predict with it on `CROP_PATCHES` consecutive patches at a time."""

    def crop(clip: int, start: int) -> NDArray[np.float16]:
        part = table[clip][start : min(start + CROP_PATCHES, int(count[clip]))]
        return np.resize(part, (CROP_PATCHES, *table.shape[2:]))  # shorter clips are repeated

    def run(train: Indices, test: Indices, y: Tensor, seconds: float) -> Predictions:
        torch.manual_seed(SEED)
        rng = np.random.default_rng(SEED)
        network = make(int(y.max()) + 1).to(memory_format=torch.channels_last)

        def logits(clips: Indices) -> Tensor:
            starts = [int(rng.integers(0, max(1, int(count[clip]) - CROP_PATCHES + 1))) for clip in clips]
            x = np.stack([crop(int(clip), start) for clip, start in zip(clips, starts, strict=True)])
            x = x.astype(np.float32).reshape(len(clips), 1, -1, x.shape[-1])
            x += rng.normal(0, 0.5, (len(clips), 1, 1, 1)).astype(np.float32)  # level
            for spectrogram in x:  # SpecAugment (Park et al., Interspeech 2019): a band of frequencies hidden
                low = int(rng.integers(0, 56))
                spectrogram[:, :, low : low + int(rng.integers(1, 9))] = spectrogram.mean()
            return network(torch.from_numpy(x).contiguous(memory_format=torch.channels_last))

        parameter_groups = [{"params": network.parameters(), "lr": 2e-3}]
        num_epochs = fit_network(network, parameter_groups, logits, train, y, EPOCHS[name], seconds, SEED)
        network.eval()
        rows = []
        for clip in test:
            num_patches = int(count[clip])
            starts = sorted(
                {min(start, max(0, num_patches - CROP_PATCHES)) for start in range(0, num_patches, CROP_PATCHES)}
            )
            x = np.stack([crop(int(clip), start) for start in starts]).astype(np.float32)
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                out = network(torch.from_numpy(x.reshape(len(starts), 1, -1, x.shape[-1])))
            rows.append(F.softmax(out.float(), dim=1).mean(dim=0).double().numpy())
        return np.stack(rows), num_epochs

    return run


def fine_tuned_family(
    weights: Path, maps: Patches, count: Indices, clips_as_rows: NDArray[np.float32], with_features: bool, name: str
) -> Callable[[Indices, Indices, Tensor, float], Predictions]:
    """Fine-tune and predict with YAMNet's last layers, starting from the perceptron on frozen embeddings."""
    num_features = len(NAMES)
    columns = np.ascontiguousarray(clips_as_rows if with_features else clips_as_rows[:, num_features:])
    features = torch.from_numpy(clips_as_rows[:, :num_features] if with_features else clips_as_rows[:, :0])

    def run(train: Indices, test: Indices, y: Tensor, seconds: float) -> Predictions:
        rng = np.random.default_rng(SEED)
        torch.manual_seed(SEED)
        network = FineTunedYamNet(weights, perceptrons.fit([columns[train]], y[train].numpy(), members=1, seed=SEED))

        def logits(clips: Indices) -> Tensor:
            patch_orders = [rng.permutation(int(count[clip])) for clip in clips]
            num_patches = min(CROP_PATCHES, *(len(patch_order) for patch_order in patch_orders))
            x = np.stack(
                [
                    maps[clip][np.sort(patch_order[:num_patches])]
                    for clip, patch_order in zip(clips, patch_orders, strict=True)
                ]
            )
            return network(torch.from_numpy(x.astype(np.float32)), features[clips])

        yamnet_parameters = [*network.depthwise.parameters(), *network.pointwise.parameters()]
        parameter_groups = [
            {"params": yamnet_parameters, "lr": 5e-5},
            {"params": network.member.parameters(), "lr": 2e-4},
        ]
        num_epochs = fit_network(network, parameter_groups, logits, train, y, EPOCHS[name], seconds, SEED)
        network.eval()
        rows = []
        for clip in test:
            x = torch.from_numpy(maps[clip][: int(count[clip])].astype(np.float32))[None]
            with torch.no_grad():
                rows.append(F.softmax(network(x, features[clip : clip + 1]), dim=1)[0].double().numpy())
        return np.stack(rows), num_epochs

    return run


def frozen_layer_maps(weights: Path, kind: str, table: Patches) -> Patches:
    """Return layer 11 of all patches, (clips, patches, 512, 6, 4) float16, cached."""
    path = WORK / f"maps-{kind}.npy"
    if not path.exists():
        frozen_layers, draft = FrozenYamNetLayers(weights), path.with_suffix(".draft.npy")
        maps = np.lib.format.open_memmap(draft, "w+", np.float16, (*table.shape[:2], 512, 6, 4))
        for number, rows in enumerate(table):
            x = torch.from_numpy(rows.astype(np.float32))[:, None]
            with torch.autocast("cpu", torch.bfloat16):
                maps[number] = frozen_layers(x).float().numpy().astype(np.float16)
        maps.flush()
        draft.replace(path)
    cached: Patches = np.load(path, mmap_mode="r")
    return cached


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/audio"))
    parser.add_argument("--weights", type=Path, default=Path("../shared/weights/yamnet_audioset.safetensors"))
    parser.add_argument("--kind", choices=KINDS, default="mood")
    parser.add_argument("--family", choices=list(EPOCHS), help="all if left out")
    parser.add_argument("--seconds", type=float, default=180, help="of processor time for each fold")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    kind = arguments.kind
    renderings, classes, groups, labels = load_renderings(kind, open_model("sound"))
    table, count = log_mels(arguments.data / f"{kind}.csv", kind)
    y = torch.from_numpy(classes)
    for name in (arguments.family,) if arguments.family else EPOCHS:
        if name == "small CNN":
            run = spectrogram_family(SmallCnn, table, count, name)
        elif name == "CNN-LSTM":
            run = spectrogram_family(CnnLstm, table, count, name)
        else:
            maps = frozen_layer_maps(arguments.weights, kind, table)
            run = fine_tuned_family(arguments.weights, maps, count, renderings[0], name.endswith("librosa"), name)
        path = WORK / f"deep-{kind}-{name.replace(' ', '-').replace(',', '')}.npz"
        results = dict(np.load(path)) if path.exists() else {}
        split = StratifiedGroupKFold(NUM_FOLDS, shuffle=True, random_state=SEED).split(classes, classes, groups)
        for fold, (train, test) in enumerate(split):
            if f"epochs {fold}" in results:
                continue
            probabilities, epochs = run(train, test, y, arguments.seconds)
            results |= {f"said {fold}": probabilities, f"test {fold}": test, f"epochs {fold}": np.array(epochs)}
            np.savez(path, **results)
            accuracy = float((probabilities.argmax(axis=1) == classes[test]).mean())
            print(f"{kind}, {name}, fold {fold}: {epochs} epochs, accuracy {accuracy:.4f}", flush=True)
        out_of_fold = np.zeros((len(classes), len(labels)))
        for fold in range(NUM_FOLDS):
            out_of_fold[results[f"test {fold}"]] = results[f"said {fold}"]
        metrics = classification_metrics(out_of_fold, classes, labels)
        print(f"{kind}, {name}: accuracy {metrics['accuracy']:.4f}, macro-F1 {metrics['macro_f1']:.4f}", flush=True)


if __name__ == "__main__":
    main()
