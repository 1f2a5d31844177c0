"""What held-out logits are worth: figures by set, and the alarm that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from processors.vision.violence import ViolenceSettings
from processors.vision.violence_evaluation import clip_score, count_alarms
from processors.vision.violence_motion import TICK


@dataclass(frozen=True, slots=True)
class Held:
    """Logits after every step of every clip, by heads that did not see its source."""

    logits: list[NDArray[np.float32]]
    fight: NDArray[np.bool_]
    surveillance: NDArray[np.bool_]
    fold: NDArray[np.int64]


def _probabilities(logit: NDArray[np.float32]) -> tuple[list[float], list[float]]:
    return list(1 / (1 + np.exp(-logit.astype(float)))), [i * TICK for i in range(len(logit))]


def clip_scores(held: Held, settings: ViolenceSettings) -> NDArray[np.float64]:
    """The score of each clip, computed as `evaluate` does (times on the tick)."""
    return np.array([clip_score(*_probabilities(row), settings.warm_seconds) for row in held.logits])


def alarms(held: Held, settings: ViolenceSettings) -> NDArray[np.int64]:
    """The alarms that each clip would raise."""
    return np.array([count_alarms(*_probabilities(row), settings) for row in held.logits])


def alarm_settings(helds: Sequence[Held]) -> ViolenceSettings:
    """The lowest raise threshold at which at most 2 % of the held-out normal clips would alarm, in each set.

    Half a second of minimum duration suits clips of two seconds; a venue may want longer.
    """
    settings = ViolenceSettings()
    for threshold in np.arange(0.5, 0.985, 0.01):
        settings = replace(settings, raise_threshold=round(float(threshold), 2))
        raised = [(alarms(held, settings) > 0, held) for held in helds]
        if all(
            np.mean([hit[(held.surveillance == s) & ~held.fight].mean() for hit, held in raised]) <= 0.02
            for s in (False, True)
        ):
            break
    return settings


def figures(held: Held, settings: ViolenceSettings) -> dict[str, dict[str, float]]:
    """Accuracy, balanced accuracy, AUC, their standard deviation over folds, and alarms, for each set."""
    scores, raised = clip_scores(held, settings), alarms(held, settings)
    result = {}
    for name, members in (("surveillance", held.surveillance), ("hockey", ~held.surveillance)):
        fight, right = held.fight[members], (scores >= settings.decision)[members] == held.fight[members]
        folds = [members & (held.fold == fold) for fold in np.unique(held.fold)]
        normal = members & ~held.fight
        hours = sum(len(held.logits[i]) for i in np.flatnonzero(normal)) * TICK / 3600
        result[name] = {
            "clips": float(members.sum()),
            "accuracy": float(right.mean()),
            "accuracy_spread": float(np.std([((scores >= settings.decision) == held.fight)[m].mean() for m in folds])),
            "balanced_accuracy": float((right[fight].mean() + right[~fight].mean()) / 2),
            "auc": float(roc_auc_score(fight, scores[members])),
            "auc_spread": float(np.std([roc_auc_score(held.fight[m], scores[m]) for m in folds])),
            "fights_alarmed": float((raised[members & held.fight] > 0).mean()),
            "false_alarms": float(raised[normal].sum()),
            "normal_hours": float(hours),
            "false_alarms_per_hour": float(raised[normal].sum() / hours),
        }
    return result


def spread(runs: Sequence[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """The mean over partitions of every figure, to three decimals."""
    return {
        name: {metric: round(float(np.mean([run[name][metric] for run in runs])), 3) for metric in runs[0][name]}
        for name in runs[0]
    }
