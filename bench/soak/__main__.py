"""Command `python -m bench.soak`: a stack of its own under steady load for hours, with samples and a report."""

from __future__ import annotations

import stream.runtime.process_limits  # noqa: F401 - before anything that loads a library

# isort: split

import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import yaml
from confluent_kafka import KafkaException
from rich.console import Console

from bench.comparison_table import machine_info
from bench.soak.latency_listener import LatencyListener, OpenPages
from bench.soak.load_senders import INVALID_EVERY, LoadSenders
from bench.soak.report import write_report
from bench.soak.sample_log import RunInfo, SampleLog
from bench.soak.sampling import Sampler, SampleValue
from bench.soak.soak_load import SoakLoad, bar_name
from bench.soak.soak_media import render_media
from stream.local import ChildError, LocalStack
from stream.runtime.producer import EventProducer, NotDeliveredError
from stream.runtime.settings import ROOT

SAMPLE_INTERVAL_SECONDS = 15.0
NUM_PAGES = 4
DRAIN_TIMEOUT_SECONDS = 60.0
"""Maximum time in seconds to wait for the last results."""

Share = Annotated[float | None, typer.Option(min=0.001, max=10, help="Share for this kind, if it differs.")]


def main(
    minutes: Annotated[float, typer.Option(min=0.1, help="Duration in minutes.")] = 120,
    scale: Annotated[float, typer.Option(min=0.001, max=10, help="Share of three large festivals.")] = 0.02,
    cameras: Share = None,
    tills: Share = None,
    mails: Share = None,
    stages: Share = None,
    every: Annotated[float, typer.Option(min=1, help="Seconds between two samples.")] = SAMPLE_INTERVAL_SECONDS,
    record: Annotated[Path, typer.Option(help="Folder of the samples.")] = Path(".pulso/soak"),
    report: Annotated[Path, typer.Option(help="Folder for soak.md and its plots.")] = ROOT / "docs",
    again: Annotated[bool, typer.Option("--report-only", help="Only write the report of a recorded run.")] = False,
) -> None:
    """Run until the duration is over, or SIGTERM or Ctrl-C; the report is written in any case."""
    console = Console(stderr=True)
    stop = threading.Event()
    if not again:
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: stop.set())
        load = SoakLoad.scaled(cameras or scale, tills or scale, mails or scale, stages or scale)
        try:
            soak(load, minutes, every, record, stop, console)
        except (ChildError, KafkaException, NotDeliveredError, OSError) as error:
            console.print(f"[red]soak:[/] {error}", highlight=False)
            raise typer.Exit(2) from error
    try:
        passed = write_report(record, report)
    except FileNotFoundError as error:
        console.print(f"[red]soak:[/] {record} has no recorded run: {error}", highlight=False)
        raise typer.Exit(2) from error
    console.print(f"report: {report / 'soak.md'}", highlight=False)
    raise typer.Exit(0 if passed else 1)


def soak(load: SoakLoad, minutes: float, every: float, record: Path, stop: threading.Event, console: Console) -> None:
    """Start a stack, send the load, take samples, and wait for the last results.

    Raises:
        ChildError: a process did not start.
        KafkaException: the broker cannot be reached.
    """
    for name in ("PULSO_KAFKA", "PULSO_REDIS", "PULSO_PROMETHEUS"):
        # A soak fills topics with generated events: never in a broker that is in use.
        os.environ.pop(name, None)
    run_info = RunInfo(
        began=datetime.now(UTC).isoformat(timespec="seconds"), minutes=minutes, every_seconds=every,
        shares=load.shares, rates=load.rates, spoilt=dict(INVALID_EVERY), pages=NUM_PAGES, machine=machine_info(),
        numbers={"cameras": load.cameras, "tills": load.tills, "mails": load.mails_a_minute, "stages": load.stages},
    )  # fmt: skip
    console.print("soak: rendering images and sound", highlight=False)
    media = render_media()
    folder = Path(tempfile.mkdtemp(prefix="pulso-soak-"))
    venue = folder / "venue.yaml"
    venue.write_text(yaml.safe_dump(load.venue().model_dump(mode="json", exclude_defaults=True)), encoding="utf-8")
    log = SampleLog(record, run_info)
    try:
        with (
            LocalStack(
                folder, venue=venue, open_demo=True, progress=lambda text: _print_progress(console, text)
            ) as stack,
            EventProducer(stack.settings) as producer,
            LatencyListener(stack.settings) as listener,
            OpenPages(stack.endpoints["console"], NUM_PAGES, [bar_name(0)]) as pages,
        ):
            sampler = Sampler(stack)
            with LoadSenders(producer, load, media) as senders:
                start = time.monotonic()
                for at in _times(start, 60 * minutes, every, stop):
                    values = [*sampler.sample(listener.take()), *_own_values(senders, pages, listener)]
                    log.add(at, values)
                    console.print(_status_line(at, values), highlight=False)
            _wait_until_drained(sampler)
            log.add(
                time.monotonic() - start, [*sampler.sample(listener.take()), *_own_values(senders, pages, listener)]
            )
            sampler.close()
    finally:
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _times(start: float, seconds: float, every: float, stop: threading.Event) -> Iterator[float]:
    """Yield the seconds since the beginning at each sampling time."""
    number = 0
    while (at := number * every) <= seconds and not stop.wait(max(0.0, start + at - time.monotonic())):
        yield time.monotonic() - start
        number = max(number + 1, int((time.monotonic() - start) // every))


def _wait_until_drained(sampler: Sampler) -> None:
    """Wait until there is no lag, and then until the workers have updated their counters."""
    deadline = time.monotonic() + DRAIN_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        try:
            if not any(sampler.lag().values()):
                break
        except KafkaException:
            pass
        time.sleep(1)
    time.sleep(2)


def _own_values(senders: LoadSenders, pages: OpenPages, listener: LatencyListener) -> Iterator[SampleValue]:
    for measure, counted in (
        ("sent events", senders.sent),
        ("spoilt events", senders.spoilt),
        ("failed events", senders.failed),
        ("late seconds", senders.late_seconds),
    ):
        for of, number in list(counted.items()):
            yield SampleValue(measure, of, number)
    yield SampleValue("pages", "told", pages.events_received)
    yield SampleValue("pages", "lost", pages.lost)
    yield SampleValue("errors", "soak", len(senders.errors) + bool(listener.error))


def _status_line(at: float, values: list[SampleValue]) -> str:
    memory = sum(one.value for one in values if one.measure == "memory MiB")
    lag = sum(one.value for one in values if one.measure == "lag events")
    sent = sum(one.value for one in values if one.measure == "sent events")
    dropped = sum(one.value for one in values if one.measure == "dropped events")
    return f"{at / 60:6.1f} min  memory {memory:,.0f} MiB  lag {lag:,.0f}  sent {sent:,.0f}  dropped {dropped:,.0f}"


def _print_progress(console: Console, text: str) -> None:
    console.print(f"stack: {text}", highlight=False, markup=False)


if __name__ == "__main__":
    typer.run(main)
