"""`pulso attendance`: how many are in the venue, and what a person knows better."""

from __future__ import annotations

import getpass
import uuid
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from schemas.attendance import ATTENDANCE, OCCUPANCY, VENUE, AttendanceChange, AttendanceKind, VenueOccupancy
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all

commands = typer.Typer(help="People in the venue: show, correct, reset.", no_args_is_help=True)

By = Annotated[str, typer.Option(help="Who says so.", default_factory=getpass.getuser, show_default="your user name")]
Note = Annotated[str, typer.Option(help="How it is known.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="attendance")


@commands.command()
def show() -> None:
    """Show how many are in, and what that is made of."""
    last: bytes | None = None
    for message in read_all(Settings().connected(), OCCUPANCY.name):
        last = message.value()
    if last is None:
        Console().print("Nothing is known yet: no gate was crossed, no zone seen.")
        return
    known = msgspec.json.decode(last, type=VenueOccupancy)
    table = Table("what", "heads", title=f"{known.time:%Y-%m-%d %H:%M:%S}")
    table.add_row("in the venue", f"{known.persons:.0f}")
    for gate in known.gates:
        table.add_row(f"gate {gate.gate}", f"in {gate.entered:.0f}, out {gate.left:.0f}")
    table.add_row("seen in the zones", f"{known.seen:.0f}")
    table.add_row("corrected by hand", f"{known.corrected:+.0f}")
    table.add_row("added, since more were seen", f"{known.reconciled:+.0f}")
    table.add_row("left without having come", f"{known.unexplained:.0f}")
    Console().print(table)


@commands.command()
def correct(
    persons: Annotated[int, typer.Argument(min=0, help="How many are in the venue now.")], by: By, note: Note = ""
) -> None:
    """Say how many are in now, from a count by hand; the gates' totals stay."""
    _send("correct", persons, by, note)


@commands.command()
def reset(
    by: By,
    persons: Annotated[int, typer.Option(min=0, help="How many are in already.")] = 0,
    note: Note = "",
) -> None:
    """Begin a new day: all totals are zero."""
    _send("reset", persons, by, note)


def _send(kind: AttendanceKind, persons: int, by: str, note: str) -> None:
    now = datetime.now(UTC)
    change = AttendanceChange(id=str(uuid.uuid4()), kind=kind, time=now, by=by, persons=float(persons), note=note)
    with EventProducer(Settings().connected()) as producer:
        producer.send(ATTENDANCE, key=VENUE, value=change, id=change.id, source=f"person/{by}", time=now)
    Console().print(f"{kind}: {persons} in the venue; `pulso attendance show` tells when it is applied.")
