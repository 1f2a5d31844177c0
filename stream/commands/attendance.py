"""`pulso attendance`: show and correct the number of persons in the venue."""

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

By = Annotated[
    str, typer.Option(help="Who reports it.", default_factory=getpass.getuser, show_default="your user name")
]
Note = Annotated[str, typer.Option(help="Source of the number.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="attendance")


@commands.command()
def show() -> None:
    """Show the number of persons in the venue and its parts."""
    last: bytes | None = None
    for message in read_all(Settings().connected(), OCCUPANCY.name):
        last = message.value()
    if last is None:
        Console().print("No data yet: no crossing at a gate and no count of a zone.")
        return
    occupancy = msgspec.json.decode(last, type=VenueOccupancy)
    table = Table("quantity", "persons", title=f"{occupancy.time:%Y-%m-%d %H:%M:%S}")
    table.add_row("in the venue", f"{occupancy.persons:.0f}")
    for gate in occupancy.gates:
        table.add_row(f"gate {gate.gate}", f"in {gate.entered:.0f}, out {gate.left:.0f}")
    table.add_row("counted in the zones", f"{occupancy.seen:.0f}")
    table.add_row("corrected by hand", f"{occupancy.corrected:+.0f}")
    table.add_row("added, since more were counted", f"{occupancy.reconciled:+.0f}")
    table.add_row("left without having entered", f"{occupancy.unexplained:.0f}")
    Console().print(table)


@commands.command()
def correct(
    persons: Annotated[int, typer.Argument(min=0, help="Persons in the venue now.")], by: By, note: Note = ""
) -> None:
    """Set the number of persons to a count by hand; the totals of the gates stay."""
    _send("correct", persons, by, note)


@commands.command()
def reset(
    by: By,
    persons: Annotated[int, typer.Option(min=0, help="Persons in the venue already.")] = 0,
    note: Note = "",
) -> None:
    """Begin a new day: set all totals to zero."""
    _send("reset", persons, by, note)


def _send(kind: AttendanceKind, persons: int, by: str, note: str) -> None:
    now = datetime.now(UTC)
    change = AttendanceChange(id=str(uuid.uuid4()), kind=kind, time=now, by=by, persons=float(persons), note=note)
    with EventProducer(Settings().connected()) as producer:
        producer.send(ATTENDANCE, key=VENUE, value=change, id=change.id, source=f"person/{by}", time=now)
    Console().print(f"{kind}: {persons} in the venue; `pulso attendance show` shows it once it is applied.")
