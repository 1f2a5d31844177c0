"""`python -m bench`: start a broker and workers of its own, measure, print the table, stop everything."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import cameras, frames, live, mails, music, pages, series, tickets
from bench.job import VENV, install_peer, peer_is_installed
from bench.measured import BenchError
from bench.table import Row, machine, table, write_json
from stream.local import ChildError, LocalStack

VENUE = Path(__file__).resolve().parent / "venue.yaml"
WORKERS = {"tickets": "bars", "frames": "vision", "cameras": "vision", "mails": "support", "pages": None}
"""which worker each bench measures; the pages are the console's"""
BENCHES = (*WORKERS, "music", "series", "many")
"""music, series and many (cameras) are measured without a worker: what they compute is what grows"""


def main(
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the events: does it run, not how fast.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write the rows to this file too.")] = None,
    only: Annotated[str | None, typer.Option(help=f"One of {', '.join(BENCHES)}.")] = None,
    peer: Annotated[bool, typer.Option(help="Compare with Quix Streams, which .venv-bench gets on first use.")] = True,
) -> None:
    """Measure the workers beside a peer or the bare limit; a wrong total fails."""
    if only is not None and only not in BENCHES:
        raise typer.BadParameter(f"no bench is called {only!r}; there are {', '.join(BENCHES)}")
    names = [only] if only else list(BENCHES)
    notes = Console(stderr=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `with` stops what was started
    try:
        if peer and "tickets" in names and not peer_is_installed():
            notes.print(f"installing Quix Streams into {VENV.name} …")
            install_peer()
        with_workers = [name for name in names if name in WORKERS]
        rows = measure(with_workers, quick=quick, peer=peer, console=notes) if with_workers else []
        if "music" in names:
            rows += _music(quick=quick, console=notes)
        if "series" in names:
            rows += series.measure(share=10 if quick else 1, say=lambda text: notes.print(text, highlight=False))
        if "many" in names:
            with tempfile.TemporaryDirectory(prefix="pulso-bench-") as folder:
                rows += cameras.measure(
                    Path(folder), share=10 if quick else 1, say=lambda text: notes.print(text, highlight=False)
                )
    except (BenchError, ChildError) as error:
        notes.print(f"[red]bench:[/red] {error}", highlight=False)
        raise typer.Exit(1) from error
    around = machine()
    Console(width=None if sys.stdout.isatty() else 150).print(table(rows, around))
    if json is not None:
        write_json(json, rows, around, quick=quick)


def measure(names: list[str], *, quick: bool, peer: bool, console: Console) -> list[Row]:
    """Run the named benches on one stack in a folder that is gone afterwards.

    Raises:
        BenchError: something did not run, or a total is wrong.
        ChildError: Kafka, Redis or a worker did not start.
    """
    for name in ("PULSO_KAFKA", "PULSO_REDIS", "PULSO_PROMETHEUS"):
        # A bench fills topics with invented tickets: never in a broker that someone uses.
        if os.environ.pop(name, None):
            console.print(f"{name} is set and left aside: the bench starts its own servers")
    share = 10 if quick else 1
    workers = {worker for name in names if (worker := WORKERS[name])}
    rows: list[Row] = []
    with (
        tempfile.TemporaryDirectory(prefix="pulso-bench-") as folder,
        LocalStack(
            Path(folder),
            venue=VENUE,
            workers=sorted(workers),
            with_prometheus=False,
            with_console="pages" in names,
            progress=lambda text: console.print(f"stack: {text}", highlight=False),
        ) as stack,
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        ) as progress,
    ):
        for worker in workers:  # idle workers would still take their share of the cores
            stack.halt(worker)
        if "tickets" in names:
            say, seen = _following(progress, tickets.NUMBER // share)
            rows += tickets.measure(stack, venue=VENUE, number=tickets.NUMBER // share, peer=peer, say=say, seen=seen)
        if "frames" in names:
            say, seen = _following(progress, frames.NUMBER // share)
            rows += frames.measure(stack, number=frames.NUMBER // share, say=say, seen=seen)
        if "cameras" in names:
            say, _ = _following(progress, 1)
            rows += live.measure(stack, share=min(share, 3), say=say)
        if "pages" in names:
            say, seen = _following(progress, pages.NUMBER // share)
            rows += pages.measure(stack, number=pages.NUMBER // share, say=say, seen=seen)
        if "mails" in names:
            say, seen = _following(progress, mails.NUMBER // share)
            rows += mails.measure(stack, number=mails.NUMBER // share, say=say, seen=seen)
    return rows


def _music(*, quick: bool, console: Console) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="pulso-bench-") as folder, Progress(console=console) as progress:
        number = music.NUMBER // (10 if quick else 1)
        say, seen = _following(progress, number)
        return music.measure(Path(folder), number=number, say=say, seen=seen)


def _following(progress: Progress, number: int) -> tuple[Callable[[str], None], Callable[[int], None]]:
    """What announces a step, and what moves its bar."""
    task = progress.add_task("", total=number)

    def say(text: str) -> None:
        progress.reset(task, description=text, total=number)
        progress.console.print(text, highlight=False)

    return say, lambda done: progress.update(task, completed=done)


if __name__ == "__main__":
    typer.run(main)
