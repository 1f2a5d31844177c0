"""Command `python -m bench`: start a stack of its own, run the benchmarks, print the tables, stop everything.

Names for `--only` (and `make bench ONLY=…`):

- tickets: tickets per second through the bars worker, against Quix Streams and a plain consumer loop;
- frames: frames per second through the vision worker, against a bare loop with the same models;
- cameras: 1, 8 and 32 live cameras at 8 frames per second, with the share of dropped frames;
- pages: alert steps per second to open console pages, against a bare loop over sockets;
- mails: mails per second through the support worker, against a bare loop of the encoder;
- music: fragments per second of the music tagger, against librosa's plain features;
- recommend: lists per second for new listeners, against implicit alone;
- itinerary: plans per second, against OR-Tools CP-SAT with equal optimum;
- routes: searches per second on a map, against networkx;
- assistant: answers per second and their delay at five questions a second, on one core, against the bare encoder;
- translation: captions translated a second and their chrF, against apertium;
- series: cost of a ticket line as the number of demand series grows;
- many: cost of a frame and memory as the number of cameras grows;
- desk: cost of filing a mail as the number of mails grows;
- alerts: seconds from event to alert at 10, 50 and 90 % of each worker's capacity;
- pair: processor time per event with one and with two workers of a group.
"""

from __future__ import annotations

import stream.runtime.process_limits  # noqa: F401 - before anything that loads a library

# isort: split

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import (
    alert_latency,
    alert_loads,
    assistant_answers,
    camera_scaling,
    caption_translation,
    desk_scaling,
    frame_throughput,
    itinerary_planning,
    live_cameras,
    mail_throughput,
    music_throughput,
    page_updates,
    recommendation_lists,
    route_search,
    series_scaling,
    ticket_throughput,
    worker_pair,
)
from bench.alert_delays import AlertDelay
from bench.comparison_table import ComparisonRow, comparison_table, delays_table, machine_info, write_json
from bench.reference_job import VENV, install_peer, peer_is_installed
from bench.report_page import ReportPart, new_part, write_page
from bench.run_result import BenchError
from stream.features import registry
from stream.local import ChildError, LocalStack

VENUE = Path(__file__).resolve().parent / "venue.yaml"
WORKER_BY_BENCHMARK = {"tickets": "bars", "frames": "vision", "cameras": "vision", "pages": None, "mails": "support"}
"""Worker that each benchmark measures; None for the console."""
WHOLE_STACK_BENCHMARKS = ("alerts", "pair")
"""Benchmarks that run on a stack with all workers."""
ADVICE_BENCHMARKS: Mapping[str, Callable[..., list[ComparisonRow]]] = {
    "recommend": recommendation_lists.measure,
    "itinerary": itinerary_planning.measure,
    "routes": route_search.measure,
    "assistant": assistant_answers.measure,
    "translation": caption_translation.measure,
}
"""Benchmarks of what attendees are advised and read, without a stack."""
BENCHMARK_NAMES = (
    *WORKER_BY_BENCHMARK,
    "music",
    *ADVICE_BENCHMARKS,
    "series",
    "many",
    "desk",
    *WHOLE_STACK_BENCHMARKS,
)
"""All benchmarks in the order of running; those from music to desk measure the computation without a worker."""
PEER_BENCHMARKS = ("tickets", "itinerary")
"""Benchmarks beside a package of .venv-bench."""

BenchOutput = tuple[list[ComparisonRow], list[AlertDelay]]


def main(
    quick: Annotated[
        bool, typer.Option("--quick", help="Use a tenth of the events, to check that everything runs; not for figures.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="File that the rows are written to as JSON.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Run only these: {', '.join(BENCHMARK_NAMES)}; may be repeated.")
    ] = None,
    peer: Annotated[
        bool,
        typer.Option(help="Compare with Quix Streams and OR-Tools, which are installed in .venv-bench on first use."),
    ] = True,
    report: Annotated[
        Path | None, typer.Option(help="Folder for benchmarks.md and benchmarks.json; parts that are not run are kept.")
    ] = None,
) -> None:
    """Measure the workers against references in the same run; a wrong total fails."""
    if unknown := sorted(set(only or ()) - set(BENCHMARK_NAMES)):
        raise typer.BadParameter(
            f"{', '.join(unknown)} is not a valid benchmark; choose from {', '.join(BENCHMARK_NAMES)}"
        )
    names = [name for name in BENCHMARK_NAMES if not only or name in only]
    stderr_console = Console(stderr=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the `with` blocks stop every child
    parts: dict[str, ReportPart] = {}
    try:
        if peer and set(PEER_BENCHMARKS) & set(names) and not peer_is_installed():
            stderr_console.print(f"installing Quix Streams and OR-Tools into {VENV.name} …")
            install_peer()
        start = time.monotonic()
        for name, (rows, delays) in measure(names, quick=quick, peer=peer, console=stderr_console):
            parts[name] = new_part(rows, delays, seconds=time.monotonic() - start, quick=quick)
            if report is not None:  # at once, so that a run that fails later keeps its results
                write_page(report, {name: parts[name]})
            start = time.monotonic()
    except (BenchError, ChildError) as error:
        stderr_console.print(f"[red]bench:[/red] {error}", highlight=False)
        raise typer.Exit(1) from error
    machine = machine_info()
    rows = [row for part in parts.values() for row in part.rows]
    delays = [delay for part in parts.values() for delay in part.delays]
    stdout_console = Console(width=None if sys.stdout.isatty() else 150)
    if rows:
        stdout_console.print(comparison_table(rows, machine))
    if delays:
        stdout_console.print(delays_table(delays))
    if json is not None:
        write_json(json, rows, machine, quick=quick, delays=delays)


def measure(names: list[str], *, quick: bool, peer: bool, console: Console) -> Iterator[tuple[str, BenchOutput]]:
    """Run the named benchmarks one after the other.

    Raises:
        BenchError: a benchmark failed, or a total is wrong.
        ChildError: Kafka, Redis or a worker did not start.
    """
    for name in ("PULSO_KAFKA", "PULSO_REDIS", "PULSO_PROMETHEUS"):
        # A benchmark fills topics with generated tickets: never in a broker that is in use.
        if os.environ.pop(name, None):
            console.print(f"{name} is set but ignored: the benchmark starts its own servers")
    divisor = 10 if quick else 1

    def announce(text: str) -> None:
        console.print(text, highlight=False)

    single_worker_names = [name for name in names if name in WORKER_BY_BENCHMARK]
    if single_worker_names:
        workers = sorted({worker for name in single_worker_names if (worker := WORKER_BY_BENCHMARK[name])})
        with (
            _stack(VENUE, workers, console, with_console="pages" in names) as stack,
            _progress(console) as progress,
        ):
            for worker in workers:  # idle workers would still use some processor time
                stack.halt(worker)
            for name in single_worker_names:
                yield name, (_with_worker(name, stack, progress, divisor=divisor, peer=peer), [])
    if "music" in names:
        yield "music", (_music(quick=quick, console=console), [])
    for name, advice in ADVICE_BENCHMARKS.items():
        if name in names and (peer or name not in PEER_BENCHMARKS):
            yield name, (advice(divisor=divisor, announce=announce), [])
    if "series" in names:
        yield "series", (series_scaling.measure(divisor=divisor, announce=announce), [])
    if "many" in names:
        with tempfile.TemporaryDirectory(prefix="pulso-bench-") as folder:
            yield "many", (camera_scaling.measure(Path(folder), divisor=divisor, announce=announce), [])
    if "desk" in names:
        yield "desk", (desk_scaling.measure(divisor=divisor, announce=announce), [])
    yield from _with_whole_stack(names, divisor=divisor, announce=announce, console=console)


def _with_whole_stack(
    names: list[str], *, divisor: int, announce: Callable[[str], None], console: Console
) -> Iterator[tuple[str, BenchOutput]]:
    if not set(names) & set(WHOLE_STACK_BENCHMARKS):
        return
    with tempfile.TemporaryDirectory(prefix="pulso-bench-") as folder:
        venue = Path(folder) / "venue.yaml"
        text = yaml.safe_dump(alert_loads.bench_venue().model_dump(mode="json", exclude_defaults=True))
        venue.write_text(text, encoding="utf-8")
        with _stack(venue, list(registry.workers()), console) as stack:
            announce("making pictures, sound and mails")
            loads = alert_loads.every_load()
            if "alerts" in names:
                yield (
                    "alerts",
                    ([], alert_latency.measure(stack, loads, divisor=min(divisor, 4), announce=announce)),
                )
            if "pair" in names:
                yield "pair", (worker_pair.measure(stack, loads, divisor=divisor, announce=announce), [])


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
            progress=lambda text: console.print(f"stack: {text}", highlight=False, markup=False),
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


def _with_worker(name: str, stack: LocalStack, progress: Progress, *, divisor: int, peer: bool) -> list[ComparisonRow]:
    if name == "tickets":
        announce, on_progress = _progress_callbacks(progress, ticket_throughput.NUM_TICKETS // divisor)
        return ticket_throughput.measure(
            stack,
            venue=VENUE,
            number=ticket_throughput.NUM_TICKETS // divisor,
            peer=peer,
            announce=announce,
            on_progress=on_progress,
        )
    if name == "frames":
        announce, on_progress = _progress_callbacks(progress, frame_throughput.NUM_FRAMES // divisor)
        return frame_throughput.measure(
            stack, number=frame_throughput.NUM_FRAMES // divisor, announce=announce, on_progress=on_progress
        )
    if name == "cameras":
        announce, _ = _progress_callbacks(progress, 1)
        return live_cameras.measure(stack, divisor=min(divisor, 3), announce=announce)
    if name == "pages":
        announce, on_progress = _progress_callbacks(progress, page_updates.NUM_STEPS // divisor)
        return page_updates.measure(
            stack, number=page_updates.NUM_STEPS // divisor, announce=announce, on_progress=on_progress
        )
    announce, on_progress = _progress_callbacks(progress, mail_throughput.NUM_MAILS // divisor)
    return mail_throughput.measure(
        stack, number=mail_throughput.NUM_MAILS // divisor, announce=announce, on_progress=on_progress
    )


def _music(*, quick: bool, console: Console) -> list[ComparisonRow]:
    with tempfile.TemporaryDirectory(prefix="pulso-bench-") as folder, Progress(console=console) as progress:
        number = music_throughput.NUM_FRAGMENTS // (10 if quick else 1)
        announce, on_progress = _progress_callbacks(progress, number)
        return music_throughput.measure(Path(folder), number=number, announce=announce, on_progress=on_progress)


def _progress_callbacks(progress: Progress, number: int) -> tuple[Callable[[str], None], Callable[[int], None]]:
    """Return a callback that announces a step, and one that moves its progress bar."""
    task = progress.add_task("", total=number)

    def announce(text: str) -> None:
        progress.reset(task, description=text, total=number)
        progress.console.print(text, highlight=False)

    return announce, lambda done: progress.update(task, completed=done)


if __name__ == "__main__":
    typer.run(main)
