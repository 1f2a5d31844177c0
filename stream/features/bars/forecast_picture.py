"""Chart of a bar's forecast: demand of the evening with its 90 % interval, and the remaining stock."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure
from numpy.typing import NDArray

from processors.bars.demand_curve import DemandPoint
from schemas.ids import ProductId

DEMAND, OTHER, STOCK = "#1b6ca8", "#c8553d", "#4d7c0f"
COLUMNS = 2


def draw(
    path: Path,
    title: str,
    curves: Mapping[ProductId, Sequence[DemandPoint]],
    changed: Mapping[ProductId, Sequence[DemandPoint]] | None = None,
    stocks: Mapping[ProductId, float | None] | None = None,
) -> None:
    """Write the chart as PNG, SVG or PDF.

    Args:
        path: file to write; its suffix gives the format.
        title: title of the chart.
        curves: demand curve of each product of one bar.
        changed: demand curves of a what-if forecast, with other context.
        stocks: present stock of each product in units, the first point of the stock's curve.

    Raises:
        ValueError: There is nothing to draw, or the suffix is not that of a picture format.
    """
    if not curves:
        raise ValueError("there is nothing to draw: the bar has sold nothing yet")
    rows = math.ceil(len(curves) / COLUMNS)
    figure = Figure(figsize=(6.0 * COLUMNS, 2.8 * rows + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    for number, (product, points) in enumerate(curves.items()):
        axes = figure.add_subplot(rows, COLUMNS, number + 1)
        times = _edges(points)
        low, high = _steps([point.p05 for point in points]), _steps([point.p95 for point in points])
        axes.fill_between(times, low, high, color=DEMAND, alpha=0.2, step="post")
        means = _steps([point.mean for point in points])
        axes.step(times, means, where="post", color=DEMAND, label="expected in 15 min")
        other = (changed or {}).get(product)
        if other:
            means = _steps([point.mean for point in other])
            axes.step(_edges(other), means, where="post", color=OTHER, linestyle="--", label="what if")
        axes.set_title(product)
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_formatter(cast(Any, DateFormatter)("%H:%M"))
        now = (stocks or {}).get(product)
        if now is not None and points:
            right = axes.twinx()
            left = [now, *(point.left for point in points if point.left is not None)]
            right.plot(times[: len(left)], left, color=STOCK, label="left")
            right.set_ylim(0, max(1.0, 1.05 * max(left)))
            right.set_ylabel("left", color=STOCK)
        axes.set_ylabel("units", color=DEMAND)
        axes.legend(loc="upper right", fontsize="small")
    figure.savefig(path, dpi=120)


def _edges(points: Sequence[DemandPoint]) -> NDArray[np.datetime64]:
    """Return the starts of the slots in local time without a zone, as matplotlib expects, and the end of the last."""
    starts = np.asarray([point.start.replace(tzinfo=None) for point in points], dtype="datetime64[s]")
    length = starts[-1] - starts[-2] if len(starts) > 1 else np.timedelta64(15 * 60, "s")
    return np.append(starts, starts[-1] + length)


def _steps(values: Sequence[float]) -> list[float]:
    """Repeat the last value, so that the last step has a width."""
    return [*values, values[-1]]
