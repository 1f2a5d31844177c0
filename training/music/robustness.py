"""Robustness to a crowd, overload, reverberation and a poor codec: `python -m training.music.robustness`.

A representative third of the clips (`subset.py`) is degraded under each condition, its features are cached in
work/, and it is scored by the fold's model whose training data lack its artist. `train --quick` writes the figures
into the cards.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from processors.models.inference import Model, open_model
from training.music.conditions import CONDITIONS, path_of
from training.music.describe import KINDS, WORK, describe_clips
from training.music.measure import CHOSEN_FAMILY, classification_metrics, families, out_of_fold
from training.music.subset import representative_subset
from training.music.train import MEMBERS_TO_COMPARE, load_renderings


def measure(kind: str, sound: Model, splits: int) -> dict[str, dict[str, float]]:
    """Return macro-F1 and its loss against clean clips by condition: means over the seeds of the folds."""
    renderings, y, groups, labels = load_renderings(kind, sound)
    part = representative_subset(y, groups)
    tests = [renderings[0]]
    conditions = [name for name in CONDITIONS if path_of(kind, name, sound).exists()]
    for name in conditions:
        x = renderings[0].copy()  # rows that were not described are predicted too, and left out below
        x[part] = np.load(path_of(kind, name, sound))["x"]
        tests.append(x)
    scores_by_condition: dict[str, list[float]] = {}
    for seed in range(1, splits + 1):
        tables, _ = out_of_fold(families(MEMBERS_TO_COMPARE)[CHOSEN_FAMILY], renderings, tests, y, groups, seed)
        for name, table in zip(("clean", *conditions), tables, strict=True):
            scores_by_condition.setdefault(name, []).append(
                float(classification_metrics(table[part], y[part], labels)["macro_f1"])
            )
        print(kind, seed, {name: round(scores[-1], 4) for name, scores in scores_by_condition.items()}, flush=True)
    means = {name: float(np.mean(scores)) for name, scores in scores_by_condition.items()}
    return {
        name: {"macro_f1": round(mean, 4), "macro_f1_loss": round(means["clean"] - mean, 4)}
        for name, mean in means.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/audio"))
    parser.add_argument("--splits", type=int, default=2, help="times that the folds are drawn anew")
    parser.add_argument("--kind", choices=KINDS, help="both if left out")
    parser.add_argument("--conditions", nargs="*", choices=list(CONDITIONS), default=list(CONDITIONS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    sound = open_model("sound")
    WORK.mkdir(exist_ok=True)
    for kind in (arguments.kind,) if arguments.kind else KINDS:
        _, y, groups, _ = load_renderings(kind, sound)
        part = set(representative_subset(y, groups).tolist())
        for name in arguments.conditions:
            path = path_of(kind, name, sound)
            if not path.exists():
                rows = describe_clips(arguments.data / f"{kind}.csv", kind, 1, sound, CONDITIONS[name], part)
                np.savez_compressed(path, **rows)
        found = measure(kind, sound, arguments.splits)
        (WORK / f"robustness-{kind}.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        print(kind, json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
