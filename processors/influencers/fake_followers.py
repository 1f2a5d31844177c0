"""Chance that a follower is fake: logistic regression on counts that every network has.

Strong ridge regularisation fixes the direction, so that no single count decides and other samples are ranked alike;
Platt scaling on out-of-fold scores fixes the calibration. Both prior classes weigh the same; `share` corrects for the
prior of the sample.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processors.models.inference import checked_weights, models_folder

FILE_NAME = "model.json"

MAX_LOG_ODDS = 9.0
"""Largest evidence of one account for or against."""


@dataclass(frozen=True, slots=True)
class FakeFollowerModel:
    """Weights of standardised features.

    Attributes:
        means: of the features; a missing value counts as the mean.
        scales: standard deviations.
        weights: of the standardised features, on the scale of log odds.
        bias: log odds of an average account, with both classes equally common.
        shift_error: standard deviation of the share's error from one sample of accounts to another.
        identity: name and hash, as results give it.
    """

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    shift_error: float
    identity: str = ""

    def log_odds(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the evidence that each account is fake, log likelihood ratios (n,).

        Args:
            features: (n, 5) of `Accounts`.
        """
        standardised = (features - np.array(self.means)) / np.array(self.scales)
        scores = np.nan_to_num(standardised, nan=0.0) @ np.array(self.weights) + self.bias
        return np.asarray(np.clip(scores, -MAX_LOG_ODDS, MAX_LOG_ODDS))

    def save(self, path: Path) -> None:
        """Write the weights."""
        weights = {name: value for name, value in asdict(self).items() if name != "identity"}
        path.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path | None = None) -> FakeFollowerModel:
        """Load the shipped weights, or those in `folder`/influencers, checked against their card.

        Raises:
            ModelError: the model is incomplete or does not match its card.
        """
        card, path = checked_weights((folder or models_folder()) / "influencers", FILE_NAME)
        values = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            means=tuple(values["means"]),
            scales=tuple(values["scales"]),
            weights=tuple(values["weights"]),
            bias=values["bias"],
            shift_error=values["shift_error"],
            identity=f"{card.name}@{card.sha256[:12]}",
        )
