"""Log-mel patches of all labelled clips, the input of the networks of `deep.py`, cached in work/."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processors.music.audio import decode
from processors.music.features import normalise_level
from processors.music.log_mel_patches import BANDS, FRAMES, patches
from training.music.describe import WORK

MAX_PATCHES = 31
"""Maximum number of patches of a clip: 30 s have 31 of 0.96 s."""

Patches = NDArray[np.float16]


def log_mels(table: Path, kind: str) -> tuple[Patches, NDArray[np.int64]]:
    """Return patches (clips, most patches, 96, 64), zero after the end of a clip, and each clip's number of patches.

    Computed once, in the order of the table; float16, whose relative error of 0.001 does not affect the networks.
    """
    path = WORK / f"mels-{kind}.npy"
    if not path.exists():
        with table.open(encoding="utf-8-sig", newline="") as file:
            clips = [line["clip"] for line in csv.DictReader(file)]
        patches_by_clip = []
        for number, clip in enumerate(clips):
            audio = decode((table.parent / clip).read_bytes())
            patches_by_clip.append(patches(normalise_level(audio).samples)[:MAX_PATCHES, 0].astype(np.float16))
            if number % 100 == 0:
                print(f"{kind}, log-mel: {number}/{len(clips)}", flush=True)
        padded = np.zeros((len(patches_by_clip), max(map(len, patches_by_clip)), FRAMES, BANDS), np.float16)
        for row, clip_patches in zip(padded, patches_by_clip, strict=True):
            row[: len(clip_patches)] = clip_patches
        draft = path.with_suffix(".draft.npy")
        np.save(draft, padded)
        draft.replace(path)
    cached: Patches = np.load(path, mmap_mode="r")
    # The smallest logarithm is ln 0.001: a patch of zeros is none.
    return cached, np.array([max(1, int(np.any(row[:, 0, :] != 0, axis=1).sum())) for row in cached])
