"""`pulso models`: models in use, promotion of candidates, rollback, feedback and report."""

from __future__ import annotations

import getpass
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from schemas.ids import StageId
from stream.commands.errors import command_failed
from stream.commands.tables import folding_table, print_output
from stream.runtime.settings import NotConnectedError, Settings

if TYPE_CHECKING:
    from processors.models.promotion import MeasuredModel
    from stream.registry.model_store import ModelStore

commands = typer.Typer(help="Models in use, candidates, promotion and rollback.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="crowd, violence, encoder, sentiment, mood, genre or sound.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="models")


@commands.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object and nothing else.")] = False,
) -> None:
    """List every model: the version in use, other versions, and candidates."""
    store = model_store()
    models: dict[str, Any] = {}
    for name in store.names():
        pointer = store.pointer(name)
        card = _card(store.folder(name))
        models[name] = {
            "in_use": pointer.version,
            "hash": card.sha256[:12],
            "version": card.version,
            "date": card.date,
            "versions": store.versions(name),
            "candidates": [path.name for path in store.candidates(name)],
        }
    if as_json:
        typer.echo(json.dumps(models))
        return
    table = folding_table("model", "in use", "version", "date", "other versions", "candidates")
    for name, model in models.items():
        others = ", ".join(version for version in model["versions"] if version != model["in_use"])
        candidates = ", ".join(model["candidates"])
        used = model["hash"] + (" (shipped)" if model["in_use"] == "shipped" else "")
        table.add_row(name, used, model["version"], model["date"], others, candidates)
    print_output(table)
    Console(stderr=True).print(f"put candidates into {store.root}/NAME/candidates/", markup=False, soft_wrap=True)


@commands.command()
def show(
    name: Name,
    version: Annotated[
        str | None, typer.Argument(help="Version as `list` shows it; the one in use if left out.")
    ] = None,
) -> None:
    """Show a model's card, its gate and its history."""
    store = model_store()
    console = Console(soft_wrap=True, highlight=False)
    folder = _existing(store, name, version)
    console.print(f"[bold]{escape(str(folder))}[/]")
    console.print(yaml.safe_dump(_card(folder).model_dump(), sort_keys=False, allow_unicode=True), markup=False)
    gate = store.shipped(name) / "gate.yaml"
    console.print("[bold]gate[/]")
    console.print(
        gate.read_text(encoding="utf-8") if gate.exists() else "none: the model can't be promoted", markup=False
    )
    console.print("[bold]history[/]")
    for step in store.history(name):
        console.print(f"{step.time:%Y-%m-%d %H:%M} {step.what} {step.version} by {step.by}", markup=False)
        for reason in step.why:
            console.print(f"    {reason}", markup=False)


@commands.command()
def promote(
    name: Name,
    candidate: Annotated[str, typer.Argument(help="Name of a candidate, or a folder with model.onnx and card.yaml.")],
    data: Annotated[Path, typer.Option(exists=True, help="Labelled data, as for `pulso evaluate`.")],
) -> None:
    """Measure a candidate and the model in use; promote the candidate if it passes its gate, else exit 1."""
    from stream.registry.promotion import promote as promote_candidate  # noqa: PLC0415

    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    store = model_store()
    try:
        with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=errors) as progress:
            task = progress.add_task(name, total=None)
            result = promote_candidate(
                store,
                name,
                store.candidate(name, candidate),
                data,
                by=getpass.getuser(),
                progress=lambda what, done, total: progress.update(task, description=what, completed=done, total=total),
            )
    except ValueError as error:  # the data are not valid
        raise command_failed(error) from error
    if result.candidate is not None and result.current is not None:
        print_output(_comparison(result.candidate, result.current))
    for reason in result.reasons:
        errors.print(f"rejected: {reason}", style="red", markup=False)
    if result.reasons:
        raise typer.Exit(1)
    errors.print(f"{name} is now version {result.version}; workers load it within seconds", markup=False)


@commands.command()
def rollback(name: Name) -> None:
    """Go back to the previous version; workers load it within seconds."""
    store = model_store()
    store.shipped(name)
    version = store.roll_back(name, by=getpass.getuser())
    Console(stderr=True).print(f"{name} is now version {version}", markup=False, highlight=False)


@commands.command()
def correct(
    name: Annotated[str, typer.Argument(help="mood or genre.")],
    stage: Annotated[str, typer.Argument(help="Stage whose last tags are corrected.")],
    right: Annotated[str, typer.Argument(help="The right label; the model's own label confirms it.")],
) -> None:
    """Correct or confirm the last label of a stage; the report shows the accuracy on this feedback."""
    from stream.registry.feedback import correct as send_correction  # noqa: PLC0415

    feedback = send_correction(Settings().connected(), name, StageId(stage), right, by=getpass.getuser())
    outcome = "confirmed" if feedback.said == feedback.right else f"the model's label was {feedback.said}"
    Console(stderr=True).print(f"{name} of {stage}: {feedback.right}; {outcome}", markup=False, highlight=False)


@commands.command()
def report(
    out: Annotated[Path, typer.Option(dir_okay=False, help="File of the page.")] = Path("model-report.html"),
    days: Annotated[float, typer.Option(min=0.01, help="Days that the report covers.")] = 7,
) -> None:
    """Write an HTML page: figures, changes, feedback, latency, confidence and drift of the last days."""
    from stream.registry.report import collect_report  # noqa: PLC0415
    from stream.registry.report_page import render_report  # noqa: PLC0415

    settings = Settings()
    with suppress(NotConnectedError):  # the page then names what could not be queried
        settings = settings.connected()
    out.write_text(render_report(collect_report(settings, model_store(), days=days)), encoding="utf-8")
    Console(stderr=True).print(str(out), markup=False, highlight=False, soft_wrap=True)


def _comparison(candidate: MeasuredModel, current: MeasuredModel) -> Table:
    """Return a table of the numeric figures of both."""
    from stream.commands.evaluation_report import flatten  # noqa: PLC0415

    table = folding_table("figure", "candidate", "in use")
    old = dict(flatten(current.report))
    for figure, value in flatten(candidate.report):
        if isinstance(value, int | float):
            before = old.get(figure)
            table.add_row(figure, f"{value:.4g}", f"{before:.4g}" if isinstance(before, int | float) else "")
    return table


def model_store() -> ModelStore:
    """Return the model store of the settings, as it is now."""
    from stream.registry.model_store import open_model_store  # noqa: PLC0415

    store = open_model_store(Settings())
    store.refresh(store.names())
    if store.problem:
        Console(stderr=True, soft_wrap=True, highlight=False).print(
            f"the model store can't be read; this is what this machine had last: {store.problem}", markup=False
        )
    return store


def _existing(store: ModelStore, name: str, version: str | None) -> Path:
    store.shipped(name)
    if version is None or version in store.versions(name):
        return store.folder(name, version)
    return store.candidate(name, version)


def _card(folder: Path) -> Any:
    from processors.models.inference import read_card  # noqa: PLC0415

    return read_card(folder)
