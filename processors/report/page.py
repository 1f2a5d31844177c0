"""The report of a day as one HTML page with its plots inside, in Spanish or English."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import matplotlib as mpl
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib import dates
from matplotlib.figure import Figure

from processors.report.day import DayReport, MoodFigures, PlaceFigures
from processors.report.money import money_of

Language = Literal["es", "en"]
LANGUAGES: tuple[Language, ...] = ("es", "en")

MAX_ROWS = 400
"""Rows of alerts and of decisions; the log has all."""

SEVERITIES = {
    "es": {"low": "baja", "medium": "media", "high": "alta", "critical": "crítica"},
    "en": {"low": "low", "medium": "medium", "high": "high", "critical": "critical"},
}


def report_page(
    report: DayReport, language: Language, titles: Mapping[str, str], topics: Mapping[str, str] | None = None
) -> str:
    """Return the page.

    Args:
        report: figures of the day.
        language: of the words.
        titles: titles of alert rules in that language, by the rule's name.
        topics: names of the support desk's topics in that language, by id.
    """
    words, zone = report_words(language), ZoneInfo(report.timezone)
    plots = {
        "people": [_curve(place, words, zone) for place in report.places if place.curve],
        "posts": _posts(report.posts, words, zone) if report.posts else "",
    }
    unread = {one.topic for one in report.coverage if one.missing}
    page = _template().render(
        report=report, language=language, words=words, titles=titles, topics=topics or {}, plots=plots,
        severities=SEVERITIES[language], money=money_of(report), max_rows=MAX_ROWS,
        moment=lambda time: moment(time, zone, language),
        hours=lambda hours: hour_ranges(hours, zone),
        empty=lambda *topics: words["unknown" if unread & set(topics) else "nothing"],
        duration=duration, whole=lambda number: f"{number:.0f}", percent=percent, counts=_counts,
    )  # fmt: skip
    return str(page)


@cache
def report_words(language: Language) -> dict[str, str]:
    """Return the words of the page."""
    path = Path(__file__).parent / f"words.{language}.yaml"
    return {str(name): str(text) for name, text in yaml.safe_load(path.read_text(encoding="utf-8")).items()}


def moment(time: datetime, zone: ZoneInfo, language: Language) -> str:
    """Return a time by the venue's clock.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 7, 4, 20, tzinfo=UTC), ZoneInfo("Europe/Madrid"), "es")
    '04/07/2026 22:00:00'
    """
    return time.astimezone(zone).strftime("%d/%m/%Y %H:%M:%S" if language == "es" else "%Y-%m-%d %H:%M:%S")


def duration(seconds: float) -> str:
    """Return a time span in the units that fit.

    >>> duration(42), duration(90), duration(7260)
    ('42 s', '1 min 30 s', '2 h 1 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def percent(part: float, whole: float) -> str:
    """Return a share in percent; a dash where there is nothing to share.

    >>> percent(1, 8), percent(1, 0)
    ('12 %', '–')
    """
    return f"{100 * part / whole:.0f} %" if whole > 0 else "–"


def hour_ranges(hours: Iterable[datetime], zone: ZoneInfo) -> str:
    """Return hours as ranges of the venue's clock.

    >>> from datetime import UTC
    >>> hour_ranges([datetime(2026, 7, 4, hour, tzinfo=UTC) for hour in (6, 7, 9)], ZoneInfo("UTC"))
    '06:00–08:00, 09:00–10:00'
    """
    ranges: list[list[float]] = []
    for hour in hours:
        begin = hour.timestamp()
        if ranges and ranges[-1][1] == begin:
            ranges[-1][1] = begin + 3600
        else:
            ranges.append([begin, begin + 3600])
    return ", ".join("–".join(datetime.fromtimestamp(at, zone).strftime("%H:%M") for at in one) for one in ranges)


def _counts(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    return ", ".join(f"{name} {percent(number, total)}" for name, number in counts.items()) or "–"


def _curve(place: PlaceFigures, words: Mapping[str, str], zone: ZoneInfo) -> Markup:
    """Return the plot of a place; the line is broken where nothing was counted."""
    figure = Figure(figsize=(9, 2.4), layout="constrained")
    axes = figure.subplots()
    times: list[Any] = []
    values: list[float] = []
    for point in place.curve:
        if times and (point.time - times[-1]).total_seconds() > 600:
            times.append(point.time)
            values.append(float("nan"))
        times.append(point.time)
        values.append(point.persons)
    axes.plot(times, values, color="#0b6e6e", linewidth=1.6, marker="." if len(times) < 20 else "")
    if place.limit is not None:
        axes.axhline(
            place.limit, color="#a40000", linestyle="--", linewidth=1.2, label=f"{words['limit']} {place.limit}"
        )
        axes.legend(fontsize="small", loc="upper left")
    return _finish(figure, axes, f"{place.title}: {words['persons']}", zone)


def _posts(posts: Sequence[MoodFigures], words: Mapping[str, str], zone: ZoneInfo) -> Markup:
    """Return the plot of posts by hour and sentiment."""
    figure = Figure(figsize=(9, 2.4), layout="constrained")
    axes = figure.subplots()
    hours: list[Any] = [one.hour for one in posts]
    base = [0.0] * len(hours)
    for name, colour in (("negative", "#a40000"), ("neutral", "#888888"), ("positive", "#0b6e6e")):
        heights = [float(getattr(one, name)) for one in posts]
        axes.bar(hours, heights, width=0.03, bottom=base, color=colour, label=words[name], align="edge")
        base = [one + other for one, other in zip(base, heights, strict=True)]
    axes.legend(fontsize="small")
    return _finish(figure, axes, words["posts"], zone)


def _finish(figure: Figure, axes: Any, title: str, zone: ZoneInfo) -> Markup:
    """Return the figure as an SVG element, with a name for screen readers."""
    axes.set_title(title, loc="left", fontsize="medium")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    formatter: Any = dates.DateFormatter  # not annotated
    axes.xaxis.set_major_formatter(formatter("%H:%M", tz=zone))
    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": title}):
        figure.savefig(out, format="svg", metadata={"Title": title, "Date": None})
    text = out.getvalue()
    label = Markup.escape(title)
    drawing = text[text.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    return Markup(drawing)  # nosec B704 # noqa: S704 - matplotlib escapes the names it draws


@cache
def _template() -> Any:
    folder = Path(__file__).resolve().parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
