"""`pulso demo`: a festival evening at high speed on a stack of its own."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml
from confluent_kafka import KafkaException
from redis.exceptions import RedisError
from rich.console import Console
from rich.status import Status
from rich.table import Table

from schemas.venue import Venue
from simulation.evaluate_stampede import stampede
from stream.commands.evaluate import commands as evaluations
from stream.features import registry
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue

if TYPE_CHECKING:
    from simulation.evening import Evening
    from simulation.real_evening import RealEvening
    from simulation.report import Report
    from simulation.run import Festival
    from simulation.schedule import Plan


def register(app: typer.Typer) -> None:
    """Add `pulso demo` and `pulso evaluate stampede`."""
    evaluations.command()(stampede)

    @app.command()
    def demo(
        seconds: Annotated[
            float | None,
            typer.Option(help="How long the evening takes; without, until Ctrl-C.", min=20),
        ] = None,
        data: Annotated[
            Path | None,
            typer.Option(help="Folder with real photographs, clips, orders, requests, music."),
        ] = None,
        report: Annotated[Path, typer.Option(help="Where to write the report.")] = Path("demo-report.json"),
        seed: Annotated[int, typer.Option(help="Another number, another evening.", min=0)] = 0,
        folder: Annotated[
            Path | None, typer.Option(help="Data folder of the stack; without, a new one that is removed afterwards.")
        ] = None,
        keep: Annotated[bool, typer.Option("--keep", help="Keep the data folder and say where it is.")] = False,
    ) -> None:
        """Start everything, play a festival evening through it, show what happens, and report."""
        raise typer.Exit(run_demo(seconds, data, report, seed, folder, keep=keep or folder is not None))


def run_demo(
    seconds: float | None, data: Path | None, report_path: Path, seed: int, folder: Path | None, *, keep: bool
) -> int:
    """Run the demo; returns the exit status: 0, 1 when a stream produced nothing, 2 when it could not run."""
    # OpenCV, SciPy and the stack take a moment to import: other commands needn't wait for it.
    from simulation.evening import Evening  # noqa: PLC0415
    from simulation.run import media_of, run  # noqa: PLC0415
    from stream.local import ChildError, LocalStack  # noqa: PLC0415

    console, settings = Console(), Settings()
    venue = read_venue(settings.venue)
    festival = _festival(console, venue, Evening(seed=seed), seconds, data)
    plan = festival.plan(festival.evening)
    place = folder or _new_folder(settings.data / "demo")
    venue_file = settings.venue
    if festival.venue is not venue:  # the bars sell what the data name
        venue_file = place / "venue.yaml"
        place.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(festival.venue.model_dump(mode="json"), allow_unicode=True)
        venue_file.write_text(text, encoding="utf-8")
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: everything stops in good order
    try:
        # The pictures and the music are made while the servers start.
        with (
            media_of(plan) as media,
            console.status("starting …") as status,
            LocalStack(
                place, venue=venue_file, open_demo=True, progress=lambda text: _say(console, status, text)
            ) as stack,
        ):
            status.stop()
            console.print(f"console: {stack.endpoints.get('console', 'none')}", highlight=False)
            report = run(festival, stack.settings, console, plan, media, time.monotonic() - began)
    except KeyboardInterrupt:
        console.print("stopped before anything was played", highlight=False)
        return 130
    except (ChildError, KafkaException, RedisError, LookupError, OSError) as error:
        console.print(f"[red]the demo could not run:[/] {error}", highlight=False, markup=True)
        keep = True
        return 2
    else:
        keep = keep or bool(report.silent)
    finally:
        if keep:
            console.print(f"data folder: {place}", highlight=False)
        else:
            shutil.rmtree(place, ignore_errors=True)
    report.write(report_path)
    if report.story:
        console.print(story_table(report))
    console.print(short_table(report), f"report: {report_path}")
    for topic in report.silent:
        console.print(f"[red]nothing came on {topic}[/]: is its worker well? See {place}/logs with --keep")
    return 1 if report.silent or report.error else 0


def _festival(console: Console, venue: Venue, evening: Evening, seconds: float | None, data: Path | None) -> Festival:
    """The simulated evening, or one made of the data in a folder."""
    from simulation.real_data import RealData  # noqa: PLC0415
    from simulation.real_evening import RealEvening  # noqa: PLC0415
    from simulation.run import Festival  # noqa: PLC0415
    from simulation.schedule import simulated  # noqa: PLC0415
    from simulation.story import beats_of  # noqa: PLC0415

    if data is None:
        return Festival(
            venue,
            lambda evening, seconds: simulated(evening, venue, seconds),
            evening,
            registry.result_topics(),
            seconds,
            story=beats_of(venue),
        )
    with console.status(f"reading {data} …"):
        real = RealData.read(data)
    for kind, why in real.missing.items():
        console.print(f"[yellow]no {kind}:[/] {why}", highlight=False)
    evenings = RealEvening(real)
    own = evenings.venue(venue, evening)
    planner = partial(_plan_real, evenings, own)
    return Festival(own, planner, evening, real.expected, seconds, "data")


def _plan_real(evenings: RealEvening, venue: Venue, evening: Evening, seconds: float) -> Plan:
    return evenings.plan(evening, venue, seconds)


def _new_folder(parent: Path) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="evening-", dir=parent))


def _say(console: Console, status: Status, text: str) -> None:
    """Progress as a spinner in a terminal, as lines elsewhere."""
    if console.is_terminal:
        status.update(f"starting: {text}")
    else:
        console.print(f"starting: {text}", highlight=False, markup=False)


def short_table(report: Report) -> Table:
    """The report in a few lines."""
    table = Table("input", "events in", "results out", "p50", "p99", "dead", title="What flowed")
    for topic, part in report.topics.items():
        answers = part["results_out"] or {"": None}
        for number, (answer, out) in enumerate(answers.items()):
            delay = part["seconds_to_result"].get(answer, {})
            first = (topic, str(part["events_in"])) if number == 0 else ("", "")
            dead = str(part["dead_letters"]) if number == 0 else ""
            results = f"{answer} {out}" if out is not None else ""
            table.add_row(*first, results, _seconds(delay.get("p50")), _seconds(delay.get("p99")), dead)
    table.add_section()
    for rule, part in report.alerts["by_rule"].items():
        delay = part["seconds_from_event"]
        table.add_row("alert", rule, f"raised {part['raised']}", _seconds(delay["p50"]), _seconds(delay["p99"]), "")
    prometheus = report.prometheus
    told = prometheus.get("error") or (
        f"{prometheus['series']} series, {prometheus['targets_up']} of {prometheus['targets']} targets up"
    )
    table.add_row("prometheus", "", told, "", "", "")
    return table


def story_table(report: Report) -> Table:
    """What happened and what answered it."""
    table = Table("at", "what happened", "told", "after", "to", title="The evening")
    for beat in report.story:
        told = [answer["rule"] for answer in beat["answers"]] or ["as expected" if beat["as_expected"] else ""]
        missing = len(beat["expected"]) - len(beat["answers"])
        after = [f"{answer['minutes_after']:z.0f} min" for answer in beat["answers"]]
        to = [", ".join(answer["audience"]) for answer in beat["answers"]]
        if missing > 0 or not beat["as_expected"]:
            told.append(f"[red]{missing} missing[/]" if missing > 0 else "[red]not as expected[/]")
        table.add_row(beat["at"], beat["en"], "\n".join(told), "\n".join(after), "\n".join(to))
    return table


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"
