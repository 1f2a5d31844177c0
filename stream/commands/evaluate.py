"""`pulso evaluate KIND DATA`: measure a model on one's own labelled data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from processors.gate import failures, read_gate
from schemas.venue_faults import Faults
from stream.settings import Settings
from stream.venue_file import read_venue

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
        for title, rows in report.items():
            if isinstance(rows, list):
                Console().print(title, as_rows(rows))
    failed = failures(report, limits) if limits else []
    for failure in failed:
        errors.print(f"[red]gate:[/] {failure}", highlight=False)
    if failed:
        raise typer.Exit(1)


def as_table(report: dict[str, Any]) -> Table:
    """Figures by dotted name."""
    table = Table("figure", "value")
    for name, value in flat(report):
        if isinstance(value, list):
            continue  # a curve, which has a table of its own
        table.add_row(name, f"{value:.4g}" if isinstance(value, float) else str(value))
    return table


def as_rows(rows: list[dict[str, Any]]) -> Table:
    """A list of figures of the same names, a row each."""
    table = Table(*(Column(name, overflow="fold") for name in (rows[0] if rows else ())))
    for row in rows:
        table.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values()))
    return table


def flat(report: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Figures by dotted name.

    >>> list(flat({"accuracy": 0.5, "per_class": {"sad": {"f1": 0.4}}}))
    [('accuracy', 0.5), ('per_class.sad.f1', 0.4)]
    """
    for name, value in report.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


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
def faults(
    folder: Annotated[Path, data("Folder of good pictures (JPEG or PNG), best of your own cameras.")],
    camera: Annotated[str | None, typer.Option(help="With the venue file's thresholds for this camera.")] = None,
    seed: Annotated[int, typer.Option(help="Of the faults that are put on them.")] = 0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Blind cameras: each fault put on each picture; share of faults missed and of good pictures refused."""
    from processors.vision.fault_evaluation import evaluate  # noqa: PLC0415

    thresholds = _thresholds(camera) if camera else None
    measure(
        "faults",
        lambda progress: evaluate(folder, settings=thresholds, seed=seed, progress=progress),
        as_json,
        gate,
    )


def _thresholds(camera: str) -> Faults:
    venue = read_venue(Settings().venue)
    for one in venue.cameras:
        if one.id == camera:
            return one.faults or venue.crowd.faults
    known = ", ".join(one.id for one in venue.cameras) or "none"
    raise typer.BadParameter(f"the venue file has no camera {camera!r}; it has {known}", param_hint="--camera")


@commands.command()
def gates(
    folder: Annotated[Path, data("Folder of pictures with a heads.json.")],
    seed: Annotated[int, typer.Option(help="Of the noise and small movements of a live view.")] = 0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """People over a gate line: real pictures that glide past it, so that who crosses is known head by head."""
    from processors.vision.density import CrowdCounter  # noqa: PLC0415
    from processors.vision.gate_evaluation import evaluate  # noqa: PLC0415

    measure(
        "gates",
        lambda progress: evaluate(folder, counter=CrowdCounter.load(), seed=seed, progress=progress),
        as_json,
        gate,
    )


@commands.command()
def occupancy(
    counts: Annotated[
        Path | None, typer.Argument(exists=True, help="CSV: time,zone,persons[,inflow]; left out, evenings are drawn.")
    ] = None,
    limit: Annotated[
        float | None, typer.Option(min=1, help="People that must not be reached; else 90 % of the time are below.")
    ] = None,
    lead_minutes: Annotated[float, typer.Option(min=0.5, max=15, help="What staff need to act.")] = 5,
    seed: Annotated[int, typer.Option(help="Of drawn evenings.")] = 0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Forecasts of a zone 1, 5 and 15 minutes ahead: MAE, coverage, and how often alarms before a limit were right."""
    from processors.vision.forecast_evaluation import evaluate  # noqa: PLC0415

    measure(
        "occupancy",
        lambda progress: evaluate(counts, limit=limit, lead_minutes=lead_minutes, seed=seed, progress=progress),
        as_json,
        gate,
    )


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
def stampede(
    sequences: Annotated[int, typer.Option(min=1, help="Rendered scenes of each kind.")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="Of what is rendered.")] = 0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Rendered crowds that run together, run apart, or are calm: share told, delay, false alarms."""
    from processors.vision.density import CrowdCounter  # noqa: PLC0415
    from processors.vision.violence import ViolenceScorer  # noqa: PLC0415
    from stream.demo.street_evaluation import evaluate  # noqa: PLC0415
    from stream.settings import ROOT  # noqa: PLC0415
    from stream.venue_file import read_venue  # noqa: PLC0415

    def work(progress: Reported) -> dict[str, Any]:
        venue, counter, scorer = (
            read_venue(ROOT / "deploy/venues/demo.yaml"),
            CrowdCounter.load(),
            ViolenceScorer.load(),
        )
        return evaluate(venue, counter=counter, scorer=scorer, number=sequences, seed=seed, progress=progress)

    measure("stampede", work, as_json, gate)


@commands.command()
def demand(
    sales: Annotated[Path, data("CSV: time,bar,product,quantity,unit_price, or the layouts that docs/data.md lists.")],
    score_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Score from this day on; before, only learn.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="bar or product; left out, the whole file is one series.")] = None,
    horizon_minutes: Annotated[int, typer.Option(min=1, help="How far ahead.")] = 60,
    hours: Annotated[
        str | None, typer.Option(help="Hours of the day that count, 17-21 for 17:00 to 21:59; left out, all open ones.")
    ] = None,
    newcomers: Annotated[
        bool, typer.Option("--newcomers", help="Instead, the first hours of products and bars whose past is withheld.")
    ] = False,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Sales ahead of time, predicted and then learnt: WAPE, MASE, pinball, coverage, beside baselines."""
    from processors.bars.evaluation import evaluate  # noqa: PLC0415
    from processors.bars.newcomer_evaluation import evaluate as evaluate_newcomers  # noqa: PLC0415

    if newcomers:
        measure("newcomers", lambda progress: evaluate_newcomers(sales, progress=progress), as_json, gate)
        return

    if by not in (None, "bar", "product"):
        raise typer.BadParameter("--by is bar or product")
    counted = None
    if hours is not None:
        found = re.fullmatch(r"([01]?\d|2[0-3])-([01]?\d|2[0-3])", hours)
        if found is None or int(found[1]) > int(found[2]):
            raise typer.BadParameter("--hours is a first and a last hour of one day, as in 17-21")
        counted = int(found[1]), int(found[2])
    measure(
        "demand",
        lambda progress: evaluate(
            sales,
            score_from=score_from.date() if score_from else None,
            by=cast(Literal["bar", "product"] | None, by),
            horizon_minutes=horizon_minutes,
            hours=counted,
            progress=progress,
        ),
        as_json,
        gate,
    )


@commands.command()
def restock(
    orders: Annotated[Path, data("CSV of orders to the minute, with an order_id, as docs/data.md describes.")],
    score_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Play the evenings from this day on; before, learn.")
    ] = None,
    products: Annotated[int, typer.Option(min=1, help="The most sold ones are what the bar sells.")] = 20,
    weeks: Annotated[int, typer.Option(min=1, help="Weeks whose evenings are laid over each other.")] = 4,
    shelf: Annotated[float, typer.Option(min=0.05, max=5, help="Room, as a share of a mean evening's sales.")] = 0.5,
    lead_minutes: Annotated[float, typer.Option(min=1, help="From the call to the delivery.")] = 30,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Restock notices on real evenings, beside fixed reorder points and none: lost sales, stock-outs, trips."""
    from processors.bars.restock_evaluation import Setting, evaluate  # noqa: PLC0415

    setting = Setting(products=products, weeks=weeks, shelf=shelf, lead_minutes=lead_minutes)
    first = score_from.date() if score_from else None
    measure(
        "restock",
        lambda progress: evaluate(orders, setting, score_from=first, progress=progress),
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
    from processors.support.sentence_transformer import meaning_of  # noqa: PLC0415
    from stream.settings import Settings  # noqa: PLC0415

    def work(progress: Reported) -> dict[str, Any]:
        requests = Requests.load(Encoder.load(), meaning=meaning_of(Settings().encoder))
        return evaluate(file, topics=topics, requests=requests, progress=progress)

    measure("support", work, as_json, gate)


@commands.command()
def sentiment(
    posts: Annotated[Path, data("CSV: text, sentiment (negative, neutral, positive; or TASS's N, NEU, NONE, P).")],
    last: Annotated[
        float, typer.Option(min=0, max=1, help="Only this last part, by the column created where there is one.")
    ] = 1.0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """How posts sound: accuracy, macro-F1, per class; for Spanish, what is published for TASS stands beside it."""
    from processors.support.encoder import Encoder  # noqa: PLC0415
    from processors.support.sentiment import Sentiment  # noqa: PLC0415
    from processors.support.sentiment_evaluation import evaluate  # noqa: PLC0415

    encoder = Encoder.load()
    measure(
        "sentiment",
        lambda progress: evaluate(posts, encoder, Sentiment.load(encoder), last=last, progress=progress),
        as_json,
        gate,
    )


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
