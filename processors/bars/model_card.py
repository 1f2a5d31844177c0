"""Which demand model this is: it has no weights, so its code is what is hashed."""

from __future__ import annotations

import hashlib
from pathlib import Path

NAME = "demand-regression"
VERSION = "3"
CODE = (
    "adwin", "bayesian_regression", "conformal_interval", "context_features", "demand", "demand_state",
    "forecast_combination", "opening", "product_similarity", "seasonality", "shared_season",
)  # fmt: skip


def model_card() -> dict[str, str]:
    """Name, version and hash of the model.

    >>> sorted(model_card())
    ['hash', 'model']
    """
    folder = Path(__file__).parent
    code = b"".join((folder / f"{name}.py").read_bytes() for name in CODE)
    return {"model": f"{NAME} {VERSION}", "hash": hashlib.sha256(code).hexdigest()}
