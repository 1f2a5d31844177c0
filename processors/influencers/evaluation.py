"""Evaluation of the fake-follower model on labelled accounts: ranking, calibration, error of the share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from processors.influencers.accounts import AccountsError, read_accounts
from processors.influencers.fake_followers import FakeFollowerModel
from processors.influencers.share import estimate_share

SAMPLE = 200
"""Followers in a sample."""

MIXTURES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
DRAWS = 100
BINS = 10

RESAMPLES = 500
"""Bootstrap samples behind a 90 % interval."""


def evaluate(path: Path, model: FakeFollowerModel, *, seed: int = 0) -> dict[str, Any]:
    """Return AUC, calibration error and their intervals, and the share's error over mixtures of 200 accounts.

    Raises:
        AccountsError: the table lacks a class or a column.
    """
    accounts = read_accounts(path, labelled=True)
    fake = accounts.fake
    if fake is None or fake.all() or not fake.any():
        raise AccountsError(f"{path}: both fake and real accounts are needed")
    return {
        "accounts": len(fake),
        "fake": int(fake.sum()),
        "columns_used": " ".join(accounts.columns),
        **figures(model.log_odds(accounts.features), fake, shift_error=model.shift_error, seed=seed),
    }


def figures(
    log_odds: NDArray[np.float64], fake: NDArray[np.bool_], *, shift_error: float, seed: int = 0
) -> dict[str, Any]:
    """Return the figures of scores.

    Samples are drawn with replacement; each has an exact number of fake accounts, which is the share to estimate.
    """
    generator = np.random.default_rng(seed)
    chances = estimate_share(log_odds).chances
    rows: list[dict[str, float]] = []
    for mixture in MIXTURES:
        fakes = round(SAMPLE * mixture)
        drawn = [
            [generator.choice(log_odds[fake], fakes), generator.choice(log_odds[~fake], SAMPLE - fakes)]
            for _ in range(DRAWS)
        ]
        estimates = [estimate_share(np.concatenate(parts), shift_error=shift_error) for parts in drawn]
        errors = np.array([one.share - mixture for one in estimates])
        inside = np.mean([one.low <= mixture <= one.high for one in estimates])
        rows.append({
            "share": mixture,
            "mean_absolute_error": round(float(np.abs(errors).mean()), 4),
            "bias": round(float(errors.mean()), 4),
            "coverage_90": round(float(inside), 3),
        })  # fmt: skip
    auc, calibration = _intervals(log_odds, fake, seed)
    return {
        "auc": round(float(roc_auc_score(fake, log_odds)), 4),
        "auc_low": auc[0],
        "auc_high": auc[1],
        "calibration_error": round(calibration_error(chances, fake), 4),
        "calibration_error_high": calibration[1],
        "share_error_mean": round(float(np.mean([row["mean_absolute_error"] for row in rows])), 4),
        "share_error_worst": max(row["mean_absolute_error"] for row in rows),
        "mixtures": rows,
    }


def _intervals(
    log_odds: NDArray[np.float64], fake: NDArray[np.bool_], seed: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the 90 % intervals of AUC and calibration error, by a bootstrap of each class of accounts."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(RESAMPLES):
        picked = np.concatenate([
            generator.choice(np.flatnonzero(kind), int(kind.sum())) for kind in (fake, ~fake)
        ])  # fmt: skip
        chances = estimate_share(log_odds[picked]).chances
        found.append((roc_auc_score(fake[picked], log_odds[picked]), calibration_error(chances, fake[picked])))
    low, high = np.quantile(np.array(found), [0.05, 0.95], axis=0).round(4).tolist()
    return (low[0], high[0]), (low[1], high[1])


def calibration_error(chances: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over ten bins of equal width.

    >>> calibration_error(np.array([0.75, 0.75]), np.array([True, False]))
    0.25
    """
    places = np.minimum((chances * BINS).astype(int), BINS - 1)
    return float(
        sum(
            abs(chances[places == place].mean() - truth[places == place].mean()) * np.mean(places == place)
            for place in np.unique(places)
        )
    )
