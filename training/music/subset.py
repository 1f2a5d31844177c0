"""A representative part of the clips for quick runs, and how well it agrees with all of them.

`python -m training.music.subset` prints both figures side by side for every family.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from processors.models.inference import open_model
from training.music.describe import KINDS, WORK
from training.music.measure import families, fragment_features, out_of_fold

SHARE = 1 / 3
SEED = 7


def representative(
    labels: NDArray[Any], groups: NDArray[Any], share: float = SHARE, seed: int = SEED
) -> NDArray[np.int64]:
    """Indices of a part in which every label has its share, whole artists at a time as far as that goes.

    >>> y = np.repeat(["happy", "sad"], 9)
    >>> part = representative(y, np.repeat(np.arange(6), 3))
    >>> len(part), sorted(set(y[part]))
    (6, ['happy', 'sad'])
    """
    random = np.random.default_rng(seed)
    chosen: list[int] = []
    for label in np.unique(labels):
        of_label = np.flatnonzero(labels == label)
        wanted = round(share * len(of_label))
        order = random.permutation(np.unique(groups[of_label]))
        ranked = np.concatenate([of_label[groups[of_label] == group] for group in order])
        chosen += ranked[:wanted].tolist()
    return np.array(sorted(chosen))


def main() -> None:
    from training.music.train import MEASURED, load

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, help="both if left out")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for kind in (arguments.kind,) if arguments.kind else KINDS:
        renderings, y, groups, labels = load(kind, open_model("sound"))
        part = representative(y, groups)
        found: dict[str, dict[str, float]] = {}
        for name, family in families(MEASURED).items():
            scores = {}
            for what, some in (("all", np.arange(len(y))), ("part", part)):
                tables, _ = out_of_fold(
                    family, [x[some] for x in renderings], [renderings[0][some]], y[some], groups[some], 1
                )
                scores[what] = round(float(fragment_features(tables[0], y[some], labels)["macro_f1"]), 4)
            found[name] = scores
            print(kind, f"{len(part)} of {len(y)}", name, scores, flush=True)
        ranks = [np.argsort(np.argsort([one[what] for one in found.values()])) for what in ("all", "part")]
        agreement = float(np.corrcoef(*ranks)[0, 1])
        print(kind, "rank correlation of the families:", round(agreement, 2))
        (WORK / f"subset-{kind}.json").write_text(
            json.dumps({"clips": len(part), "of": len(y), "families": found, "rank_correlation": agreement}, indent=1),
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
