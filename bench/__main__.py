"""`python -m bench`: start servers and workers, measure, print the table, stop everything."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import alerts, cameras, desk, frames, live, loads, mails, music, pages, pair, series, tickets
from bench.delays import Delay
from bench.job import VENV, install_peer, peer_is_installed
from bench.measured import BenchError
from bench.page import Part, part, write_page
from bench.table import Row, delays_table, machine, table, write_json
from stream.features import registry
from stream.local import ChildError, LocalStack

VENUE = Path(__file__).resolve().parent / "venue.yaml"
WORKERS = {"tickets": "bars", "frames": "vision", "cameras": "vision", "pages": None, "mails": "support"}
"""Worker that each benchmark measures; the pages are the console's."""
WHOLE = ("alerts", "pair")
"""Benchmarks that need a stack with all workers."""
BENCHES = (*WORKERS, "music", "series", "many", "desk", *WHOLE)
"""All benchmarks. music, series, many (cameras) and desk run without a worker: they measure the growth of its
computation."""

Found = tuple[list[Row], list[Delay]]


def main(
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the events, to test that it runs.")] = False,
    json: Annotated[Path | None, typer.Option(help="Also write the rows to this file.")] = None,
    only: Annotated[list[str] | None, typer.Option(help=f"Any of {', '.join(BENCHES)}; may be repeated.")] = None,
    peer: Annotated[bool, typer.Option(help="Compare with Quix Streams, which .venv-bench gets on first use.")] = True,
    report: Annotated[
        Path | None, typer.Option(help="Folder that gets benchmarks.md and .json; parts left out stay.")
    ] = None,
) -> None:
    """Measure the workers beside a peer or the bare limit; a wrong total is an error."""
    if unknown := sorted(set(only or ()) - set(BENCHES)):
        raise typer.BadParameter(f"unknown benchmark: {', '.join(unknown)}; choose from {', '.join(BENCHES)}")
    names = [name for name in BENCHES if not only or name in only]
    notes = Console(stderr=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `with` stops what was started
    parts: dict[str, Part] = {}
    try:
        if peer and "tickets" in names and not peer_is_installed():
            notes.print(f"installing Quix Streams into {VENV.name} …")
            install_peer()
        began = time.monotonic()
        for name, (rows, delays) in measure(names, quick=quick, peer=peer, console=notes):
            parts[name] = part(rows, delays, seconds=time.monotonic() - began, quick=quick)
            if report is not None:  # at once, so that a run that fails later leaves what it has
                write_page(report, {name: parts[name]})
            began = time.monotonic()
    except (BenchError, ChildError) as error:
        notes.print(f"[red]bench:[/red] {error}", highlight=False)
        raise typer.Exit(1) from error
    around = machine()
    rows = [row for one in parts.values() for row in one.rows]
    delays = [delay for one in parts.values() for delay in one.delays]
    printed = Console(width=None if sys.stdout.isatty() else 150)
    if rows:
        printed.print(table(rows, around))
    if delays:
        printed.print(delays_table(delays))
    if json is not None:
        write_json(json, rows, around, quick=quick, delays=delays)


def measure(names: list[str], *, quick: bool, peer: bool, console: Console) -> Iterator[tuple[str, Found]]:
    """Run the named benchmarks, one after the other.

    Raises:
        BenchError: something did not run, or a total is wrong.
        ChildError: Kafka, Redis or a worker did not start.
    """
    for name in ("PULSO_KAFKA", "PULSO_REDIS", "PULSO_PROMETHEUS"):
        # A bench fills topics with invented tickets: never in a broker that someone uses.
        if os.environ.pop(name, None):
            console.print(f"{name} is ignored: the benchmark starts its own servers")
    share = 10 if quick else 1

    def say(text: str) -> None:
        console.print(text, highlight=False)

    with_workers = [name for name in names if name in WORKERS]
    if with_workers:
        workers = sorted({worker for name in with_workers if (worker := WORKERS[name])})
        with (
            _stack(VENUE, workers, console, with_console="pages" in names) as stack,
            _progress(console) as progress,
        ):
            for worker in workers:  # idle workers would still take their share of the cores
                stack.halt(worker)
            for name in with_workers:
                yield name, (_with_worker(name, stack, progress, share=share, peer=peer), [])
    if "music" in names:
        yield "music", (_music(quick=quick, console=console), [])
    if "series" in names:
        yield "series", (series.measure(share=share, say=say), [])
    if "many" in names:
        with tempfile.TemporaryDirectory(prefix="pulso-bench-") as folder:
            yield "many", (cameras.measure(Path(folder), share=share, say=say), [])
    if "desk" in names:
        yield "desk", (desk.measure(share=share, say=say), [])
    whole = [name for name in names if name in WHOLE]
    if whole:
        with tempfile.TemporaryDirectory(prefix="pulso-bench-") as folder:
            venue = Path(folder) / "venue.yaml"
            text = yaml.safe_dump(loads.venue().model_dump(mode="json", exclude_defaults=True))
            venue.write_text(text, encoding="utf-8")
            with _stack(venue, list(registry.workers()), console) as stack:
                say("rendering pictures, sound and mails")
                kinds = loads.every_load()
                if "alerts" in names:
                    yield "alerts", ([], alerts.measure(stack, kinds, share=min(share, 4), say=say))
                if "pair" in names:
                    yield "pair", (pair.measure(stack, kinds, share=share, say=say), [])


@contextmanager
def _stack(venue: Path, workers: list[str], console: Console, *, with_console: bool = False) -> Iterator[LocalStack]:
    with (
        tempfile.TemporaryDirectory(prefix="pulso-bench-") as folder,
        LocalStack(
            Path(folder),
            venue=venue,
            workers=workers,
            with_prometheus=False,
            with_console=with_console,
            progress=lambda text: console.print(f"stack: {text}", highlight=False),
        ) as stack,
    ):
        yield stack


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def _with_worker(name: str, stack: LocalStack, progress: Progress, *, share: int, peer: bool) -> list[Row]:
    if name == "tickets":
        say, seen = _following(progress, tickets.NUMBER // share)
        return tickets.measure(stack, venue=VENUE, number=tickets.NUMBER // share, peer=peer, say=say, seen=seen)
    if name == "frames":
        say, seen = _following(progress, frames.NUMBER // share)
        return frames.measure(stack, number=frames.NUMBER // share, say=say, seen=seen)
    if name == "cameras":
        say, _ = _following(progress, 1)
        return live.measure(stack, share=min(share, 3), say=say)
    if name == "pages":
        say, seen = _following(progress, pages.NUMBER // share)
        return pages.measure(stack, number=pages.NUMBER // share, say=say, seen=seen)
    say, seen = _following(progress, mails.NUMBER // share)
    return mails.measure(stack, number=mails.NUMBER // share, say=say, seen=seen)


def _music(*, quick: bool, console: Console) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="pulso-bench-") as folder, Progress(console=console) as progress:
        number = music.NUMBER // (10 if quick else 1)
        say, seen = _following(progress, number)
        return music.measure(Path(folder), number=number, say=say, seen=seen)


def _following(progress: Progress, number: int) -> tuple[Callable[[str], None], Callable[[int], None]]:
    """Return two functions: one announces a step, one moves its progress bar."""
    task = progress.add_task("", total=number)

    def say(text: str) -> None:
        progress.reset(task, description=text, total=number)
        progress.console.print(text, highlight=False)

    return say, lambda done: progress.update(task, completed=done)


if __name__ == "__main__":
    typer.run(main)
