"""Log-mel patches of all labelled clips, as the networks of `deep.py` see them, kept in work/."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processors.music.audio import decode
from processors.music.features import normalise_level
from processors.music.log_mel_patches import BANDS, FRAMES, patches
from training.music.describe import WORK

LONGEST = 31
"""Number of patches of 0.96 s in a clip of 30 s."""

Patches = NDArray[np.float16]


def log_mels(table: Path, kind: str) -> tuple[Patches, NDArray[np.int64]]:
    """Patches (clips, most patches, 96, 64), zero where a clip is shorter, and each clip's number of patches.

    Made once, in the order of the table; float16, whose error of 0.001 of a value's size no network minds.
    """
    path = WORK / f"mels-{kind}.npy"
    if not path.exists():
        with table.open(encoding="utf-8-sig", newline="") as file:
            clips = [line["clip"] for line in csv.DictReader(file)]
        found = []
        for number, clip in enumerate(clips):
            audio = decode((table.parent / clip).read_bytes())
            found.append(patches(normalise_level(audio).samples)[:LONGEST, 0].astype(np.float16))
            if number % 100 == 0:
                print(f"{kind}, log-mel: {number}/{len(clips)}", flush=True)
        whole = np.zeros((len(found), max(map(len, found)), FRAMES, BANDS), np.float16)
        for row, one in zip(whole, found, strict=True):
            row[: len(one)] = one
        draft = path.with_suffix(".draft.npy")
        np.save(draft, whole)
        draft.replace(path)
    kept: Patches = np.load(path, mmap_mode="r")
    # The smallest logarithm is ln 0.001: a patch of zeros is none.
    return kept, np.array([max(1, int(np.any(row[:, 0, :] != 0, axis=1).sum())) for row in kept])
