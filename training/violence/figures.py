"""Metrics of held-out logits: accuracy, AUC and alarms by data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from processors.violence.alarms import ScoredClip, point
from processors.violence.evaluation import clip_score, scored, shipped_rule
from processors.violence.motion import TICK
from processors.violence.scorer import ViolenceSettings


@dataclass(frozen=True, slots=True)
class HeldOutLogits:
    """Logits after every step of every clip, from heads that were not trained on its source."""

    logits: list[NDArray[np.float32]]
    fight: NDArray[np.bool_]
    surveillance: NDArray[np.bool_]
    fold: NDArray[np.int64]


def _probabilities(logit: NDArray[np.float32]) -> tuple[list[float], list[float]]:
    return list(1 / (1 + np.exp(-logit.astype(float)))), [i * TICK for i in range(len(logit))]


def clip_scores(held_out: HeldOutLogits, settings: ViolenceSettings) -> NDArray[np.float64]:
    """Return the score of each clip as `evaluate` computes it, with times in multiples of `TICK`."""
    return np.array([clip_score(*_probabilities(row), settings.warm_seconds) for row in held_out.logits])


def scored_clips(held_out: HeldOutLogits, settings: ViolenceSettings) -> list[ScoredClip]:
    """Return the held-out clips as input of the operating curve."""
    return [
        scored(*_probabilities(row), bool(fight), settings)
        for row, fight in zip(held_out.logits, held_out.fight, strict=True)
    ]


def metrics_by_dataset(held_out: HeldOutLogits, settings: ViolenceSettings) -> dict[str, dict[str, float]]:
    """Return accuracy, balanced accuracy, AUC, their standard deviation over folds, and alarms, by data set."""
    scores, clips = clip_scores(held_out, settings), scored_clips(held_out, settings)
    metrics = {}
    for name, members in (("surveillance", held_out.surveillance), ("hockey", ~held_out.surveillance)):
        if not members.any():
            continue
        fight, correct = held_out.fight[members], (scores >= settings.decision)[members] == held_out.fight[members]
        folds = [members & (held_out.fold == fold) for fold in np.unique(held_out.fold[members])]
        alarm = point([clips[i] for i in np.flatnonzero(members)], shipped_rule(settings))
        normal = members & ~held_out.fight
        hours = sum(len(held_out.logits[i]) for i in np.flatnonzero(normal)) * TICK / 3600
        metrics[name] = {
            "clips": float(members.sum()),
            "accuracy": float(correct.mean()),
            "accuracy_spread": float(
                np.std([((scores >= settings.decision) == held_out.fight)[m].mean() for m in folds])
            ),
            "balanced_accuracy": float((correct[fight].mean() + correct[~fight].mean()) / 2),
            "auc": float(roc_auc_score(fight, scores[members])),
            "auc_spread": float(np.std([roc_auc_score(held_out.fight[m], scores[m]) for m in folds])),
            "fights_alarmed": float(alarm.fights_alarmed or 0.0),
            "delay_median": float(alarm.delay_median or 0.0),
            "false_alarms": float(alarm.false_alarms),
            "false_alarms_per_hour_upper": float(alarm.false_alarms_per_hour_upper or 0.0),
            "normal_hours": float(hours),
        }
    return metrics


def rounded_metrics(by_dataset: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Return the metrics rounded to three decimals."""
    return {name: {metric: round(value, 3) for metric, value in row.items()} for name, row in by_dataset.items()}
