"""Representative subset of the clips for quick runs, and its agreement with all of them.

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
from training.music.measure import classification_metrics, families, out_of_fold

SUBSET_SHARE = 1 / 3
SEED = 7


def representative_subset(
    labels: NDArray[Any], groups: NDArray[Any], share: float = SUBSET_SHARE, seed: int = SEED
) -> NDArray[np.int64]:
    """Return the indices of a subset stratified by label, with whole artists as far as possible.

    >>> y = np.repeat(["happy", "sad"], 9)
    >>> part = representative_subset(y, np.repeat(np.arange(6), 3))
    >>> len(part), sorted(set(y[part]))
    (6, ['happy', 'sad'])
    """
    rng = np.random.default_rng(seed)
    chosen: list[int] = []
    for label in np.unique(labels):
        of_label = np.flatnonzero(labels == label)
        wanted = round(share * len(of_label))
        order = rng.permutation(np.unique(groups[of_label]))
        ranked = np.concatenate([of_label[groups[of_label] == group] for group in order])
        chosen += ranked[:wanted].tolist()
    return np.array(sorted(chosen))


def main() -> None:
    from training.music.train import MEMBERS_TO_COMPARE, load_renderings

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, help="both if left out")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for kind in (arguments.kind,) if arguments.kind else KINDS:
        renderings, y, groups, labels = load_renderings(kind, open_model("sound"))
        part = representative_subset(y, groups)
        scores_by_family: dict[str, dict[str, float]] = {}
        for name, family in families(MEMBERS_TO_COMPARE).items():
            scores = {}
            for subset_name, clips in (("all", np.arange(len(y))), ("part", part)):
                tables, _ = out_of_fold(
                    family, [x[clips] for x in renderings], [renderings[0][clips]], y[clips], groups[clips], 1
                )
                scores[subset_name] = round(float(classification_metrics(tables[0], y[clips], labels)["macro_f1"]), 4)
            scores_by_family[name] = scores
            print(kind, f"{len(part)} of {len(y)}", name, scores, flush=True)
        ranks = [
            np.argsort(np.argsort([family_scores[subset_name] for family_scores in scores_by_family.values()]))
            for subset_name in ("all", "part")
        ]
        agreement = float(np.corrcoef(*ranks)[0, 1])
        print(kind, "rank correlation of the families:", round(agreement, 2))
        (WORK / f"subset-{kind}.json").write_text(
            json.dumps(
                {"clips": len(part), "of": len(y), "families": scores_by_family, "rank_correlation": agreement},
                indent=1,
            ),
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
