"""Networks on log-mel spectrograms beside the classifiers of `train`: `python -m training.music.deep`.

A small CNN, a CNN-LSTM, and YAMNet with its last three layers trained on, alone and beside librosa's features: clips
as they are, artists kept apart, the first draw of the folds. Every fold is kept in work/ as soon as it is done, so the
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
from training.music.measure import FOLDS, fragment_features
from training.music.networks import CnnLstm, SmallCnn, Tail, Trunk
from training.music.train import load

SEED = 1
CROP = 8
"""Patches of a clip in one training step: 7.7 s."""
BATCH = 16
SMOOTHED = 0.1
"""Label smoothing: probability spread over the other classes."""
EPOCHS = {"YAMNet, fine-tuned, beside librosa": 6, "small CNN": 16, "CNN-LSTM": 16, "YAMNet, fine-tuned": 6}

Indices = NDArray[np.int64]
Outcome = tuple[NDArray[np.float64], int]
"""Probabilities, and the number of epochs within the time limit."""


def descend(
    network: nn.Module,
    groups: list[dict[str, Any]],
    logits: Callable[[Indices], Tensor],
    train: Indices,
    y: Tensor,
    epochs: int,
    seconds: float,
    seed: int,
) -> int:
    """Train with AdamW and a one-cycle schedule; return the number of epochs within the time limit."""
    random = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [group["lr"] for group in groups], total_steps=epochs * (len(train) // BATCH) + 1
    )
    began = time.process_time()
    for epoch in range(epochs):
        network.train()
        order = random.permutation(train)
        for start in range(0, len(order) - BATCH + 1, BATCH):
            clips = order[start : start + BATCH]
            with torch.autocast("cpu", torch.bfloat16):
                given = logits(clips)
            loss = F.cross_entropy(given.float(), y[clips], label_smoothing=SMOOTHED)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimizer.step()
            schedule.step()
        if time.process_time() - began > seconds:
            return epoch + 1
    return epochs


def on_spectrogram(
    make: Callable[[int], nn.Module], table: Patches, count: Indices, name: str
) -> Callable[[Indices, Indices, Tensor, float], Outcome]:
    """Train and predict a network on `CROP` consecutive patches at a time."""

    def crop(clip: int, start: int) -> NDArray[np.float16]:
        part = table[clip][start : min(start + CROP, int(count[clip]))]
        return np.resize(part, (CROP, *table.shape[2:]))  # shorter clips are repeated

    def run(train: Indices, test: Indices, y: Tensor, seconds: float) -> Outcome:
        torch.manual_seed(SEED)
        random = np.random.default_rng(SEED)
        network = make(int(y.max()) + 1).to(memory_format=torch.channels_last)

        def logits(clips: Indices) -> Tensor:
            starts = [int(random.integers(0, max(1, int(count[clip]) - CROP + 1))) for clip in clips]
            x = np.stack([crop(int(clip), start) for clip, start in zip(clips, starts, strict=True)])
            x = x.astype(np.float32).reshape(len(clips), 1, -1, x.shape[-1])
            x += random.normal(0, 0.5, (len(clips), 1, 1, 1)).astype(np.float32)  # level
            for one in x:  # SpecAugment (Park et al., Interspeech 2019): a band of frequencies hidden
                low = int(random.integers(0, 56))
                one[:, :, low : low + int(random.integers(1, 9))] = one.mean()
            return network(torch.from_numpy(x).contiguous(memory_format=torch.channels_last))

        weights = [{"params": network.parameters(), "lr": 2e-3}]
        done = descend(network, weights, logits, train, y, EPOCHS[name], seconds, SEED)
        network.eval()
        rows = []
        for clip in test:
            most = int(count[clip])
            starts = sorted({min(start, max(0, most - CROP)) for start in range(0, most, CROP)})
            x = np.stack([crop(int(clip), start) for start in starts]).astype(np.float32)
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                out = network(torch.from_numpy(x.reshape(len(starts), 1, -1, x.shape[-1])))
            rows.append(F.softmax(out.float(), dim=1).mean(dim=0).double().numpy())
        return np.stack(rows), done

    return run


def fine_tuned(
    weights: Path, maps: Patches, count: Indices, clips_as_rows: NDArray[np.float32], beside: bool, name: str
) -> Callable[[Indices, Indices, Tensor, float], Outcome]:
    """Fine-tune and predict with YAMNet's last layers, starting from the perceptron on frozen embeddings."""
    first = len(NAMES)
    columns = np.ascontiguousarray(clips_as_rows if beside else clips_as_rows[:, first:])
    features = torch.from_numpy(clips_as_rows[:, :first] if beside else clips_as_rows[:, :0])

    def run(train: Indices, test: Indices, y: Tensor, seconds: float) -> Outcome:
        random = np.random.default_rng(SEED)
        torch.manual_seed(SEED)
        network = Tail(weights, perceptrons.fit([columns[train]], y[train].numpy(), members=1, seed=SEED))

        def logits(clips: Indices) -> Tensor:
            some = [random.permutation(int(count[clip])) for clip in clips]
            few = min(CROP, *(len(one) for one in some))
            x = np.stack([maps[clip][np.sort(one[:few])] for clip, one in zip(clips, some, strict=True)])
            return network(torch.from_numpy(x.astype(np.float32)), features[clips])

        tail = [*network.depthwise.parameters(), *network.pointwise.parameters()]
        groups = [{"params": tail, "lr": 5e-5}, {"params": network.member.parameters(), "lr": 2e-4}]
        done = descend(network, groups, logits, train, y, EPOCHS[name], seconds, SEED)
        network.eval()
        rows = []
        for clip in test:
            x = torch.from_numpy(maps[clip][: int(count[clip])].astype(np.float32))[None]
            with torch.no_grad():
                rows.append(F.softmax(network(x, features[clip : clip + 1]), dim=1)[0].double().numpy())
        return np.stack(rows), done

    return run


def trunk_maps(weights: Path, kind: str, table: Patches) -> Patches:
    """Return layer 11 of all patches, (clips, patches, 512, 6, 4) float16, cached."""
    path = WORK / f"maps-{kind}.npy"
    if not path.exists():
        trunk, draft = Trunk(weights), path.with_suffix(".draft.npy")
        whole = np.lib.format.open_memmap(draft, "w+", np.float16, (*table.shape[:2], 512, 6, 4))
        for number, rows in enumerate(table):
            x = torch.from_numpy(rows.astype(np.float32))[:, None]
            with torch.autocast("cpu", torch.bfloat16):
                whole[number] = trunk(x).float().numpy().astype(np.float16)
        whole.flush()
        draft.replace(path)
    kept: Patches = np.load(path, mmap_mode="r")
    return kept


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
    renderings, classes, groups, labels = load(kind, open_model("sound"))
    table, count = log_mels(arguments.data / f"{kind}.csv", kind)
    y = torch.from_numpy(classes)
    for name in (arguments.family,) if arguments.family else EPOCHS:
        if name == "small CNN":
            run = on_spectrogram(SmallCnn, table, count, name)
        elif name == "CNN-LSTM":
            run = on_spectrogram(CnnLstm, table, count, name)
        else:
            maps = trunk_maps(arguments.weights, kind, table)
            run = fine_tuned(arguments.weights, maps, count, renderings[0], name.endswith("librosa"), name)
        path = WORK / f"deep-{kind}-{name.replace(' ', '-').replace(',', '')}.npz"
        kept = dict(np.load(path)) if path.exists() else {}
        split = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED).split(classes, classes, groups)
        for fold, (train, test) in enumerate(split):
            if f"epochs {fold}" in kept:
                continue
            said, epochs = run(train, test, y, arguments.seconds)
            kept |= {f"said {fold}": said, f"test {fold}": test, f"epochs {fold}": np.array(epochs)}
            np.savez(path, **kept)
            right = float((said.argmax(axis=1) == classes[test]).mean())
            print(f"{kind}, {name}, fold {fold}: {epochs} epochs, accuracy {right:.4f}", flush=True)
        whole = np.zeros((len(classes), len(labels)))
        for fold in range(FOLDS):
            whole[kept[f"test {fold}"]] = kept[f"said {fold}"]
        found = fragment_features(whole, classes, labels)
        print(f"{kind}, {name}: accuracy {found['accuracy']:.4f}, macro-F1 {found['macro_f1']:.4f}", flush=True)


if __name__ == "__main__":
    main()
