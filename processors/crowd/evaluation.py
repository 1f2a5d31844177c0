"""Evaluation of crowd counting on labelled photographs: a folder of pictures with `heads.json`."""

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
"""Bands of the true number of heads: from, below."""


class HeadsFileError(PulsoError, ValueError):
    """The folder or its heads.json can't be used; the message says why."""


def evaluate(
    folder: Path, *, counter: CrowdCounter, progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Any]:
    """Measure counting errors on the labelled pictures of a folder.

    Args:
        folder: pictures and heads.json.
        counter: model to measure.
        progress: called with pictures done and pictures in all.

    Returns:
        MAE, RMSE, bias and relative error (MAE ÷ mean count) in all and by band of the true count, the band with the
        highest relative error as `weakest band`, and seconds per picture, decoding included.

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
    """Return the heads of each picture, (n, 2) float64, x and y in pixels, by file name.

    Raises:
        HeadsFileError: heads.json is missing or not `{file: {width, height, heads: [[x, y], …]}}`.
    """
    path = folder / "heads.json"
    try:
        labels = json.loads(path.read_text(encoding="utf-8"))
        heads = {name: np.asarray(label["heads"], np.float64).reshape(-1, 2) for name, label in labels.items()}
    except FileNotFoundError as error:
        raise HeadsFileError(f"{path} is missing: {{file: {{width, height, heads: [[x, y], …]}}}}") from error
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        raise HeadsFileError(f"{path} is not {{file: {{width, height, heads: [[x, y], …]}}}}: {error!r}") from error
    if not heads:
        raise HeadsFileError(f"{path} has no entries; add {{file: {{width, height, heads: [[x, y], …]}}}}")
    return heads


def _errors(actual: NDArray[np.float64], counted: NDArray[np.float64]) -> dict[str, float]:
    error = counted - actual
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt(np.square(error).mean())),
        "bias": float(error.mean()),
        "relative": float(np.abs(error).mean() / max(1.0, actual.mean())),
    }
