"""Evaluation of gate counting: labelled photographs move past a line, so that the true crossings are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processors.attendance.gate_line import GateCounter
from processors.cameras.faults import Thumbnail
from processors.cameras.picture import Picture, PictureError, decode, fit
from processors.cameras.simulated_faults import alive
from processors.crowd.density import CrowdCounter
from processors.crowd.evaluation import BANDS, HeadsFileError, read_heads
from processors.crowd.optical_flow import BEST_STEP, MotionEstimator
from schemas.attendance import GateSettings

WINDOW_SHARE = 0.75
"""Share of a photograph's height that is visible at a time; the rest moves in."""

SECONDS = 8
"""Seconds in which it moves in: 4 % of the picture per second, a slow walk about ten metres from a camera."""

LONGEST_SIDE = 1024
"""Longer side in pixels to which larger photographs are reduced first."""

MIDDLE = GateSettings(id="middle", line=[(0, 0.5), (1, 0.5)], inwards=(0.5, 0.9))


def evaluate(
    folder: Path,
    *,
    counter: CrowdCounter,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Move each photograph of a folder with `heads.json` down past a line across the middle, and count crossings.

    Heads are counted once per second, as by the vision worker, with the flicker, noise and small movements of a live
    view. Everybody moves the same way, so any count out is an error.

    Args:
        folder: photographs and heads.json.
        counter: model to measure.
        seed: of the noise.
        progress: called with photographs done and photographs in all.

    Returns:
        crossed (true), entered and left (counted), `wape` (Σ |net − true| ÷ Σ true), `bias` (Σ net ÷ Σ true − 1),
        `wrong way` (left ÷ entered), the same by band of heads that crossed, and under `motion alone` with the true
        heads in place of the counted ones, which shows the error that counting adds.

    Raises:
        HeadsFileError: heads.json is missing or malformed, or a picture can't be read.
    """
    labels = read_heads(folder)
    rows: list[tuple[float, float, float, float, float]] = []
    for number, (name, heads) in enumerate(labels.items()):
        try:
            whole = decode((folder / name).read_bytes())
        except (OSError, PictureError) as error:
            raise HeadsFileError(f"{folder / name}, named in heads.json: {error}") from error
        picture = fit(whole, LONGEST_SIDE)
        shrunk = heads * (picture.shape[1] / whole.shape[1])
        rows.append(_crossings(picture, shrunk, counter, np.random.default_rng([seed, number])))
        progress(number + 1, len(labels))
    table = np.asarray(rows, np.float64)
    bands = {
        f"{low}–{high}" if high else f"{low} and more": _errors(table[within, :3])
        for low, high in BANDS
        if (within := (table[:, 0] >= low) & (table[:, 0] < (high or np.inf))).any()
    }
    return {
        "model": counter.model.card.name,
        "hash": counter.model.card.sha256,
        **_errors(table[:, :3]),
        "motion alone": _errors(table[:, (0, 3, 4)]),
        "bands": bands,
    }


def _crossings(
    picture: Picture, heads: NDArray[np.float64], counter: CrowdCounter, random: np.random.Generator
) -> tuple[float, float, float, float, float]:
    """Return true crossings, then crossings in and out as counted, then the same with the true heads."""
    height, width = picture.shape[:2]
    window = int(height * WINDOW_SHARE)
    way = height - window
    motion, gates = MotionEstimator(), (GateCounter(MIDDLE), GateCounter(MIDDLE))
    sums = [0.0, 0.0, 0.0, 0.0]
    for second in range(SECONDS + 1):
        # The flow of a moment is applied to a second: here the one that it is the middle of.
        moment = max(0.0, second - 0.5)
        top = round(way * (1 - moment / SECONDS))
        earlier = min(way, round(way * (1 - (moment - BEST_STEP) / SECONDS)))
        now = alive(picture[top : top + window], random)
        velocity = None
        density = counter.density(now)
        counted = density.heads[: round(density.rows_seen), : round(density.columns_seen)]
        if second:
            before = alive(picture[earlier : earlier + window], random)
            no_background = np.zeros(counted.shape, np.bool_)
            velocity = motion.velocity(
                Thumbnail.from_picture(before).luma, Thumbnail.from_picture(now).luma, BEST_STEP, no_background
            )
        true = _cells(heads - (0, top), (window, width), counted.shape)
        for place, (gate, heads_in_cells) in enumerate(zip(gates, (counted, true), strict=True)):
            crossings = gate.update(heads_in_cells, velocity, float(second))
            if crossings is not None:
                sums[2 * place] += crossings.entered
                sums[2 * place + 1] += crossings.left
    for place, (gate, heads_in_cells) in enumerate(zip(gates, (counted, true), strict=True)):
        if rest := gate.update(heads_in_cells, None, SECONDS + 100.0):
            sums[2 * place] += rest.entered
            sums[2 * place + 1] += rest.left
    return _true_crossings(heads, window, way, picture.shape[1]), sums[0], sums[1], sums[2], sums[3]


def _true_crossings(heads: NDArray[np.float64], window: int, way: int, width: int) -> float:
    """Return the true crossings as a mean over parallel lines in the strip.

    The motion ends while people are in the strip; they have crossed some of the lines and not yet the others.
    """
    lines = window / 2 + np.linspace(-1, 1, 33) * MIDDLE.band * width
    above, below = lines[:, None] <= heads[:, 1], heads[:, 1] < lines[:, None] + way
    return float((above & below).sum(axis=1).mean())


def _cells(heads: NDArray[np.float64], size: tuple[int, int], shape: Sequence[int]) -> NDArray[np.float32]:
    """Return the true heads in each cell."""
    rows, columns = shape
    ends = ((0.0, float(size[0])), (0.0, float(size[1])))
    cells, _, _ = np.histogram2d(heads[:, 1], heads[:, 0], bins=(rows, columns), range=ends)
    return cells.astype(np.float32)


def _errors(table: NDArray[np.float64]) -> dict[str, float]:
    """Return the figures of rows (crossed, entered, left)."""
    crossed, entered, left = table.T
    net = entered - left
    return {
        "sequences": float(len(table)),
        "crossed": float(crossed.sum()),
        "entered": float(entered.sum()),
        "left": float(left.sum()),
        "wape": float(np.abs(net - crossed).sum() / max(1.0, crossed.sum())),
        "bias": float(net.sum() / max(1.0, crossed.sum()) - 1),
        "wrong way": float(left.sum() / max(1e-9, entered.sum())),
    }
