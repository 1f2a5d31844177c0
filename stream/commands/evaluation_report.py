"""What `pulso evaluate` prints: progress, the figures, and the limits that they miss."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from processors.models.metric_limits import failures, read_gate
from stream.commands.errors import command_failed
from stream.commands.tables import folding_table

Reported = Callable[[int, int], None]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else.")]
GateFile = Annotated[
    Path | None, typer.Option("--gate", exists=True, dir_okay=False, help="Limits; exit 1 when a figure fails.")
]


def data(kind: str) -> Any:
    """The DATA argument, with help that names the format."""
    return typer.Argument(exists=True, help=kind)


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
        raise command_failed(f"{name}: {error}") from error
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
    table = folding_table("figure", "value")
    for name, value in flat(report):
        if isinstance(value, list):
            continue  # a curve, which has a table of its own
        table.add_row(name, f"{value:.4g}" if isinstance(value, float) else str(value))
    return table


def as_rows(rows: list[dict[str, Any]]) -> Table:
    """A list of figures of the same names, a row each."""
    table = folding_table(*(rows[0] if rows else ()))
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
