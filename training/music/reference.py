"""Reference distributions of the training data, for drift: `python -m training.music.reference`, after training.

Writes `reference.json` beside each classifier: features of all clips, clean and as a microphone records
them, and confidences from folds whose training data lack the clip's artist. A worker compares its input with them.
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
from training.music.measure import CHOSEN_FAMILY, calibrated_out_of_fold, families, out_of_fold
from training.music.train import MEMBERS_TO_COMPARE, load_renderings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    sound = open_model("sound")
    for kind in KINDS:
        renderings, y, groups, _ = load_renderings(kind, sound)
        tests = [renderings[0], renderings[-1]]
        tables, folds = out_of_fold(families(MEMBERS_TO_COMPARE)[CHOSEN_FAMILY], renderings, tests, y, groups, 1)
        confidences = np.concatenate([calibrated_out_of_fold(table, y, folds).max(axis=1) for table in tables])
        rows = np.concatenate(tests)
        references = {name: equal_frequency_bins(rows[:, NAMES.index(name)].tolist()) for name in STATISTICS}
        references[CONFIDENCE] = equal_frequency_bins(confidences.tolist())
        content = {
            name: {"edges": [round(v, 5) for v in asdict(bins)["edges"]], "shares": [round(v, 4) for v in bins.shares]}
            for name, bins in references.items()
        }
        (arguments.models / kind / REFERENCE_FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
