"""`pulso alerts`: list alerts and act on them from a terminal."""

from __future__ import annotations

import getpass
import os
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer
from redis import Redis
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from processors.alerts.labels import split_alert_id
from processors.alerts.shelving import ShelvingError, check_shelving
from schemas.alerts import ACTIONS, AUDIENCES, Alert, AlertAction, AlertVerb
from schemas.control_room import CONTROL_ROOM
from schemas.ids import AlertId, AlertKey, EventId
from stream.commands.tables import print_output
from stream.features import registry
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue
from stream.stores.alert_store import OPEN, STEP, STREAM, worst_first

commands = typer.Typer(help="Alerts: list, acknowledge, resolve, note, shelve, confirm, reject.", no_args_is_help=True)

RECENT = 200
"""Entries of each stream that `list --all` reads."""

Key = Annotated[str, typer.Argument(help="The alert's key, as `pulso alerts list` shows it.")]
KeyOrId = Annotated[
    str, typer.Argument(help="The key of an open alert, or the id of any alert, as `pulso alerts list --all` shows it.")
]
By = Annotated[str, typer.Option(help="Who acts.", default_factory=getpass.getuser, show_default="your user name")]
Note = Annotated[str, typer.Option(help="Decision and reason.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="alerts")


def open_alerts(settings: Settings) -> list[Alert]:
    """Return open alerts, the most severe first, then the oldest."""
    with Redis.from_url(settings.redis_url(), socket_timeout=5) as redis:
        return worst_first(redis.hvals(OPEN))


def recent_alerts(settings: Settings) -> list[Alert]:
    """Return the last step of every alert in the recent part of the streams, open or resolved, newest first."""
    last: dict[AlertId, Alert] = {}
    with Redis.from_url(settings.redis_url(), socket_timeout=5) as redis:
        for audience in AUDIENCES:
            entries: Any = redis.xrevrange(STREAM.format(audience=audience), count=RECENT)
            for _, fields in entries:
                alert = msgspec.json.decode(fields[b"alert"], type=Alert)
                if alert.id not in last or last[alert.id].version < alert.version:
                    last[alert.id] = alert
    return sorted(last.values(), key=lambda alert: (alert.raised_at, alert.id), reverse=True)


@commands.command(name="list")
def list_(
    everything: Annotated[
        bool, typer.Option("--all", help="Also resolved ones, newest first, with their ids.")
    ] = False,
) -> None:
    """List open alerts, the most severe first."""
    if everything:
        _list_recent()
        return
    alerts = open_alerts(Settings().connected())
    if not alerts:
        Console().print("No open alerts.")
        return
    for alert in alerts:
        acknowledged = f"; acknowledged by {alert.acknowledged_by}" if alert.acknowledged_by else ""
        if alert.shelved_until is not None:
            acknowledged += f"; shelved by {alert.shelved_by} until {alert.shelved_until.astimezone():%H:%M:%S}"
        _show(alert, alert.key, f"since {_when(alert)}, for {', '.join(alert.audience)}{acknowledged}")


def _list_recent() -> None:
    alerts = recent_alerts(Settings().connected())
    if not alerts:
        Console().print("No alerts yet.")
    for alert in alerts:
        state = "resolved" if alert.resolved_at is not None or alert.state == "resolved" else "open"
        _show(alert, alert.id, f"raised {_when(alert)}, {state}{f', {alert.verdict}' if alert.verdict else ''}")


def _show(alert: Alert, name: str, details: str) -> None:
    """Print an alert; its key or id is not folded, since people copy it."""
    bold = "bold red" if alert.severity in ("critical", "high") else "bold"
    Console(soft_wrap=True).print(Text(f"{alert.severity:<9}", style=bold) + Text(name, style="bold"))
    language = "es" if _locale().startswith("es") else "en"
    text = alert.text.get(language) or next(iter(alert.text.values()), f"{alert.peak:.2f}")
    print_output(Padding(Text(f"{text}\n{details}"), (0, 0, 0, 9), expand=False))


def _locale() -> str:
    """Return the locale of the terminal, by the variables of POSIX."""
    return next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "en")


def _when(alert: Alert) -> str:
    return f"{alert.raised_at.astimezone():%Y-%m-%d %H:%M:%S}"


def _act_on_open_alert(key: str, verb: AlertVerb, by: str, note: str) -> None:
    settings = Settings().connected()
    if key not in {alert.key for alert in open_alerts(settings)}:
        raise typer.BadParameter(f"no open alert has the key {key!r}; `pulso alerts list` shows the keys")
    _send(settings, _action(AlertKey(key), verb, by, note))


def _send_verdict(name: str, verb: AlertVerb, by: str, note: str) -> None:
    settings = Settings().connected()
    key, alert_id = AlertKey(name), AlertId(name)
    opened = {alert.key: alert.id for alert in open_alerts(settings)}
    if key in opened:
        # By its id: before the verdict arrives, the alert may be resolved and another one raised with the same key.
        _send(settings, _action(key, verb, by, note, opened[key]))
        return
    recent = {alert.id: alert.key for alert in recent_alerts(settings)}
    named = (recent[alert_id],) if alert_id in recent else split_alert_id(alert_id)
    with Redis.from_url(settings.redis_url(), socket_timeout=5) as redis:
        exists = alert_id in recent or bool(redis.exists(STEP.format(id=alert_id)))
    if named is None or not exists:
        raise typer.BadParameter(
            f"no open alert has the key {name!r}, and no alert of the last week that id; "
            "`pulso alerts list --all` shows the ids"
        )
    _send(settings, _action(named[0], verb, by, note, alert_id))


def _action(
    key: AlertKey, verb: AlertVerb, by: str, note: str, alert: AlertId | None = None, minutes: float | None = None
) -> AlertAction:
    return AlertAction(
        id=EventId(str(uuid.uuid4())), key=key, action=verb, by=by, time=datetime.now(UTC), note=note, alert=alert,
        minutes=minutes,
    )  # fmt: skip


def _send(settings: Settings, action: AlertAction) -> None:
    with EventProducer(settings) as producer:
        producer.send(ACTIONS, key=action.key, value=action, id=action.id, source=f"cli/{action.by}", time=action.time)
    Console().print(f"{action.action}: {action.alert or action.key}", highlight=False, markup=False)


@commands.command()
def acknowledge(key: Key, by: By, note: Note = "") -> None:
    """Acknowledge an alert: you take care of it."""
    _act_on_open_alert(key, "acknowledge", by, note)


@commands.command()
def resolve(key: Key, by: By, note: Note = "") -> None:
    """Resolve an alert; it may be raised again after its cool-down."""
    _act_on_open_alert(key, "resolve", by, note)


@commands.command()
def note(key: Key, text: Annotated[str, typer.Argument(help="Text of the note.")], by: By) -> None:
    """Add a note to an alert."""
    _act_on_open_alert(key, "note", by, text)


@commands.command()
def shelve(
    key: Key,
    reason: Annotated[str, typer.Argument(help="Why it is set aside.")],
    by: By,
    minutes: Annotated[float, typer.Option(min=1, help="It comes back after so long, or when it gets worse.")] = 15,
) -> None:
    """Set an alert aside for some minutes; not possible where it warns of danger to life."""
    settings = Settings().connected()
    venue = read_venue(settings.venue)
    alert = next((alert for alert in open_alerts(settings) if alert.key == key), None)
    if alert is None:
        raise typer.BadParameter(f"no open alert has the key {key!r}; `pulso alerts list` shows the keys")
    action = _action(alert.key, "shelve", by, reason, alert.id, minutes)
    rule = registry.rules_by_name().get(alert.rule)
    try:
        check_shelving(
            action,
            can_shelve=rule is not None and rule.can_be_shelved(venue),
            longest_minutes=venue.section(CONTROL_ROOM).shelve_longest_minutes,
        )
    except ShelvingError as error:
        raise typer.BadParameter(str(error)) from error
    _send(settings, action)


@commands.command()
def unshelve(key: Key, by: By) -> None:
    """End the shelving of an alert."""
    _send(Settings().connected(), _action(AlertKey(key), "unshelve", by, ""))


@commands.command()
def confirm(alert: KeyOrId, by: By, note: Note = "") -> None:
    """Confirm an alert: it was right. The verdict is kept as a label."""
    _send_verdict(alert, "confirm", by, note)


@commands.command()
def reject(alert: KeyOrId, by: By, note: Note = "") -> None:
    """Reject an alert: it was wrong. The verdict is kept as a label."""
    _send_verdict(alert, "reject", by, note)
