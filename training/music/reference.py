"""Reference distributions of the training data, for drift: `python -m training.music.reference`, after training.

Writes `reference.json` beside each classifier: features of all clips, as they are and overheard, and confidences of
folds that had not seen the clip's artist. A worker compares what it hears with them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from msgspec.structs import asdict

from processors.models.drift import CONFIDENCE, REFERENCE_FILE, equal_frequency_bins
from processors.models.inference import open_model
from processors.music.features import NAMES
from processors.music.tagger import STATISTICS
from training.music.describe import KINDS
from training.music.measure import CHOSEN, calibrated_out_of_fold, families, out_of_fold
from training.music.train import MEASURED, load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    sound = open_model("sound")
    for kind in KINDS:
        renderings, y, groups, _ = load(kind, sound)
        tests = [renderings[0], renderings[-1]]
        tables, folds = out_of_fold(families(MEASURED)[CHOSEN], renderings, tests, y, groups, 1)
        sure = np.concatenate([calibrated_out_of_fold(table, y, folds).max(axis=1) for table in tables])
        rows = np.concatenate(tests)
        found = {name: equal_frequency_bins(rows[:, NAMES.index(name)].tolist()) for name in STATISTICS}
        found[CONFIDENCE] = equal_frequency_bins(sure.tolist())
        text = {
            name: {"edges": [round(v, 5) for v in asdict(one)["edges"]], "shares": [round(v, 4) for v in one.shares]}
            for name, one in found.items()
        }
        (arguments.models / kind / REFERENCE_FILE).write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
