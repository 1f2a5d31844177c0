"""Features of all labelled clips, computed once by the code that serves: `python -m training.music.describe`.

Features are computed of each clean clip, and of renderings as a stage microphone might record it. Each table of
features has a manifest of hashes: only clips that are new or changed are computed again. An interrupted run resumes.
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
from training.music.manifest import changed_clips, manifest_of, read_manifest, write_manifest
from training.music.microphone import augment_with_pink_noise
from training.music.stage import augment_with_babble

AudioTransform = Callable[[Audio, np.random.Generator], Audio]

WORK = Path(__file__).parent / "work"
KINDS = ("mood", "genre")
"""Tables of labels that come with clips."""
SEED = 1
CHUNK = 100
"""Number of clips after which intermediate results are saved."""


def transform_of(rendering: int) -> AudioTransform:
    """Return the augmentation of a rendering; the first two have neither talking crowd nor codec."""
    return augment_with_pink_noise if rendering <= 2 else augment_with_babble


def describe_clips(
    table: Path,
    kind: str,
    rendering: int,
    sound: Model,
    transform: AudioTransform | None = None,
    indices: Collection[int] | None = None,
) -> dict[str, np.ndarray]:
    """Return rows (n, columns) float32, labels and groups of all clips of a table.

    Args:
        rendering: 0 for clean clips, else the number of the rendering, which seeds it.
        transform: augmentation of a rendering; by its number if left out.
        indices: numbers of the lines to describe; all if left out.
    """
    rows, labels, groups, clips = [], [], [], []
    with table.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    for number, line in enumerate(lines):
        if indices is not None and number not in indices:
            continue
        try:
            audio = decode((table.parent / line["clip"]).read_bytes())
        except AudioError as error:
            print(f"{line['clip']}: {error}", file=sys.stderr)
            continue
        if rendering:
            audio = (transform or transform_of(rendering))(
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
    current, recorded = manifest_of(table, kind), read_manifest(manifest)
    rows_by_clip = _read_rows(path, list(current))
    if not recorded and len(rows_by_clip) == len(current):
        recorded = dict(current)  # a table from before there were manifests
    index_of_clip = {clip: number for number, clip in enumerate(current)}
    changed_names = sorted(changed_clips(current, recorded), key=index_of_clip.__getitem__)
    for start in range(0, max(1, len(changed_names)), CHUNK):
        chunk = changed_names[start : start + CHUNK]
        features = describe_clips(table, kind, rendering, sound, indices={index_of_clip[clip] for clip in chunk})
        for clip in chunk:
            rows_by_clip.pop(clip, None)
        rows_by_clip |= {
            str(clip): row
            for clip, *row in zip(features["clips"], features["x"], features["y"], features["groups"], strict=True)
        }
        recorded |= {clip: current[clip] for clip in chunk}
        clips = [clip for clip in current if clip in rows_by_clip]
        columns = {
            name: np.array([rows_by_clip[clip][i] for clip in clips]) for i, name in enumerate(("x", "y", "groups"))
        }
        np.savez_compressed(path, clips=np.array(clips), **columns)
        write_manifest(
            manifest, {clip: digest for clip, digest in recorded.items() if clip in current}, str(table.name)
        )
    return len(changed_names)


def _read_rows(path: Path, clips: list[str]) -> dict[str, list[np.ndarray]]:
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
