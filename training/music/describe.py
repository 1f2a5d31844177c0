"""Features of all labelled clips, computed once by the code that serves: `python -m training.music.describe`.

Each clip is described as it is, and in renderings as a stage microphone might hear it. Resumes where it stopped.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from processors.inference import Model, open_model
from processors.music.audio import Audio, AudioError, decode
from processors.music.features import VERSION
from processors.music.tagger import describe
from training.music.microphone import overheard

Change = Callable[[Audio, np.random.Generator], Audio]

WORK = Path(__file__).parent / "work"
KINDS = ("mood", "genre")
SEED = 1


def described(
    table: Path,
    kind: str,
    rendering: int,
    sound: Model,
    change: Change = overheard,
    some: Collection[int] | None = None,
) -> dict[str, np.ndarray]:
    """Rows (n, columns) float32, labels and groups of all clips of a table.

    Args:
        rendering: 0 for the clips as they are, else the number of the rendering, which seeds it.
        change: what a rendering does to a clip.
        some: numbers of the lines to describe; all if left out.
    """
    rows, labels, groups = [], [], []
    with table.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    for number, line in enumerate(lines):
        if some is not None and number not in some:
            continue
        try:
            audio = decode((table.parent / line["clip"]).read_bytes())
        except AudioError as error:
            print(f"{line['clip']}: {error}", file=sys.stderr)
            continue
        if rendering:
            audio = change(audio, np.random.default_rng([SEED, rendering, number]))
        rows.append(describe(audio, sound)[0])
        labels.append(line[kind])
        groups.append(line.get("artist") or line["clip"])
        if number % 100 == 0:
            print(f"{kind}, rendering {rendering}: {number}/{len(lines)}", flush=True)
    return {"x": np.stack(rows), "y": np.array(labels), "groups": np.array(groups)}


def path_of(kind: str, rendering: int, sound: Model) -> Path:
    """Where the rows are kept; another version of the features or of the embedding has another name."""
    return WORK / f"{kind}-{rendering}-{VERSION}-{sound.card.sha256[:12]}.npz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/audio"))
    parser.add_argument("--renderings", type=int, default=2, help="beside the clips as they are")
    arguments = parser.parse_args()
    sound = open_model("sound")
    WORK.mkdir(exist_ok=True)
    for rendering in range(arguments.renderings + 1):
        for kind in KINDS:
            path = path_of(kind, rendering, sound)
            if not path.exists():
                np.savez_compressed(path, **described(arguments.data / f"{kind}.csv", kind, rendering, sound))


if __name__ == "__main__":
    main()
