"""`pulso evaluate KIND DATA`: measure a model on one's own labelled data."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from processors.gate import failures, read_gate

commands = typer.Typer(help="Measure a model on labelled data of your own.", no_args_is_help=True)

Reported = Callable[[int, int], None]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else.")]
GateFile = Annotated[
    Path | None, typer.Option("--gate", exists=True, dir_okay=False, help="Limits; exit 1 when a figure fails.")
]


def data(kind: str) -> Any:
    """The DATA argument, with help that names the format."""
    return typer.Argument(exists=True, help=kind)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="evaluate")


def measure(name: str, work: Callable[[Reported], dict[str, Any]], as_json: bool, gate: Path | None) -> None:
    """Run one evaluation with progress on standard error, print the report, and hold it against the gate."""
    errors = Console(stderr=True)
    limits = read_gate(gate) if gate else None
    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=errors) as progress:
            task = progress.add_task(name, total=None)
            report = work(lambda done, total: progress.update(task, completed=done, total=total))
    except (ValueError, OSError, RuntimeError) as error:
        errors.print(f"[red]{name}[/]: {error}", highlight=False)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps(report, allow_nan=False))
    else:
        Console().print(as_table(report))
    failed = failures(report, limits) if limits else []
    for failure in failed:
        errors.print(f"[red]gate:[/] {failure}", highlight=False)
    if failed:
        raise typer.Exit(1)


def as_table(report: dict[str, Any]) -> Table:
    """Figures by dotted name."""
    table = Table("figure", "value")

    def rows(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                rows(f"{prefix}.{name}" if prefix else str(name), inner)
        else:
            table.add_row(prefix, f"{value:.4g}" if isinstance(value, float) else str(value))

    rows("", report)
    return table


# The evaluations import models and libraries that take seconds to load, so each command imports its own.


@commands.command()
def crowd(
    folder: Annotated[Path, data("Folder of pictures with a heads.json.")], as_json: Json = False, gate: GateFile = None
) -> None:
    """Heads in pictures: MAE, RMSE, seconds a picture."""
    from processors.vision.crowd_evaluation import evaluate  # noqa: PLC0415
    from processors.vision.density import CrowdCounter  # noqa: PLC0415

    measure("crowd", lambda progress: evaluate(folder, counter=CrowdCounter.load(), progress=progress), as_json, gate)


@commands.command()
def violence(
    clips: Annotated[Path, data("JSON lines: clip, label (fight or normal), source, set.")],
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Fights in clips: accuracy, AUC, false alarms an hour."""
    from processors.vision.violence import ViolenceScorer  # noqa: PLC0415
    from processors.vision.violence_evaluation import evaluate  # noqa: PLC0415

    measure(
        "violence", lambda progress: evaluate(clips, scorer=ViolenceScorer.load(), progress=progress), as_json, gate
    )


@commands.command()
def demand(
    sales: Annotated[Path, data("CSV: time,bar,product,quantity,unit_price, or the layouts that docs/data.md lists.")],
    score_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Score from this day on; before, only learn.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="bar or product; left out, the whole file is one series.")] = None,
    horizon_minutes: Annotated[int, typer.Option(min=1, help="How far ahead.")] = 60,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Sales ahead of time, predicted and then learnt: WAPE, MASE, pinball, coverage, beside baselines."""
    from processors.bars.evaluation import evaluate  # noqa: PLC0415

    if by not in (None, "bar", "product"):
        raise typer.BadParameter("--by is bar or product")
    measure(
        "demand",
        lambda progress: evaluate(
            sales,
            score_from=score_from.date() if score_from else None,
            by=cast(Literal["bar", "product"] | None, by),
            horizon_minutes=horizon_minutes,
            progress=progress,
        ),
        as_json,
        gate,
    )


@commands.command()
def support(
    file: Annotated[Path, data("CSV or JSON lines: text or subject+body; topic or intent; optional lang, priority.")],
    topics: Annotated[Path | None, typer.Option(exists=True, help="YAML {topic: [example, …]}.")] = None,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Mail in its order of arrival: clusters, topics by example, languages and priorities where they are labelled."""
    from processors.support.encoder import Encoder  # noqa: PLC0415
    from processors.support.evaluation import evaluate  # noqa: PLC0415
    from processors.support.requests import Requests  # noqa: PLC0415

    def work(progress: Reported) -> dict[str, Any]:
        return evaluate(file, topics=topics, requests=Requests.load(Encoder.load()), progress=progress)

    measure("support", work, as_json, gate)


@commands.command()
def mood(clips: Annotated[Path, data("CSV: file, mood.")], as_json: Json = False, gate: GateFile = None) -> None:
    """Mood of music: accuracy, macro-F1, per class."""
    from processors.music.evaluation import evaluate_mood  # noqa: PLC0415
    from processors.music.tagger import Tagger  # noqa: PLC0415

    measure("mood", lambda progress: evaluate_mood(clips, tagger=Tagger.load(), progress=progress), as_json, gate)


@commands.command()
def genre(
    clips: Annotated[Path, data("CSV: file, genre.")],
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Genre of music: accuracy, macro-F1, per class."""
    from processors.music.evaluation import evaluate_genre  # noqa: PLC0415
    from processors.music.tagger import Tagger  # noqa: PLC0415

    measure("genre", lambda progress: evaluate_genre(clips, tagger=Tagger.load(), progress=progress), as_json, gate)
