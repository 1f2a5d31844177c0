"""Cross-validation of classifier families grouped by artist, and nested cross-validation of the chosen family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import nn

from processors.music.evaluation import figures
from training.music import both, perceptrons, support

Rows = NDArray[np.float32]
Family = Callable[[list[Rows], NDArray[np.int64], int], Callable[[Rows], NDArray[np.float64]]]

CHOSEN_FAMILY = "perceptrons and support vectors, clean and rendered"
NUM_FOLDS = 5


def _clean_family(make: Callable[[int], Any], *, columns: slice = slice(None)) -> Family:
    """Return a family of scikit-learn classifiers trained on clean clips."""

    def fit(renderings: list[Rows], y: NDArray[np.int64], seed: int) -> Callable[[Rows], NDArray[np.float64]]:
        model = make(seed).fit(renderings[0][:, columns], y)
        return lambda x: np.asarray(model.predict_proba(x[:, columns]))

    return fit


def _network_family(make: Callable[[list[Rows], NDArray[np.int64], int], nn.Module], *, use_renderings: bool) -> Family:
    def fit(renderings: list[Rows], y: NDArray[np.int64], seed: int) -> Callable[[Rows], NDArray[np.float64]]:
        model = make(renderings if use_renderings else renderings[:1], y, seed)
        return lambda x: both.predict(model, x)

    return fit


def families(members: int) -> dict[str, Family]:
    """Return the families that are compared."""

    def fit_perceptrons(renderings: list[Rows], y: NDArray[np.int64], seed: int) -> nn.Module:
        return perceptrons.fit(renderings, y, members=members, seed=seed)

    return {
        "boosting, librosa features only": _clean_family(
            lambda seed: HistGradientBoostingClassifier(max_iter=120, max_leaf_nodes=8, random_state=seed),
            columns=slice(0, 150),
        ),
        "extra trees, librosa features only": _clean_family(
            lambda seed: ExtraTreesClassifier(300, min_samples_leaf=2, random_state=seed), columns=slice(0, 150)
        ),
        "support vectors, embeddings only": _clean_family(
            lambda seed: make_pipeline(StandardScaler(), CalibratedClassifierCV(SVC(C=2), ensemble=False)),
            columns=slice(150, None),
        ),
        "logistic": _clean_family(
            lambda _: make_pipeline(StandardScaler(), LogisticRegression(C=0.0005, max_iter=300))
        ),
        "support vectors": _network_family(
            lambda renderings, y, seed: support.fit(renderings, y, seed=seed), use_renderings=False
        ),
        "support vectors, clean and rendered": _network_family(
            lambda renderings, y, seed: support.fit(renderings, y, seed=seed), use_renderings=True
        ),
        "perceptrons": _network_family(fit_perceptrons, use_renderings=False),
        "perceptrons, clean and rendered": _network_family(fit_perceptrons, use_renderings=True),
        CHOSEN_FAMILY: _network_family(
            lambda renderings, y, seed: both.fit(renderings, y, members=members, seed=seed), use_renderings=True
        ),
    }


def out_of_fold(
    family: Family, renderings: list[Rows], tests: list[Rows], y: NDArray[np.int64], groups: NDArray[Any], seed: int
) -> tuple[list[NDArray[np.float64]], NDArray[np.int64]]:
    """Return out-of-fold probabilities of each table of test clips, and the folds; groups are held out whole."""
    tables = [np.zeros((len(y), int(y.max()) + 1)) for _ in tests]
    folds = np.zeros(len(y), np.int64)
    split = StratifiedGroupKFold(NUM_FOLDS, shuffle=True, random_state=seed).split(y, y, groups)
    for fold, (train, test) in enumerate(split):
        folds[test] = fold
        predict = family([x[train] for x in renderings], y[train], seed)
        for table, x in zip(tables, tests, strict=True):
            table[test] = predict(x[test])
    return tables, folds


def temperature(probabilities: NDArray[np.float64], y: NDArray[np.int64]) -> float:
    """Return the temperature with the highest likelihood of the true labels (Guo et al., ICML 2017)."""
    logs = np.log(probabilities + 1e-7)

    def log_loss(value: float) -> float:
        scaled = logs / value
        return float(np.mean(np.logaddexp.reduce(scaled, axis=1) - scaled[np.arange(len(y)), y]))

    return float(minimize_scalar(log_loss, bounds=(0.3, 3.0), method="bounded").x)


def apply_temperature(probabilities: NDArray[np.float64], value: float) -> NDArray[np.float64]:
    """Return probabilities of the logits divided by the temperature."""
    scaled = np.log(probabilities + 1e-7) / value
    scaled = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return scaled / scaled.sum(axis=1, keepdims=True)


def calibrated_out_of_fold(
    probabilities: NDArray[np.float64], y: NDArray[np.int64], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Scale each fold with the temperature of the other folds."""
    calibrated = np.zeros_like(probabilities)
    for fold in range(NUM_FOLDS):
        in_fold = folds == fold
        calibrated[in_fold] = apply_temperature(
            probabilities[in_fold], temperature(probabilities[~in_fold], y[~in_fold])
        )
    return calibrated


def nested_selection(
    candidates: list[NDArray[np.float64]], y: NDArray[np.int64], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Predict each fold with the family that is best on the other folds: nested cross-validation of the choice."""
    nested = np.zeros_like(candidates[0])
    for fold in range(NUM_FOLDS):
        in_fold = folds == fold
        scores = [float(np.mean(candidate[~in_fold].argmax(axis=1) == y[~in_fold])) for candidate in candidates]
        nested[in_fold] = candidates[int(np.argmax(scores))][in_fold]
    return nested


def classification_metrics(
    probabilities: NDArray[np.float64], y: NDArray[np.int64], labels: list[str]
) -> dict[str, Any]:
    """Return the figures of `pulso evaluate`, and the mean negative log likelihood."""
    answers = [dict(zip(labels, map(float, row), strict=True)) for row in probabilities]
    metrics = figures([labels[i] for i in y], answers, labels)
    metrics["log_loss"] = float(-np.mean(np.log(probabilities[np.arange(len(y)), y] + 1e-7)))
    return metrics
