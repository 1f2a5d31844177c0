"""Output of `pulso evaluate`: progress, figures, and the limits that they miss."""

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

ProgressCallback = Callable[[int, int], None]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON object and nothing else to standard output.")]
GateFile = Annotated[
    Path | None,
    typer.Option("--gate", exists=True, dir_okay=False, help="File of limits; exit 1 when a figure misses one."),
]


def data_argument(format_: str) -> Any:
    """Return the argument DATA, with a help text that names the format."""
    return typer.Argument(exists=True, help=format_)


def measure(name: str, work: Callable[[ProgressCallback], dict[str, Any]], as_json: bool, gate: Path | None) -> None:
    """Run an evaluation with progress on standard error, print the report, and check it against the gate.

    Args:
        name: name of the evaluation.
        work: runs it; it is given a function that takes the number of items done and of all.
        as_json: print the report as JSON.
        gate: file of limits.

    Raises:
        typer.Exit: 2 when the data are not valid, 1 when a figure misses its limit.
    """
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
        Console().print(figures_table(report))
        for title, rows in report.items():
            if isinstance(rows, list):
                Console().print(title, rows_table(rows))
    missed = failures(report, limits) if limits else []
    for failure in missed:
        errors.print(f"[red]gate:[/] {failure}", highlight=False)
    if missed:
        raise typer.Exit(1)


def figures_table(report: dict[str, Any]) -> Table:
    """Return a table of the figures by dotted name."""
    table = folding_table("figure", "value")
    for name, value in flatten(report):
        if isinstance(value, list):
            continue  # rows, which have a table of their own
        table.add_row(name, f"{value:.4g}" if isinstance(value, float) else str(value))
    return table


def rows_table(rows: list[dict[str, Any]]) -> Table:
    """Return a table with a row for each item of a list of figures with the same names."""
    table = folding_table(*(rows[0] if rows else ()))
    for row in rows:
        table.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values()))
    return table


def flatten(report: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the figures of nested mappings by dotted name.

    >>> list(flatten({"accuracy": 0.5, "per_class": {"sad": {"f1": 0.4}}}))
    [('accuracy', 0.5), ('per_class.sad.f1', 0.4)]
    """
    for name, value in report.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
