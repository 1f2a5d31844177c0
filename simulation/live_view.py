"""Live view of a running demo: a full screen in a terminal, lines of text elsewhere."""

from __future__ import annotations

import time as wall
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from schemas.bars import DEMAND, DemandForecast
from schemas.crowd import CROWD, CrowdCount
from schemas.ids import AlertId
from schemas.music import TAGS, MusicTags
from schemas.support import TRIAGE, SupportTriage
from schemas.venue import Venue
from schemas.violence import VIOLENCE, ViolenceScore
from simulation.alert_reader import AlertDelivery
from simulation.demo_report import RESULT_TOPICS_BY_INPUT, DelayQuantiles
from simulation.evening import EVENING_SECONDS, Evening
from simulation.result_collector import TopicResults
from simulation.story import StoryStep, latest_step

_SEVERITY = {"low": "cyan", "medium": "yellow", "high": "dark_orange", "critical": "bold white on red"}
_LINE_EVERY = 5.0
_BAR = 24


@dataclass(frozen=True, slots=True)
class LiveSnapshot:
    """State of the demo at one time.

    Attributes:
        time: seconds since the doors opened.
        speed: seconds of the evening per wall-clock second.
        rates: events per wall-clock second, by topic.
        story: steps of the story of this evening.
        notice: error, or reason for waiting.
    """

    evening: Evening
    time: float
    speed: float
    venue: Venue
    sent: Mapping[str, int]
    results: Mapping[str, TopicResults]
    rates: Mapping[str, float]
    alerts: Sequence[AlertDelivery]
    story: Sequence[StoryStep] = ()
    console_url: str = ""
    notice: str = ""


def screen(shown: LiveSnapshot) -> RenderableType:
    """Return the whole screen."""
    layout = Layout()
    layout.split_column(Layout(name="head", size=3), Layout(name="body"), Layout(name="alerts", size=12))
    layout["body"].split_row(Layout(name="flow"), Layout(name="now"))
    step = latest_step(shown.story, shown.time)
    layout["head"].update(
        Panel(
            headline(shown),
            title=f"[bold]{shown.venue.name}[/]",
            subtitle=step_line(step, shown.evening) if step else None,
            border_style="magenta",
        )
    )
    layout["flow"].split_column(Layout(Panel(flow(shown), title="flow")), Layout(Panel(_bars(shown), title="bars")))
    layout["now"].split_column(
        Layout(Panel(_crowd(shown), title="crowd"), size=len(shown.venue.cameras) * 1 + 3),
        Layout(Panel(_music(shown), title="stages"), size=len(shown.venue.stages) + 2),
        Layout(Panel(_support(shown), title="support")),
    )
    alerts = _alerts(shown.alerts, 10, shown.evening.doors.tzinfo)
    layout["alerts"].update(Panel(alerts, title="alerts", border_style="red"))
    return layout


def step_line(step: StoryStep, evening: Evening) -> str:
    """Return the time and description of a story step."""
    return f"{evening.at(step.time):%H:%M} {step.en}"


def headline(shown: LiveSnapshot) -> Text:
    """Return the header: time, speed, weather, acts, console address, notice."""
    weather = shown.evening.weather(shown.time)
    acts = [act.name if (act := shown.evening.act(stage.id, shown.time)) else "break" for stage in shown.venue.stages]
    sky = f"{weather.temperature:.0f} °C" + (f", rain {weather.rain:.0f} mm/h" if weather.rain else "")
    playing = ", ".join(f"{stage.id}: {act}" for stage, act in zip(shown.venue.stages, acts, strict=True))
    text = Text(f"{shown.evening.at(shown.time):%H:%M}", style="bold")
    text.append(f"  ×{shown.speed:.0f}  {sky}  {playing}", style="not bold")
    if shown.console_url:
        text.append(f"  {shown.console_url}", style="not bold underline")
    if shown.notice:
        text.append(f"  {shown.notice}", style="bold red")
    return text


def flow(shown: LiveSnapshot) -> Table:
    """Return the table of events in and results out of each topic, with rates and delays."""
    table = Table("topic", box=None, padding=(0, 1))
    for name in ("events", "a second", "p50", "p99"):
        table.add_column(name, justify="right")
    for topic, answers in RESULT_TOPICS_BY_INPUT.items():
        table.add_row(topic, str(shown.sent.get(topic, 0)), f"{shown.rates.get(topic, 0):.1f}", "", "", style="bold")
        for answer in answers:
            results = shown.results[answer.name]
            delay = DelayQuantiles.of(list(results.delays))
            table.add_row(
                f"  → {answer.name}",
                str(results.count),
                f"{shown.rates.get(answer.name, 0):.1f}",
                _seconds(delay.p50),
                _seconds(delay.p99),
            )
    return table


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"


def _latest(shown: LiveSnapshot, topic: str) -> dict[str, Any]:
    return dict(shown.results[topic].latest)


def _crowd(shown: LiveSnapshot) -> RenderableType:
    """Return the table of people in each zone against its capacity, and the probability of a fight."""
    counts: dict[str, CrowdCount] = _latest(shown, CROWD.name)
    fights: dict[str, ViolenceScore] = _latest(shown, VIOLENCE.name)
    capacity = {settings.id: settings.capacity for settings in shown.venue.zones}
    table = Table("zone", "", "people", "per m²", "fight", box=None, padding=(0, 1))
    for camera in shown.venue.cameras:
        count, fight = counts.get(camera.id), fights.get(camera.id)
        chance = "" if fight is None else f"{fight.probability:.0%}"
        if count is None or count.blind:
            table.add_row(camera.id, Text(f"blind: {count.blind}" if count else "…", style="yellow"), "", "", chance)
            continue
        for zone in count.zones:
            full = zone.persons / capacity.get(zone.zone, 1_000)
            style = "green" if full < 0.8 else "yellow" if full < 1 else "red"
            bar = Text("█" * max(0, min(_BAR, round(full * _BAR))), style=style)
            density = "" if zone.density is None else f"{zone.density:.1f} {zone.level_of_service or ''}"
            table.add_row(zone.zone, bar, f"{zone.persons:.0f}", density, chance)
    return table


def _music(shown: LiveSnapshot) -> RenderableType:
    tags: dict[str, MusicTags] = _latest(shown, TAGS.name)
    table = Table(box=None, padding=(0, 1), show_header=False)
    for stage in shown.venue.stages:
        latest = tags.get(stage.id)
        if latest is None:
            table.add_row(stage.id, "…")
        elif latest.silent:
            table.add_row(stage.id, Text("no sound", style="bold red"))
        else:
            table.add_row(
                stage.id,
                f"{latest.mood} {latest.mood_confidence:.0%}",
                f"{latest.genre} {latest.genre_confidence:.0%}",
                f"{latest.tempo:.0f} bpm",
                f"{latest.loudness:.0f} dBFS",
            )
    return table


def _support(shown: LiveSnapshot) -> RenderableType:
    """Return the table of the largest clusters, by the last mail of each."""
    mails: list[SupportTriage] = list(_latest(shown, TRIAGE.name).values())
    newest = {mail.cluster: mail for mail in sorted(mails, key=lambda mail: mail.time) if mail.cluster}
    table = Table("cluster", "mails", "surge", box=None, padding=(0, 1))
    for mail in sorted(newest.values(), key=lambda mail: -mail.cluster_size)[:7]:
        surge = Text(f"×{mail.surge:.0f}" if mail.surge >= 2 else "", style="red")
        table.add_row(mail.cluster_label[:44] or str(mail.cluster), str(mail.cluster_size), surge)
    spoken = Counter(f"{mail.language} {mail.priority}" for mail in mails)
    return Group(table, Text(", ".join(f"{name} {number}" for name, number in spoken.most_common(5)), style="dim"))


def _bars(shown: LiveSnapshot) -> RenderableType:
    """Return the table of the two products of each bar with the highest run-out probability."""
    forecasts: dict[str, DemandForecast] = _latest(shown, DEMAND.name)
    table = Table("bar", "product", "sold", "left", "runs out", "fetch", box=None, padding=(0, 1))
    for bar, forecast in sorted(forecasts.items()):
        risky = sorted(forecast.products, key=lambda product: -(product.run_out_probability or 0))
        for product in risky[:2]:
            chance = product.run_out_probability
            table.add_row(
                bar,
                product.product,
                f"{product.sold:.0f}",
                "" if product.stock is None else f"{product.stock:.0f}",
                "" if chance is None else Text(f"{chance:.0%}", style="red" if chance >= 0.2 else "green"),
                f"{product.fetch:.0f}" if product.fetch else "",
            )
    return table


def _alerts(steps: Sequence[AlertDelivery], max_rows: int, timezone: tzinfo | None) -> RenderableType:
    """Return the table of the last raised and resolved alerts, each once, the newest at the top."""
    by_version: dict[tuple[AlertId, int], AlertDelivery] = {(step.alert.id, step.alert.version): step for step in steps}
    shown = [step for step in by_version.values() if step.alert.state in {"raised", "resolved"}]
    table = Table(box=None, padding=(0, 1), show_header=False)
    for step in reversed(shown[-max_rows:]):
        table.add_row(*alert_row(step, timezone))
    return table if shown else Text("none yet", style="dim")


def alert_row(step: AlertDelivery, timezone: tzinfo | None) -> tuple[RenderableType, ...]:
    """Return the cells of one alert step: time, state, severity, text, delay."""
    alert = step.alert
    style = _SEVERITY[alert.severity] if alert.state == "raised" else "green"
    text = alert.text.get("en") or alert.text.get("es") or alert.key

    return (
        f"{alert.time.astimezone(timezone):%H:%M}",
        Text(alert.state, style=style),
        Text(alert.severity, style=style),
        Text(" ".join(text.split())[:90]),
        Text(f"{step.delay:.2f} s", style="dim"),
    )


class LiveView:
    """Context manager that shows snapshots until it is left."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, screen=True, auto_refresh=False) if console.is_terminal else None
        self._next_line = 0.0
        self._printed_alerts: set[tuple[AlertId, int]] = set()
        self._printed_steps: set[tuple[int, str]] = set()

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, shown: LiveSnapshot) -> None:
        """Draw the screen, or print new story steps and alerts, and a line of counts every few seconds."""
        if self._live is not None:
            self._live.update(screen(shown), refresh=True)
            return
        for step in shown.story:
            name = (shown.evening.number, step.name)
            if step.time <= shown.time and name not in self._printed_steps:
                self._printed_steps.add(name)
                self._console.print(
                    f"  story {step_line(step, shown.evening)}", highlight=False, soft_wrap=True, markup=False
                )
        for delivery in shown.alerts:
            key = (delivery.alert.id, delivery.alert.version)
            if delivery.alert.state in {"raised", "resolved"} and key not in self._printed_alerts:
                self._printed_alerts.add(key)
                cells = " ".join(str(part) for part in alert_row(delivery, shown.evening.doors.tzinfo))
                self._console.print(f"  alert {cells}", highlight=False, soft_wrap=True, markup=False)
        if wall.monotonic() >= self._next_line:
            self._next_line = wall.monotonic() + _LINE_EVERY
            self._console.print(line(shown), highlight=False, soft_wrap=True, markup=False)


def line(shown: LiveSnapshot) -> str:
    """Return one line of counts: the time, then events → results of each input."""
    parts = []
    for topic, answers in RESULT_TOPICS_BY_INPUT.items():
        if answers:
            results = "+".join(str(shown.results[answer.name].count) for answer in answers)
            parts.append(f"{topic} {shown.sent.get(topic, 0)} → {results}")
    share = shown.time / EVENING_SECONDS
    notice = f"  {shown.notice}" if shown.notice else ""
    return f"{shown.evening.at(shown.time):%H:%M} ({share:.0%})  " + ", ".join(parts) + notice
