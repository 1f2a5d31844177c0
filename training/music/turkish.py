"""Study of the Turkish Music Emotion table: `python -m training.music.turkish`. Nothing of it is shipped.

The table's 50 features come from MIRToolbox, and the recordings are not public: they can't be computed live. So three
questions are answered: the accuracy with its features (repeated cross-validation, duplicates in one fold), the loss
with only those that librosa has an equivalent of, and the accuracy of a model of those on other recordings, with
librosa's features, each table standardised by itself.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from processors.models.inference import open_model
from processors.music.features import NAMES
from training.music.describe import WORK
from training.music.train import load_renderings

NUM_FOLDS = 10

# Column of the table → feature of ours that means the same. Scales differ: MIRToolbox and librosa scale MFCC, onsets
# and flatness each in their own way, hence each table is scaled by itself where they meet.
LIBROSA_EQUIVALENTS = {
    "_Lowenergy_Mean": "low energy",
    "_Tempo_Mean": "tempo",
    **{f"_MFCC_Mean_{number}": f"mfcc {number} mean" for number in range(1, 14)},  # both leave the 0th, energy, out
    "_Zero-crossingrate_Mean": "zero crossings 0 mean",
    "_Rolloff_Mean": "rolloff 0 mean",
    "_Eventdensity_Mean": "onsets a second",
    "_Pulseclarity_Mean": "pulse clarity",
    "_Spectralcentroid_Mean": "centroid 0 mean",
    "_Spectralspread_Mean": "bandwidth 0 mean",
    "_Spectralflatness_Mean": "flatness 0 mean",
}

Rows = NDArray[np.float64]

FAMILIES: dict[str, Callable[[int], Any]] = {
    "support vectors": lambda seed: make_pipeline(StandardScaler(), SVC(C=4, gamma=0.01, random_state=seed)),
    "extra trees": lambda seed: ExtraTreesClassifier(300, random_state=seed, n_jobs=1),
    "logistic": lambda seed: make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500)),
}


def read_table(path: Path) -> tuple[Rows, NDArray[Any], NDArray[np.int64], list[str]]:
    """Return features (n, 50), classes, groups of identical rows, and the columns' names."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    names = [name for name in lines[0] if name != "Class"]
    x = np.array([[float(line[name]) for name in names] for line in lines])
    groups = np.unique(x, axis=0, return_inverse=True)[1].reshape(-1)
    return x, np.array([line["Class"] for line in lines]), groups, names


def cross_validated_accuracies(
    make: Callable[[int], Any], x: Rows, y: NDArray[Any], groups: NDArray[Any], repeats: int
) -> Rows:
    """Return the accuracy of each repetition over all rows."""
    accuracies = []
    for seed in range(repeats):
        split = StratifiedGroupKFold(NUM_FOLDS, shuffle=True, random_state=seed).split(x, y, groups)
        correct = np.zeros(len(y), bool)
        for train, test in split:
            correct[test] = make(seed).fit(x[train], y[train]).predict(x[test]) == y[test]
        accuracies.append(correct.mean())
    return np.array(accuracies)


def accuracy_statistics(values: Rows, n: int) -> dict[str, float]:
    """Return mean, standard deviation over repetitions, and standard error of the number of rows, which is larger."""
    mean = float(values.mean())
    return {
        "accuracy": round(mean, 4),
        "spread_over_repeats": round(float(values.std(ddof=1)), 4),
        "standard_error": round(float(np.sqrt(mean * (1 - mean) / n)), 4),
    }


def standardise(x: Rows) -> Rows:
    """Standardise each column to mean 0 and standard deviation 1, with outliers clipped."""
    return np.clip((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-9), -4, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/audio"))
    parser.add_argument("--repeats", type=int, default=10)
    arguments = parser.parse_args()
    x, y, groups, names = read_table(arguments.data / "turkish_music_emotion.csv")
    equivalent_columns = x[:, [names.index(name) for name in LIBROSA_EQUIVALENTS]]
    duplicates = len(y) - len(np.unique(groups))
    results: dict[str, Any] = {"rows": len(y), "duplicates": duplicates, "repeats": arguments.repeats}
    for feature_set, table in (
        ("all 50 features", x),
        (f"the {len(LIBROSA_EQUIVALENTS)} that librosa knows", equivalent_columns),
    ):
        results[feature_set] = {}
        for name, make in FAMILIES.items():
            results[feature_set][name] = accuracy_statistics(
                cross_validated_accuracies(make, table, y, groups, arguments.repeats), len(y)
            )
            print(feature_set, name, results[feature_set][name], flush=True)
    renderings, classes, _, labels = load_renderings("mood", open_model("sound"))
    librosa_features = standardise(
        renderings[0][:, [NAMES.index(name) for name in LIBROSA_EQUIVALENTS.values()]].astype(float)
    )
    truth = np.array(labels)[classes]
    for name, make in FAMILIES.items():
        predicted = make(0).fit(standardise(equivalent_columns), y).predict(librosa_features)
        results.setdefault("on other recordings, described by librosa", {})[name] = {
            "accuracy": round(float((predicted == truth).mean()), 4),
            "macro_f1": round(float(f1_score(truth, predicted, average="macro")), 4),
        }
    print(json.dumps(results, indent=1))
    WORK.mkdir(exist_ok=True)
    (WORK / "turkish.json").write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
