"""Name, version and hash of the demand model; it has no weights, so the hash is that of its code."""

from __future__ import annotations

import hashlib
from pathlib import Path

NAME = "demand-regression"
VERSION = "5"
CODE = (
    "adwin", "bayesian_regression", "conformal_interval", "context_features", "demand", "demand_state",
    "evening_profile", "expert_mixture", "forecast_combination", "product_similarity", "seasonal_experts",
    "seasonality", "week_profile",
)  # fmt: skip
"""Modules whose code determines a forecast."""


def model_card() -> dict[str, str]:
    """Return name and version, and the SHA-256 of the code.

    >>> sorted(model_card())
    ['hash', 'model']
    """
    folder = Path(__file__).parent
    code = b"".join((folder / f"{name}.py").read_bytes() for name in CODE)
    return {"model": f"{NAME} {VERSION}", "hash": hashlib.sha256(code).hexdigest()}
