"""`pulso alerts`: what is open, and what a person does about it, from a terminal."""

from __future__ import annotations

import getpass
import uuid
from datetime import UTC, datetime
from typing import Annotated

import typer
from redis import Redis
from rich.console import Console
from rich.table import Table

from schemas.alerts import Alert
from schemas.events import AlertAction, AlertVerb
from schemas.topics import ACTIONS
from stream.alert_store import OPEN, worst_first
from stream.producer import EventProducer
from stream.settings import Settings

commands = typer.Typer(help="Open alerts: list, acknowledge, resolve, note.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(help="The alert's key, as `pulso alerts list` shows it.")]
By = Annotated[str, typer.Option(help="Who acts.", default_factory=getpass.getuser, show_default="your user name")]
Note = Annotated[str, typer.Option(help="What was decided, and why.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="alerts")


def open_alerts(settings: Settings) -> list[Alert]:
    """Open alerts, worst and oldest first."""
    with Redis.from_url(settings.redis_url(), socket_timeout=5) as redis:
        return worst_first(redis.hvals(OPEN))


@commands.command(name="list")
def list_() -> None:
    """Show what is open, worst first."""
    alerts = open_alerts(Settings().connected())
    if not alerts:
        Console().print("No open alerts.")
        return
    table = Table("severity", "for", "since", "key", "what", "acknowledged by")
    for alert in alerts:
        what = alert.text.get("es") or alert.text.get("en") or f"{alert.value:.2f}"
        since = alert.raised_at.isoformat(timespec="seconds")
        table.add_row(alert.severity, ", ".join(alert.audience), since, alert.key, what, alert.acknowledged_by or "")
    Console().print(table)


def _act(key: str, verb: AlertVerb, by: str, note: str) -> None:
    settings = Settings().connected()
    if key not in {alert.key for alert in open_alerts(settings)}:
        raise typer.BadParameter(f"no open alert has the key {key!r}; `pulso alerts list` shows the keys")
    now = datetime.now(UTC)
    action = AlertAction(id=str(uuid.uuid4()), key=key, action=verb, by=by, time=now, note=note)
    with EventProducer(settings) as producer:
        producer.send(ACTIONS, key=key, value=action, id=action.id, source=f"cli/{by}", time=now)
    Console().print(f"{verb}: {key}", highlight=False)


@commands.command()
def acknowledge(key: Key, by: By, note: Note = "") -> None:
    """Say that you take care of it."""
    _act(key, "acknowledge", by, note)


@commands.command()
def resolve(key: Key, by: By, note: Note = "") -> None:
    """Close it; it may rise again after its cool-down."""
    _act(key, "resolve", by, note)


@commands.command()
def note(key: Key, text: Annotated[str, typer.Argument(help="What to remember.")], by: By) -> None:
    """Add a note."""
    _act(key, "note", by, text)
