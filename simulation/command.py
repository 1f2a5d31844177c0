"""Command `pulso demo`: a simulated festival evening at high speed on a stack of its own."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml
from confluent_kafka import KafkaException
from redis.exceptions import RedisError
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from schemas.assistant import ASSISTANT_ANSWERS
from schemas.captions import CAPTIONS
from schemas.itinerary import PLANS
from schemas.models import REVIEWS
from schemas.programme import PROGRAMME
from schemas.recommendations import RECOMMENDATIONS
from schemas.routes import PATHS
from schemas.show_stop import SHOW_STOPS
from schemas.sources import SOURCE_STATES
from schemas.topic import Topic
from schemas.venue import Venue
from simulation.stampede_command import stampede
from stream.commands.evaluate import commands as evaluations
from stream.features import registry
from stream.runtime.settings import ROOT, Settings
from stream.runtime.venue_file import read_venue

if TYPE_CHECKING:
    from simulation.demo_report import DemoReport
    from simulation.evening import Evening
    from simulation.run import DemoSetup


def register(app: typer.Typer) -> None:
    """Add `pulso demo` and `pulso evaluate stampede` to the command line."""
    evaluations.command()(stampede)

    @app.command()
    def demo(
        seconds: Annotated[
            float | None,
            typer.Option(help="Duration of the evening in seconds; without it, until Ctrl-C.", min=20),
        ] = None,
        data: Annotated[
            Path | None,
            typer.Option(help="Folder with real photographs, clips, orders, requests and music."),
        ] = None,
        report: Annotated[Path, typer.Option(help="File that the report is written to.")] = Path("demo-report.json"),
        seed: Annotated[int, typer.Option(help="Seed of the simulated evening.", min=0)] = 0,
        folder: Annotated[
            Path | None,
            typer.Option(help="Data folder of the stack; without it, a new one that is removed afterwards."),
        ] = None,
        keep: Annotated[bool, typer.Option("--keep", help="Keep the data folder and print its path.")] = False,
    ) -> None:
        """Start the whole stack, play a festival evening through it, show what happens, and write a report."""
        raise typer.Exit(run_demo(seconds, data, report, seed, folder, keep=keep or folder is not None))


def run_demo(
    seconds: float | None, data: Path | None, report_path: Path, seed: int, folder: Path | None, *, keep: bool
) -> int:
    """Run the demo and return the exit status: 0, 1 if a stream produced no result, 2 if it could not run."""
    # OpenCV, SciPy and the stack are slow to import: other commands need not wait for them.
    from simulation.evening import Evening  # noqa: PLC0415
    from simulation.run import run, start_rendering  # noqa: PLC0415
    from stream.local import ChildError, LocalStack  # noqa: PLC0415

    console, settings = Console(), Settings()
    venue = read_venue(settings.venue)
    setup = _demo_setup(console, venue, Evening(seed=seed), seconds, data)
    timeline = setup.timeline(setup.evening)
    place = folder or _new_folder(settings.data / "demo")
    venue_file = settings.venue
    if setup.venue is not venue:  # the bars sell the products of the data
        venue_file = place / "venue.yaml"
        place.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(setup.venue.model_dump(mode="json"), allow_unicode=True)
        venue_file.write_text(text, encoding="utf-8")
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: every `with` block is left in order
    try:
        # The images and the music are rendered while the servers start.
        with (
            start_rendering(timeline) as media,
            console.status("starting …") as status,
            LocalStack(
                place,
                venue=venue_file,
                open_demo=True,
                environment={"PULSO_FESTIVAL": str(settings.festival or FESTIVAL)},
                progress=lambda text: _print_progress(console, status, text),
            ) as stack,
        ):
            status.stop()
            console.print(f"console: {stack.endpoints.get('console', 'none')}", highlight=False)
            report = run(setup, stack.settings, console, timeline, media, time.monotonic() - began)
    except KeyboardInterrupt:
        console.print("interrupted before playback began", highlight=False)
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
        for text in evidence_lines(report):
            console.print(text, highlight=False, soft_wrap=True, markup=False)
    console.print(summary_table(report), f"report: {report_path}")
    for topic in report.silent:
        console.print(f"[red]no result arrived on {topic}[/]: see the log of its worker in {place}/logs")
    return 1 if report.silent or report.error else 0


_NOT_PLAYED = (SOURCE_STATES, SHOW_STOPS, CAPTIONS, REVIEWS)
"""Results that the evening does not cause: it has no process of sources, nobody who stops the show, no speech on a feed
of its own, and no time in which a model falls due."""

FESTIVAL = ROOT / "deploy" / "festivals" / "demo"
"""Approved answers of the demo's festival; its programme and map are in the venue file."""


def _demo_setup(
    console: Console, venue: Venue, evening: Evening, seconds: float | None, data: Path | None
) -> DemoSetup:
    """Return the setup of the simulated evening, or of one made from the data in a folder."""
    from simulation.real_data import RealData  # noqa: PLC0415
    from simulation.real_evening import RealEvening  # noqa: PLC0415
    from simulation.run import DemoSetup  # noqa: PLC0415
    from simulation.schedule import simulated_timeline  # noqa: PLC0415
    from simulation.story import steps_for_venue  # noqa: PLC0415

    if data is None:
        return DemoSetup(
            venue,
            lambda evening, seconds: simulated_timeline(evening, venue, seconds),
            evening,
            _expected_topics(venue),
            seconds,
            story=steps_for_venue(venue),
        )
    with console.status(f"reading {data} …"):
        real = RealData.read(data)
    for kind, reason in real.missing.items():
        console.print(f"[yellow]no {kind}:[/] {reason}", highlight=False)
    evenings = RealEvening(real)
    own = evenings.venue(venue, evening)
    return DemoSetup(
        own,
        lambda evening, seconds: evenings.timeline(evening, own, seconds),
        evening,
        real.expected,
        seconds,
        "data",
    )


def _expected_topics(venue: Venue) -> tuple[Topic[Any], ...]:
    """Return the topics that must receive results; a venue without a map or a programme has no attendees who plan."""
    attendees = (ASSISTANT_ANSWERS, PLANS, RECOMMENDATIONS)
    played = tuple(topic for topic in registry.result_topics() if topic not in (*_NOT_PLAYED, *attendees))
    has_attendees = venue.section(PATHS).places and venue.section(PROGRAMME).sets
    return (*played, *attendees) if has_attendees else played


def _new_folder(parent: Path) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="evening-", dir=parent))


def _print_progress(console: Console, status: Status, text: str) -> None:
    """Show progress as a spinner in a terminal, as lines elsewhere."""
    if console.is_terminal:
        status.update(f"starting: {escape(text)}")
    else:
        console.print(f"starting: {text}", highlight=False, markup=False)


def summary_table(report: DemoReport) -> Table:
    """Return the report as a short table."""
    table = Table("input", "events in", "results out", "p50", "p99", "dead", title="Events and results")
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
    summary = prometheus.get("error") or (
        f"{prometheus['series']} series, {prometheus['targets_up']} of {prometheus['targets']} targets up"
    )
    table.add_row("prometheus", "", summary, "", "", "")
    return table


def story_table(report: DemoReport) -> Table:
    """Return the table of story steps and the alerts that they raised."""
    table = Table("at", "what happened", "alert", "after", "to", title="The evening")
    for step in report.story:
        alerts = [alert["rule"] for alert in step["answers"]] or ["as expected" if step["as_expected"] else ""]
        missing = len(step["expected"]) - len(step["answers"])
        after = [f"{alert['minutes_after']:z.0f} min" for alert in step["answers"]]
        to = [", ".join(alert["audience"]) for alert in step["answers"]]
        if missing > 0 or not step["as_expected"]:
            alerts.append(f"[red]{missing} missing[/]" if missing > 0 else "[red]not as expected[/]")
        table.add_row(step["at"], step["en"], "\n".join(alerts), "\n".join(after), "\n".join(to))
    return table


def evidence_lines(report: DemoReport) -> list[str]:
    """Return what was measured of the steps about attendees, as lines of text."""
    return [f"{step['at']} {step['facts']['evidence']}" for step in report.story if "evidence" in step["facts"]]


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"
