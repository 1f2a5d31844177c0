"""Features of all labelled clips, computed once by the code that serves: `python -m training.music.describe`."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
import torch

from processors.music.audio import AudioError, decode
from processors.music.features import VERSION, hear
from processors.music.log_mel import patches
from training.music.yamnet import YamNet

WORK = Path(__file__).parent / "work"


def describe(table: Path, kind: str, weights: Path) -> None:
    """Write work/KIND.npz: librosa features, mean and spread of the embeddings, labels, groups."""
    torch.set_num_threads(1)
    network = YamNet(weights).eval()
    heard, means, spreads, labels, groups = [], [], [], [], []
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        try:
            audio = decode((table.parent / row["clip"]).read_bytes())
        except AudioError as error:
            print(f"{row['clip']}: {error}", file=sys.stderr)
            continue
        with torch.no_grad():
            embeddings = network(torch.from_numpy(patches(audio.samples))).numpy()
        heard.append(hear(audio).vector)
        means.append(embeddings.mean(axis=0))
        spreads.append(embeddings.std(axis=0))
        labels.append(row[kind])
        groups.append(row.get("artist") or row["clip"])
        if number % 50 == 0:
            print(f"{kind}: {number}/{len(rows)}", flush=True)
    WORK.mkdir(exist_ok=True)
    np.savez_compressed(
        WORK / f"{kind}.npz", version=VERSION, heard=np.stack(heard), means=np.stack(means), spreads=np.stack(spreads),
        labels=np.array(labels), groups=np.array(groups),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/audio"))
    parser.add_argument("--weights", type=Path, default=Path("../shared/weights/yamnet_audioset.safetensors"))
    arguments = parser.parse_args()
    for kind in ("genre", "mood"):
        describe(arguments.data / f"{kind}.csv", kind, arguments.weights)


if __name__ == "__main__":
    main()
