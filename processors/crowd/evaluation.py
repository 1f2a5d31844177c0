"""Counting measured on labelled photographs: a folder of pictures with `heads.json`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processors.cameras.picture import PictureError, decode
from processors.crowd.density import CrowdCounter
from schemas.errors import PulsoError

BANDS = ((0, 50), (50, 200), (200, 500), (500, None))
"""true heads from, below"""


class HeadsFileError(PulsoError, ValueError):
    """The folder or its heads.json can't be used."""


def evaluate(
    folder: Path, *, counter: CrowdCounter, progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Any]:
    """MAE and RMSE of counts, in all and by band of the true count, and seconds a picture, decoding included.

    `relative` is MAE ÷ mean count, which makes bands comparable; `weakest band` is the one where it is highest:
    equal trust is part of the job.

    Raises:
        HeadsFileError: heads.json is missing or malformed, or a picture is missing or can't be decoded.
    """
    labels = read_heads(folder)
    actual, counted, seconds = [], [], 0.0
    for number, (name, heads) in enumerate(labels.items()):
        try:
            data = (folder / name).read_bytes()
            began = time.perf_counter()
            counted.append(counter.count(decode(data)))
            seconds += time.perf_counter() - began
        except (OSError, PictureError) as error:
            raise HeadsFileError(f"{folder / name}, named in heads.json: {error}") from error
        actual.append(len(heads))
        progress(number + 1, len(labels))
    y, f = np.asarray(actual, np.float64), np.asarray(counted, np.float64)
    bands = {
        f"{low}–{high}" if high else f"{low} and more": {"images": int(within.sum()), **_errors(y[within], f[within])}
        for low, high in BANDS
        if (within := (y >= low) & (y < (high or np.inf))).any()
    }
    return {
        "model": counter.model.card.name,
        "hash": counter.model.card.sha256,
        "images": len(y),
        "heads": int(y.sum()),
        **_errors(y, f),
        "seconds_per_image": seconds / len(y),
        "bands": bands,
        "weakest band": max(bands, key=lambda band: float(bands[band]["relative"]), default=None),
    }


def read_heads(folder: Path) -> dict[str, NDArray[np.float64]]:
    """Heads (n, 2), x and y in pixels, by file name.

    Raises:
        HeadsFileError: heads.json is missing or not `{file: {width, height, heads: [[x, y], …]}}`.
    """
    path = folder / "heads.json"
    try:
        labels = json.loads(path.read_text(encoding="utf-8"))
        found = {name: np.asarray(label["heads"], np.float64).reshape(-1, 2) for name, label in labels.items()}
    except FileNotFoundError as error:
        raise HeadsFileError(f"{path} is missing: {{file: {{width, height, heads: [[x, y], …]}}}}") from error
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        raise HeadsFileError(f"{path} is not {{file: {{width, height, heads: [[x, y], …]}}}}: {error!r}") from error
    if not found:
        raise HeadsFileError(f"{path} names no picture")
    return found


def _errors(actual: NDArray[np.float64], counted: NDArray[np.float64]) -> dict[str, float]:
    error = counted - actual
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt(np.square(error).mean())),
        "bias": float(error.mean()),
        "relative": float(np.abs(error).mean() / max(1.0, actual.mean())),
    }
