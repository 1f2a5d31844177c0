"""The model report as one HTML page with its plots inside, as SVG."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from stream.registry.report import Report, Series

MAX_LINES = 12
"""Lines of a plot: more can't be distinguished, so those with the highest last values are drawn."""

TITLES = {
    "latency": ("From event to result, 99th percentile", "seconds"),
    "confidence": ("Confidence of the models", "mean probability of the most likely label"),
    "drift": ("Drift of the input: below 0.1 as in training, above 0.25 different", "population stability index"),
}


def render_report(report: Report) -> str:
    """Return the page as HTML."""
    plots = {name: line_chart(report.series[name], *TITLES[name]) for name in TITLES if report.series.get(name)}
    figures = {model.name: f1_chart(f1_by_class(model.evaluation), model.name) for model in report.models}
    return str(_template().render(report=report, plots=plots, figures=figures))


def f1_by_class(evaluation: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Return the F1 of each class at the promotion: of the model in use, and of the one before.

    >>> figures = {"report": {"per_class": {"sad": {"f1": 0.7}}}}
    >>> f1_by_class({"candidate": figures, "in use before": figures})
    {'sad': (0.7, 0.7)}
    """
    new, old = (
        evaluation.get(which, {}).get("report", {}).get("per_class", {}) for which in ("candidate", "in use before")
    )
    return {name: (float(one["f1"]), float(old.get(name, {}).get("f1", 0.0))) for name, one in new.items()}


def line_chart(series: Series, title: str, unit: str) -> Markup:
    """Return a plot with a line for each series, over time."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots()
    ranked = sorted(series.items(), key=lambda item: -item[1][-1][1])
    for name, values in ranked[:MAX_LINES]:
        times: Any = [at for at, _ in values]  # dates are drawn as such
        axes.plot(times, [value for _, value in values], label=name, linewidth=1.5)
    axes.set_ylabel(unit)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
    figure.autofmt_xdate()
    return _svg(figure, title)


def f1_chart(scores: Mapping[str, tuple[float, float]], name: str) -> Markup | None:
    """Return a bar chart of the F1 by class, in use and before; None where nothing was measured."""
    if not scores:
        return None
    figure = Figure(figsize=(6, 2.6), layout="constrained")
    axes = figure.subplots()
    places = range(len(scores))
    axes.bar([at - 0.2 for at in places], [new for new, _ in scores.values()], 0.4, label="in use")
    axes.bar([at + 0.2 for at in places], [old for _, old in scores.values()], 0.4, label="before")
    axes.set_xticks(list(places), list(scores))
    axes.set_ylim(0, 1)
    axes.set_ylabel("F1")
    axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
    return _svg(figure, f"F1 of {name} by class, at its promotion")


def _svg(figure: Figure, title: str) -> Markup:
    """Return the figure as an SVG element, with a title for screen readers."""
    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
        figure.savefig(out, format="svg", metadata={"Title": title, "Date": None})
    text = out.getvalue()
    drawing = text[text.index("<svg") :].replace("<svg", '<svg role="img"', 1)
    return Markup(drawing)  # nosec B704 # noqa: S704 - matplotlib escapes the names it draws


@cache
def _template() -> Any:
    folder = Path(__file__).resolve().parent
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("report.html")
