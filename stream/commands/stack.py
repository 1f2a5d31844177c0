"""`pulso up | down | status | setup`: the local stack."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from stream.commands.tables import folding_table, print_output
from stream.runtime.addresses import ANY_ADDRESS
from stream.runtime.settings import Settings
from stream.runtime.variables import unknown_variables

STOP_SECONDS = 90
"""Time for the whole stack to end."""

READY = "Ctrl-C stops all."
"""Line that says that everything is ready."""

log = logging.getLogger(__name__)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command()(setup)


def running(settings: Settings) -> dict[str, Any] | None:
    """Return the content of stack.json if the process that wrote it is running."""
    try:
        stack: dict[str, Any] = json.loads(settings.stack_file.read_text(encoding="utf-8"))
        command = Path(f"/proc/{stack['pid']}/cmdline").read_bytes()
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        return None
    # Process ids are used again after a reboot, so the command is checked, too.
    return stack if b"pulso" in command or b"stream" in command else None


def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when everything is ready.")] = False,
    sources: Annotated[bool, typer.Option(help="Also start the sources that the venue file names.")] = True,
) -> None:
    """Start Kafka, Redis, Prometheus, the workers, the console and the sources; Ctrl-C stops all."""
    from stream.local import LocalStack  # noqa: PLC0415
    from stream.runtime.venue_file import read_venue  # noqa: PLC0415
    from stream.sources.source_overview import direct_hosts  # noqa: PLC0415

    console = Console()
    settings = Settings()
    if (stack := running(settings)) is not None:
        console.print(
            f"Pulso is running on {settings.data} already (process {stack['pid']}); see `pulso status`, `pulso down`."
        )
        raise typer.Exit(1)
    venue = read_venue(settings.venue)
    for line in unknown_variables(os.environ, [box.id for box in venue.mailboxes]):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if detach:
        _detach(settings, sources, console)
        return
    settings.configure_logging()
    stopping = threading.Event()
    for signal_ in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_, lambda *_: stopping.set())
    with_sources = sources and bool(
        venue.tills
        or venue.social
        or venue.mailboxes
        or any(c.url for c in venue.cameras)
        or any(s.url for s in venue.stages)
    )
    stack_ = LocalStack(
        settings.data,
        with_sources=with_sources,
        default_ports=True,
        direct_hosts=direct_hosts(venue),
        progress=lambda text: console.print(f"  {text}", markup=False, highlight=False, soft_wrap=True),
    )
    try:
        stack_.write_stack_file()
        stack_.start()
        stack_.write_stack_file()
        _describe(stack_.describe())
        console.print(READY)
        while not stopping.wait(5):
            try:
                stack_.write_stack_file()
            except OSError as error:  # such as a full disk: the file stays right except for the numbers of starts
                log.warning("%s can't be written: %s", settings.stack_file, error)
    finally:
        console.print("  stopping …")
        stack_.stop()
        settings.stack_file.unlink(missing_ok=True)
    console.print("  stopped.")


def _detach(settings: Settings, sources: bool, console: Console) -> None:
    settings.data.mkdir(parents=True, exist_ok=True)
    log = settings.data / "up.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "stream.commands.cli", "up", "--sources" if sources else "--no-sources"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with console.status("starting …") as shown:
        while child.poll() is None:
            text = log.read_text(encoding="utf-8", errors="replace")
            if lines := text.strip().splitlines():
                shown.update(f"starting: {escape(lines[-1].strip())}")
            if READY in map(str.strip, text.splitlines()):
                _describe(json.loads(settings.stack_file.read_text(encoding="utf-8")))
                console.print("`pulso down` stops all.")
                return
            time.sleep(0.2)
    console.print(log.read_text(encoding="utf-8", errors="replace"), markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(child.returncode or 1)


def down() -> None:
    """Stop the stack of the data folder; its data are kept."""
    console = Console()
    settings = Settings()
    stack = running(settings)
    if stack is None:
        settings.stack_file.unlink(missing_ok=True)
        console.print(f"Nothing runs on {settings.data}.")
        return
    os.kill(stack["pid"], signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running(settings) is not None:
        if time.monotonic() > deadline:
            console.print(f"Process {stack['pid']} does not end; see the logs in {settings.data / 'logs'}.")
            raise typer.Exit(1)
        time.sleep(0.2)
    console.print("Stopped.")


def status() -> None:
    """Show the stack of the data folder; exit 1 when it is not running."""
    settings = Settings()
    stack = running(settings)
    if stack is None:
        Console().print(f"Nothing runs on {settings.data}; `pulso up` starts it.")
        raise typer.Exit(1)
    if not stack["children"]:
        Console().print("It is starting.")
        return
    _describe(stack)
    _warn_of_till_clocks(settings)


def _warn_of_till_clocks(settings: Settings) -> None:
    """Print the tills whose clocks are wrong; nothing while Kafka does not answer, which its own log says."""
    from confluent_kafka import KafkaException  # noqa: PLC0415

    from schemas.errors import PulsoError  # noqa: PLC0415
    from stream.features.bars.latest import latest_forecasts  # noqa: PLC0415
    from stream.sources.source_overview import till_clock_lines  # noqa: PLC0415

    try:
        lines = list(till_clock_lines(latest_forecasts(settings.connected()).values()))
    except (PulsoError, KafkaException, TimeoutError):
        return
    for line in lines:
        Console(soft_wrap=True, highlight=False).print(f"{line.source}, {line.where}: {line.lacks}", markup=False)


def setup() -> None:
    """Fill the cache folder, unless it is: the broker's jars, and the compiled code of the sound analysis."""
    from stream.features.music.compiled_code import is_complete  # noqa: PLC0415
    from stream.local.kafka import fetch_jars  # noqa: PLC0415

    fetch_jars()
    if not is_complete():
        from stream.features.music.fragment_analyzer import compile_ahead  # noqa: PLC0415 - it takes a second

        print_output("compiling the sound analysis (a minute the first time) …")
        compile_ahead()


def _describe(stack: dict[str, Any]) -> None:
    """Print addresses and processes."""
    parts = folding_table("part", "where", "process", "starts")
    for name in [*stack["children"], *(name for name in stack["endpoints"] if name not in stack["children"])]:
        child = stack["children"].get(name, {})
        process = str(child.get("pid") or "") if child else "elsewhere"
        parts.add_row(name, stack["endpoints"].get(name, ""), process, str(child.get("starts", "")))
    for kind, url in stack.get("sent_to", {}).items():
        parts.add_row(kind, f"POST {url}", "", "")
    print_output(parts)
    logs = sorted({str(Path(child["log"]).parent) for child in stack["children"].values() if "log" in child})
    console = Console(soft_wrap=True, highlight=False)
    if logs:
        console.print(f"Logs: {', '.join(logs)}", markup=False)
    for kind in stack.get("sent_to", {}):
        console.print(f"`pulso source {kind} --help` shows what to send.")
    if (bind := stack.get("bind", "")) in ANY_ADDRESS and bind:
        console.print(
            f"PULSO_BIND={bind}: other machines reach console, tills and posts at any address of this machine, with "
            "the same ports.",
            markup=False,
        )
