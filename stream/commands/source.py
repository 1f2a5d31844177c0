"""`pulso source KIND` and `pulso sources`: run one source, or all that the venue file names."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from schemas.addresses import mailbox_url, stream_url, without_password
from schemas.ids import BarId, CameraId, MailboxId, StageId
from schemas.sources import WATCH
from stream.commands.errors import command_failed
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue

if TYPE_CHECKING:
    from stream.sources.replay import CheckedTickets
    from stream.sources.source import Source

commands = typer.Typer(
    help="Connect one camera, till endpoint, mailbox, microphone or speech feed, or replay sales.", no_args_is_help=True
)

MAX_REFUSALS_SHOWN = 20
"""Refused lines of a file that are listed."""


def _checked(check: Callable[[str], str]) -> Callable[[str], str]:
    """Return a check of an argument whose mistakes the command line reports."""

    def checked(url: str) -> str:
        try:
            return check(url)
        except ValueError as error:
            raise typer.BadParameter(f"{without_password(url)}: {error}") from error

    return checked


Url = Annotated[str, typer.Argument(help="Address, device, file or folder.", callback=_checked(stream_url))]
MailUrl = Annotated[str, typer.Argument(help="Address, file or folder.", callback=_checked(mailbox_url))]
Port = Annotated[int, typer.Option(help="Port of /metrics; 0 takes any.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="source")
    app.command()(sources)


def sources(metrics_port: Port = 0) -> None:
    """Run every source that the venue file names, until stopped."""
    from stream.sources.venue_sources import sources_of  # noqa: PLC0415

    settings = connected_settings()
    configured = sources_of(read_venue(settings.venue), settings)
    if not configured:
        raise command_failed(
            f"{settings.venue} names no source: give a camera or a stage a url, or tills, social or a mailbox"
        )
    run_sources(configured, settings, metrics_port, process=WATCH)


@commands.command()
def camera(
    name: Annotated[str, typer.Argument(help="The camera's id in the venue file.")],
    url: Url,
    frames_per_second: Annotated[float, typer.Option(min=0.1, max=30)] = 8,
    loop: Annotated[bool, typer.Option(help="Start a file or folder again at its end.")] = True,
    metrics_port: Port = 0,
) -> None:
    """Send frames of an RTSP or HTTP stream, a device, a video file or a folder of pictures."""
    from stream.sources.camera import CameraSource  # noqa: PLC0415

    source = CameraSource(CameraId(name), url, frames_per_second=frames_per_second, loop=loop)
    run_sources([source], connected_settings(), metrics_port)


@commands.command()
def microphone(
    name: Annotated[str, typer.Argument(help="The stage's id in the venue file.")],
    url: Url,
    loop: Annotated[bool, typer.Option(help="Start a file or folder again at its end.")] = True,
    metrics_port: Port = 0,
) -> None:
    """Send sound of a stream, a device (alsa:DEVICE, pulse:DEVICE), a file or a folder."""
    from stream.sources.venue_sources import microphone_of  # noqa: PLC0415

    settings = connected_settings()
    source = microphone_of(read_venue(settings.venue), StageId(name), url, loop=loop)
    run_sources([source], settings, metrics_port)


@commands.command()
def speech(
    name: Annotated[str, typer.Argument(help="The stage's id in the venue file.")],
    url: Url,
    loop: Annotated[bool, typer.Option(help="Start a file or folder again at its end.")] = False,
    metrics_port: Port = 0,
) -> None:
    """Send speech of a stage, to be captioned: a stream, a device (alsa:DEVICE, pulse:DEVICE), a file or a folder."""
    from stream.sources.speech import SpeechSource  # noqa: PLC0415

    run_sources([SpeechSource(StageId(name), url, loop=loop)], connected_settings(), metrics_port)


@commands.command()
def mailbox(
    url: MailUrl,
    name: Annotated[str, typer.Option(help="Id of the mailbox.")] = "support",
    poll_seconds: Annotated[float, typer.Option(min=1)] = 30,
    once: Annotated[bool, typer.Option("--once", help="Read what is there and end.")] = False,
    metrics_port: Port = 0,
) -> None:
    """Send mail of an IMAP server (password in PULSO_MAILBOX_PASSWORD), a Maildir, an mbox or a folder of .eml."""
    from stream.sources.mailbox import MailboxSource  # noqa: PLC0415

    settings = connected_settings()
    secret = settings.mailbox_password_of(name)
    password = secret.get_secret_value() if secret else ""
    state = settings.data / f"mailbox-{name}.json"
    source = MailboxSource(MailboxId(name), url, state=state, password=password, poll_seconds=poll_seconds, once=once)
    run_sources([source], settings, metrics_port)


@commands.command()
def tills(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8090,
    metrics_port: Port = 0,
) -> None:
    """Serve an HTTP endpoint for tickets: POST /v1/tickets with a bearer token (PULSO_TILL_TOKEN, or one is made).

    A ticket, a list of them, or lines of them (application/x-ndjson):
    {"id": "t-1", "bar": "north", "till": "1", "time": "2026-07-04T20:00:00+02:00",
    "lines": [{"product": "beer", "quantity": 2, "unit_price": 4.5}]}
    """
    from stream.sources.venue_sources import till_server  # noqa: PLC0415

    settings = connected_settings()
    run_sources([till_server(read_venue(settings.venue), settings, port)], settings, metrics_port)


@commands.command()
def posts(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8091,
    metrics_port: Port = 0,
) -> None:
    """Serve an HTTP endpoint for social posts: POST /v1/posts with a bearer token (PULSO_POSTS_TOKEN, or one is made).

    A post, a list of them, or lines of them (application/x-ndjson):
    {"id": "p-1", "network": "mastodon", "time": "2026-07-04T20:00:00+02:00", "text": "Two hours for a beer?"}
    """
    from stream.sources.venue_sources import post_server  # noqa: PLC0415

    settings = connected_settings()
    run_sources([post_server(settings, port)], settings, metrics_port)


@commands.command()
def orders(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8092,
    metrics_port: Port = 0,
) -> None:
    """Serve an HTTP endpoint for ticket shops: POST /v1/orders with a bearer token (PULSO_ORDERS_TOKEN, or one made).

    An order, a list of them, or lines of them (application/x-ndjson); a refund has a negative quantity:
    {"id": "o-1", "event": "summer", "type": "day", "quantity": 2, "price_cents": 4500, "currency": "EUR",
    "time": "2026-07-04T20:00:00+02:00", "channel": "web"}
    """
    from stream.sources.venue_sources import order_server  # noqa: PLC0415

    settings = connected_settings()
    run_sources([order_server(read_venue(settings.venue), settings, port)], settings, metrics_port)


@commands.command()
def replay(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV; docs/data.md has the layouts.")],
    speed: Annotated[float, typer.Option(min=0, help="Factor to the original speed; 0 is as fast as possible.")] = 0,
    bar: Annotated[
        str,
        typer.Option(help="Bar of lines that name none; the venue's bar, where it has one only.", show_default=False),
    ] = "",
    metrics_port: Port = 0,
) -> None:
    """Send the sales of a file as tickets, with their own times; exit 2 where lines were refused."""
    from processors.bars.sales_file import NO_BAR  # noqa: PLC0415
    from stream.sources.replay import ReplaySource  # noqa: PLC0415

    settings = connected_settings()
    venue = read_venue(settings.venue)
    bars = {one.id: {product.id for product in one.products} for one in venue.bars}
    only = next(iter(bars)) if len(bars) == 1 else NO_BAR
    if bars and bar and bar not in bars:
        raise command_failed(f"{settings.venue} has no bar {bar}, but {', '.join(bars)}")
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("tickets", total=None)
        source = ReplaySource(
            file,
            speed=speed,
            bar=BarId(bar or only),
            timezone=venue.timezone,
            menus=bars,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
        checked = source.check()
        for line in replay_summary(file, checked):
            progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
        if checked.tickets:
            run_sources([source], settings, metrics_port)
    if checked.refused:
        raise typer.Exit(2)


def replay_summary(file: Path, checked: CheckedTickets) -> Iterator[str]:
    """Yield the lines that tell people what of a file is sent, what is not, and why."""
    yield from checked.notes
    yield f"{file}: {checked.lines} lines accepted as {len(checked.tickets)} tickets, {len(checked.refused)} refused"
    if checked.refused:
        yield from (f"{file}, {refusal}" for refusal in checked.refused[:MAX_REFUSALS_SHOWN])
        if (more := len(checked.refused) - MAX_REFUSALS_SHOWN) > 0:
            yield f"… and {more} more"


def connected_settings() -> Settings:
    """Return the settings with the addresses of the servers, and configure logging."""
    settings = Settings()
    settings.configure_logging()
    return settings.connected()


def run_sources(sources: list[Source], settings: Settings, metrics_port: int, *, process: str | None = None) -> None:
    """Run sources until they end or the process is stopped; send what they have before it ends."""
    from stream.features.clients import SOURCES, client_named  # noqa: PLC0415
    from stream.runtime.metrics_server import start_metrics_server  # noqa: PLC0415
    from stream.runtime.producer import EventProducer, NotDeliveredError  # noqa: PLC0415
    from stream.runtime.start_check import start_rights_check  # noqa: PLC0415
    from stream.sources.source import FINAL_FLUSH_SECONDS, run_all  # noqa: PLC0415

    stop = threading.Event()
    for signal_ in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_, lambda *_: stop.set())
    start_metrics_server(metrics_port, settings.bind)
    start_rights_check(settings, client_named(SOURCES))
    producer = EventProducer(settings, timeout_s=20)
    run_all(sources, producer, stop, process=process)
    try:
        producer.flush(FINAL_FLUSH_SECONDS)
    except NotDeliveredError as error:
        logging.getLogger(__name__).error("events did not reach Kafka: %s", error)  # noqa: TRY400 - no defect
        # The client would go on trying while the process ends; senders without an answer send again.
        logging.shutdown()
        os._exit(1)
