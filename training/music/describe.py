"""Features of all labelled clips, computed once by the code that serves: `python -m training.music.describe`.

Each clip is described as it is, and in renderings as a stage microphone might hear it. A manifest of hashes lies beside
each table of features: only clips that are new or changed are described again. Resumes where it stopped.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from processors.models.inference import Model, open_model
from processors.music.audio import Audio, AudioError, decode
from processors.music.features import VERSION
from processors.music.tagger import COLUMNS, classifier_inputs
from training.music.manifest import changed, manifest_of, read_manifest, write_manifest
from training.music.microphone import overheard
from training.music.stage import on_stage

Change = Callable[[Audio, np.random.Generator], Audio]

WORK = Path(__file__).parent / "work"
KINDS = ("mood", "genre")
"""Tables of labels that have clips."""
SEED = 1
CHUNK = 100
"""Number of clips after which intermediate results are saved."""


def change_of(rendering: int) -> Change:
    """Return the augmentation of a rendering; the first two have no talking crowd and no codec."""
    return overheard if rendering <= 2 else on_stage


def described(
    table: Path,
    kind: str,
    rendering: int,
    sound: Model,
    change: Change | None = None,
    some: Collection[int] | None = None,
) -> dict[str, np.ndarray]:
    """Return rows (n, columns) float32, labels and groups of all clips of a table.

    Args:
        rendering: 0 for the clips as they are, else the number of the rendering, which seeds it.
        change: what a rendering does to a clip; by its number if left out.
        some: numbers of the lines to describe; all if left out.
    """
    rows, labels, groups, clips = [], [], [], []
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
            audio = (change or change_of(rendering))(
                audio, np.random.default_rng([SEED, rendering, *line["clip"].encode()])
            )
        rows.append(classifier_inputs(audio, sound)[0])
        labels.append(line[kind])
        groups.append(line.get("artist") or line["clip"])
        clips.append(line["clip"])
        if number % 100 == 0:
            print(f"{kind}, rendering {rendering}: {number}/{len(lines)}", flush=True)
    x = np.stack(rows) if rows else np.zeros((0, COLUMNS), np.float32)
    return {"x": x, "y": np.array(labels), "groups": np.array(groups), "clips": np.array(clips)}


def update(table: Path, kind: str, rendering: int, sound: Model, path: Path) -> int:
    """Update a table of features to its clips; return the number of clips that were analysed."""
    manifest = path.with_suffix(".json")
    now, done = manifest_of(table, kind), read_manifest(manifest)
    kept = _kept(path, list(now))
    if not done and len(kept) == len(now):
        done = dict(now)  # a table from before there were manifests
    places = {clip: number for number, clip in enumerate(now)}
    todo = sorted(changed(now, done), key=places.__getitem__)
    for start in range(0, max(1, len(todo)), CHUNK):
        part = todo[start : start + CHUNK]
        new = described(table, kind, rendering, sound, some={places[clip] for clip in part})
        for clip in part:
            kept.pop(clip, None)
        kept |= {str(clip): row for clip, *row in zip(new["clips"], new["x"], new["y"], new["groups"], strict=True)}
        done |= {clip: now[clip] for clip in part}
        clips = [clip for clip in now if clip in kept]
        columns = {name: np.array([kept[clip][i] for clip in clips]) for i, name in enumerate(("x", "y", "groups"))}
        np.savez_compressed(path, clips=np.array(clips), **columns)
        write_manifest(manifest, {clip: digest for clip, digest in done.items() if clip in now}, str(table.name))
    return len(todo)


def _kept(path: Path, clips: list[str]) -> dict[str, list[np.ndarray]]:
    """Return rows, labels and groups by clip of an existing table."""
    if not path.exists():
        return {}
    table = np.load(path)
    names = table["clips"].tolist() if "clips" in table else clips
    if len(names) != len(table["y"]):
        return {}
    return {name: list(row) for name, *row in zip(names, table["x"], table["y"], table["groups"], strict=True)}


def path_of(kind: str, rendering: int, sound: Model) -> Path:
    """Return the path of the rows; its name contains the versions of the features and the embedding."""
    return WORK / f"{kind}-{rendering}-{VERSION}-{sound.card.sha256[:12]}.npz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/audio"))
    parser.add_argument("--renderings", type=int, default=4, help="beside the clips as they are")
    arguments = parser.parse_args()
    sound = open_model("sound")
    WORK.mkdir(exist_ok=True)
    for rendering in range(arguments.renderings + 1):
        for kind in KINDS:
            path = path_of(kind, rendering, sound)
            number = update(arguments.data / f"{kind}.csv", kind, rendering, sound, path)
            print(f"{kind}, rendering {rendering}: {number} clips were new or changed", flush=True)


if __name__ == "__main__":
    main()
