"""The report as one HTML page that needs nothing else: plots are SVG inside it."""

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

MOST_LINES = 12
"""of a plot: more can't be told apart, so those that end highest are drawn"""

TITLES = {
    "latency": ("From event to result, 99th percentile", "seconds"),
    "confidence": ("Confidence of the models", "mean probability of the likeliest answer"),
    "drift": ("Drift of the input: below 0.1 as in training, above 0.25 something else", "population stability index"),
}


def page(report: Report) -> str:
    """HTML in UTF-8."""
    plots = {name: lines(report.series[name], *TITLES[name]) for name in TITLES if report.series.get(name)}
    figures = {model.name: bars(scores_of(model.evaluation), model.name) for model in report.models}
    return str(_template().render(report=report, plots=plots, figures=figures))


def scores_of(evaluation: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """F1 of each class at the promotion: of the model in use, and of the one before.

    >>> said = {"report": {"per_class": {"sad": {"f1": 0.7}}}}
    >>> scores_of({"candidate": said, "in use before": said})
    {'sad': (0.7, 0.7)}
    """
    new, old = (
        evaluation.get(which, {}).get("report", {}).get("per_class", {}) for which in ("candidate", "in use before")
    )
    return {name: (float(one["f1"]), float(old.get(name, {}).get("f1", 0.0))) for name, one in new.items()}


def lines(series: Series, title: str, unit: str) -> Markup:
    """A line for each series, by the time of day."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots()
    ranked = sorted(series.items(), key=lambda item: -item[1][-1][1])
    for name, values in ranked[:MOST_LINES]:
        times: Any = [at for at, _ in values]  # dates are drawn as such
        axes.plot(times, [value for _, value in values], label=name, linewidth=1.5)
    axes.set_ylabel(unit)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
    figure.autofmt_xdate()
    return _svg(figure, title)


def bars(scores: Mapping[str, tuple[float, float]], name: str) -> Markup | None:
    """F1 by class of the model in use beside the one before; None where nothing was measured."""
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
    """The drawing alone, with the title for those who can't see it."""
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
    return environment.get_template("model_report.html")
