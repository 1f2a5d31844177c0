"""What the demo shows while it runs: a live screen in a terminal, a line now and then anywhere else."""

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
from schemas.music import TAGS, MusicTags
from schemas.support import TRIAGE, SupportTriage
from schemas.venue import Venue
from schemas.violence import VIOLENCE, ViolenceScore
from simulation.alert_feed import Delivered
from simulation.evening import LENGTH, Evening
from simulation.report import ANSWERED, Quantiles
from simulation.story import Beat, latest
from simulation.tally import Results

_SEVERITY = {"low": "cyan", "medium": "yellow", "high": "dark_orange", "critical": "bold white on red"}
_LINE_EVERY = 5.0
_BAR = 24


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the view shows at one moment.

    Attributes:
        time: seconds since the doors opened.
        speed: seconds of the evening in a second.
        rates: events a second by topic, by the wall clock.
        story: what happens on this evening.
        notice: what is wrong, or what is waited for.
    """

    evening: Evening
    time: float
    speed: float
    venue: Venue
    sent: Mapping[str, int]
    results: Mapping[str, Results]
    rates: Mapping[str, float]
    alerts: Sequence[Delivered]
    story: Sequence[Beat] = ()
    console_url: str = ""
    notice: str = ""


def screen(shown: Snapshot) -> RenderableType:
    """The whole screen."""
    layout = Layout()
    layout.split_column(Layout(name="head", size=3), Layout(name="body"), Layout(name="alerts", size=12))
    layout["body"].split_row(Layout(name="flow"), Layout(name="now"))
    beat = latest(shown.story, shown.time)
    layout["head"].update(
        Panel(
            headline(shown),
            title=f"[bold]{shown.venue.name}[/]",
            subtitle=beat_line(beat, shown.evening) if beat else None,
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


def beat_line(beat: Beat, evening: Evening) -> str:
    """Something that happens, with its time."""
    return f"{evening.at(beat.time):%H:%M} {beat.en}"


def headline(shown: Snapshot) -> Text:
    """Clock, weather, who plays."""
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


def flow(shown: Snapshot) -> Table:
    """Events in and results out of each topic, with rates and delays."""
    table = Table("topic", box=None, padding=(0, 1))
    for name in ("events", "a second", "p50", "p99"):
        table.add_column(name, justify="right")
    for topic, answers in ANSWERED.items():
        table.add_row(topic, str(shown.sent.get(topic, 0)), f"{shown.rates.get(topic, 0):.1f}", "", "", style="bold")
        for answer in answers:
            results = shown.results[answer.name]
            delay = Quantiles.of(list(results.delays))
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


def _latest(shown: Snapshot, topic: str) -> dict[str, Any]:
    return dict(shown.results[topic].latest)


def _crowd(shown: Snapshot) -> RenderableType:
    """People in each zone as bars of its capacity, and how likely a fight is."""
    counts: dict[str, CrowdCount] = _latest(shown, CROWD.name)
    fights: dict[str, ViolenceScore] = _latest(shown, VIOLENCE.name)
    capacity = {zone.id: zone.capacity for zone in shown.venue.zones}
    table = Table("zone", "", "people", "per m²", "fight", box=None, padding=(0, 1))
    for camera in shown.venue.cameras:
        count, fight = counts.get(camera.id), fights.get(camera.id)
        chance = "" if fight is None else f"{fight.probability:.0%}"
        if count is None or count.blind:
            table.add_row(camera.id, Text(f"blind: {count.blind}" if count else "…", style="yellow"), "", "", chance)
            continue
        for seen in count.zones:
            full = seen.persons / capacity.get(seen.zone, 1_000)
            style = "green" if full < 0.8 else "yellow" if full < 1 else "red"
            bar = Text("█" * max(0, min(_BAR, round(full * _BAR))), style=style)
            dense = "" if seen.density is None else f"{seen.density:.1f} {seen.level_of_service or ''}"
            table.add_row(seen.zone, bar, f"{seen.persons:.0f}", dense, chance)
    return table


def _music(shown: Snapshot) -> RenderableType:
    tags: dict[str, MusicTags] = _latest(shown, TAGS.name)
    table = Table(box=None, padding=(0, 1), show_header=False)
    for stage in shown.venue.stages:
        heard = tags.get(stage.id)
        if heard is None:
            table.add_row(stage.id, "…")
        elif heard.silent:
            table.add_row(stage.id, Text("no sound", style="bold red"))
        else:
            table.add_row(
                stage.id,
                f"{heard.mood} {heard.mood_confidence:.0%}",
                f"{heard.genre} {heard.genre_confidence:.0%}",
                f"{heard.tempo:.0f} bpm",
                f"{heard.loudness:.0f} dBFS",
            )
    return table


def _support(shown: Snapshot) -> RenderableType:
    """The largest clusters, by the last mail of each; what surges first."""
    mails: list[SupportTriage] = list(_latest(shown, TRIAGE.name).values())
    newest = {mail.cluster: mail for mail in sorted(mails, key=lambda mail: mail.time) if mail.cluster}
    table = Table("cluster", "mails", "surge", box=None, padding=(0, 1))
    for mail in sorted(newest.values(), key=lambda mail: -mail.cluster_size)[:7]:
        surge = Text(f"×{mail.surge:.0f}" if mail.surge >= 2 else "", style="red")
        table.add_row(mail.cluster_label[:44] or str(mail.cluster), str(mail.cluster_size), surge)
    spoken = Counter(f"{mail.language} {mail.priority}" for mail in mails)
    return Group(table, Text(", ".join(f"{name} {number}" for name, number in spoken.most_common(5)), style="dim"))


def _bars(shown: Snapshot) -> RenderableType:
    """The products that run out first at each bar."""
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


def _alerts(steps: Sequence[Delivered], most: int, place: tzinfo | None) -> RenderableType:
    """The last steps that people were told of, each once, the newest at the top."""
    seen: dict[tuple[str, int], Delivered] = {(step.alert.id, step.alert.version): step for step in steps}
    told = [step for step in seen.values() if step.alert.state in {"raised", "resolved"}]
    table = Table(box=None, padding=(0, 1), show_header=False)
    for step in reversed(told[-most:]):
        table.add_row(*alert_row(step, place))
    return table if told else Text("none yet", style="dim")


def alert_row(step: Delivered, place: tzinfo | None) -> tuple[RenderableType, ...]:
    """One step in words: time, state, severity, what, how fast."""
    alert = step.alert
    style = _SEVERITY[alert.severity] if alert.state == "raised" else "green"
    what = alert.text.get("en") or alert.text.get("es") or alert.key

    return (
        f"{alert.time.astimezone(place):%H:%M}",
        Text(alert.state, style=style),
        Text(alert.severity, style=style),
        Text(" ".join(what.split())[:90]),
        Text(f"{step.delay:.2f} s", style="dim"),
    )


class View:
    """Shows snapshots until it is left. Use as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, screen=True, auto_refresh=False) if console.is_terminal else None
        self._next_line = 0.0
        self._told: set[tuple[str, int]] = set()
        self._beats: set[tuple[int, str]] = set()

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, shown: Snapshot) -> None:
        """Draw the screen, or print the new alerts and now and then a line of numbers."""
        if self._live is not None:
            self._live.update(screen(shown), refresh=True)
            return
        for beat in shown.story:
            name = (shown.evening.number, beat.name)
            if beat.time <= shown.time and name not in self._beats:
                self._beats.add(name)
                self._console.print(
                    f"  story {beat_line(beat, shown.evening)}", highlight=False, soft_wrap=True, markup=False
                )
        for step in shown.alerts:
            key = (step.alert.id, step.alert.version)
            if step.alert.state in {"raised", "resolved"} and key not in self._told:
                self._told.add(key)
                words = " ".join(str(part) for part in alert_row(step, shown.evening.doors.tzinfo))
                self._console.print(f"  alert {words}", highlight=False, soft_wrap=True, markup=False)
        if wall.monotonic() >= self._next_line:
            self._next_line = wall.monotonic() + _LINE_EVERY
            self._console.print(line(shown), highlight=False, soft_wrap=True, markup=False)


def line(shown: Snapshot) -> str:
    """One line of numbers: the time, then events → results of each input."""
    parts = []
    for topic, answers in ANSWERED.items():
        if answers:
            results = "+".join(str(shown.results[answer.name].count) for answer in answers)
            parts.append(f"{topic} {shown.sent.get(topic, 0)} → {results}")
    share = shown.time / LENGTH
    notice = f"  {shown.notice}" if shown.notice else ""
    return f"{shown.evening.at(shown.time):%H:%M} ({share:.0%})  " + ", ".join(parts) + notice
