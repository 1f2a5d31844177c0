"""Plots of the soak report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes

from bench.soak.sample_log import Series

mpl.use("Agg")

from matplotlib import pyplot

COLOURS = ("#0b6e99", "#d9480f", "#2b8a3e", "#862e9c", "#c92a2a", "#5f3dc4", "#866118", "#495057", "#1098ad")
_STYLE: Any = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
    "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left", "legend.frameon": False,
}  # fmt: skip


def draw(folder: Path, series: dict[str, Series], warm_up_seconds: float) -> list[str]:
    """Write memory.webp, delays.webp and disk.webp; return the names of those with data."""
    drawn = []
    for name, plot in (("memory", _memory), ("delays", _delays), ("disk", _disk)):
        with mpl.rc_context(_STYLE):
            figure, axes = pyplot.subplots(2, 1, figsize=(8, 5.4), sharex=True, layout="constrained")
            if plot(axes, series):
                for one in axes:
                    one.axvspan(0, warm_up_seconds / 60, color="#868e96", alpha=0.10, lw=0)
                axes[-1].set_xlabel("minutes; grey: warming up")
                figure.savefig(folder / f"{name}.webp", dpi=110, pil_kwargs={"quality": 80})
                drawn.append(name)
            pyplot.close(figure)
    return drawn


def _memory(axes: Sequence[Axes], series: dict[str, Series]) -> bool:
    found = series.get("memory MiB", {})
    workers = {name: line for name, line in found.items() if name not in ("kafka", "redis", "prometheus", "soak")}
    _plot_lines(axes[0], workers, "memory of workers and console, MiB")
    servers = {name: line for name, line in found.items() if name not in workers}
    servers |= {f"Redis's own count, {name}": line for name, line in series.get("Redis MiB", {}).items()}
    _plot_lines(axes[1], servers, "memory of servers and of the soak itself, MiB")
    return bool(found)


def _delays(axes: Sequence[Axes], series: dict[str, Series]) -> bool:
    slow = {name: line for name, line in series.get("delay p99 s", {}).items() if not name.startswith("alert ")}
    _plot_lines(axes[0], slow, "event to result, p99 of each sample, s", scale="log")
    lag = {name: line for name, line in series.get("lag events", {}).items() if any(value for _, value in line)}
    _plot_lines(axes[1], _largest(lag, 8, lambda line: max(value for _, value in line)), "lag, events")
    return bool(slow or lag)


def _disk(axes: Sequence[Axes], series: dict[str, Series]) -> bool:
    found = series.get("disk MiB", {})
    _plot_lines(axes[0], _largest(found, 8, lambda line: line[-1][1]), "disk, MiB; a topic is held as long as it says")
    _plot_lines(axes[1], series.get("open files", {}), "open files")
    return bool(found)


def _largest(
    found: Series, number: int, size: Callable[[list[tuple[float, float]]], float]
) -> dict[str, list[tuple[float, float]]]:
    return dict(sorted(found.items(), key=lambda item: -size(item[1]))[:number])


def _plot_lines(axes: Axes, found: Series, title: str, scale: str = "linear") -> None:
    axes.set_title(title)
    for place, (name, line) in enumerate(found.items()):
        minutes, values = [at / 60 for at, _ in line], [value for _, value in line]
        axes.plot(minutes, values, lw=1.1, color=COLOURS[place % len(COLOURS)], label=name)
    if found:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
        axes.set_yscale(scale)
    if scale == "linear":
        axes.set_ylim(bottom=0)
