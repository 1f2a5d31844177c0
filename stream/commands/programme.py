"""`pulso programme`: load, show and change the programme."""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console

from processors.festival.sections import sets_of
from processors.festival.tables import read_festival
from processors.programme.changes import ProgrammeChangeError, cancelled, moved
from schemas.ids import PlaceId, SetId
from schemas.programme import PROGRAMME, PROGRAMME_SETS, ProgrammeSet
from stream.commands.errors import command_failed
from stream.commands.tables import folding_table, print_output
from stream.runtime.producer import EventProducer
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all
from stream.runtime.venue_file import read_venue

commands = typer.Typer(help="Programme: load, show, move and cancel sets.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="SET", help="Id of the set, as `pulso programme show` lists it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="programme")


@commands.command()
def load(
    folder: Annotated[
        Path | None,
        typer.Argument(exists=True, file_okay=False, help="Folder with programme.csv; the venue file if left out."),
    ] = None,
) -> None:
    """Send every set, as the tables or the venue file have it."""
    settings = Settings().connected()
    sets = sets_of(read_venue(settings.venue).section(PROGRAMME)) if folder is None else read_festival(folder).sets
    if not sets:
        raise command_failed("there is no set in the programme: name a folder with programme.csv")
    _send(settings, sets)
    Console().print(f"{len(sets)} sets sent")


@commands.command()
def show(
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only this festival day.")] = None,
) -> None:
    """List the sets as they are now."""
    settings = Settings().connected()
    zone = ZoneInfo(read_venue(settings.venue).timezone)
    table = folding_table("set", "day", "begin", "end", "stage", "act", "status", whole="set")
    for one in sorted(_current(settings).values(), key=lambda one: (one.begin, one.stage)):
        if day is None or one.day == day.date():
            begin, end = one.begin.astimezone(zone), one.end.astimezone(zone)
            table.add_row(one.id, f"{one.day}", f"{begin:%H:%M}", f"{end:%H:%M}", one.stage, one.name, one.status)
    print_output(table)


@commands.command()
def move(
    which: Which,
    stage: Annotated[str | None, typer.Option(help="Stage to which it moves.")] = None,
    begin: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M"], help="New begin in the festival's time.")
    ] = None,
    delay: Annotated[int | None, typer.Option(help="Minutes by which it begins later.")] = None,
) -> None:
    """Move a set to another stage or time; attendees whose plan it breaks are offered another."""
    settings = Settings().connected()
    zone = ZoneInfo(read_venue(settings.venue).timezone)
    start = None if begin is None else begin.replace(tzinfo=zone)
    _change(
        settings,
        which,
        lambda one: moved(one, stage=None if stage is None else PlaceId(stage), begin=start, minutes=delay),
    )


@commands.command()
def cancel(which: Which) -> None:
    """Cancel a set; attendees whose plan it breaks are offered another."""
    _change(Settings().connected(), which, cancelled)


def _change(settings: Settings, which: str, change: Callable[[ProgrammeSet], ProgrammeSet]) -> None:
    one = _current(settings).get(SetId(which))
    if one is None:
        raise command_failed(f"the programme has no set {which!r}; `pulso programme show` lists them")
    try:
        changed = change(one)
    except ProgrammeChangeError as error:
        raise command_failed(error) from error
    _send(settings, [changed])
    Console().print(f"{changed.name}: {changed.status}, {changed.stage}, {changed.begin:%Y-%m-%d %H:%M}")


def _current(settings: Settings) -> dict[SetId, ProgrammeSet]:
    decoder = msgspec.json.Decoder(ProgrammeSet)
    values = (message.value() for message in read_all(settings, PROGRAMME_SETS.name))
    sets = (try_decode_payload(decoder, value, PROGRAMME_SETS.event_type) for value in values)
    return {one.id: one for one in sets if one is not None}


def _send(settings: Settings, sets: Iterable[ProgrammeSet]) -> None:
    now, source = datetime.now(UTC), f"person/{getpass.getuser()}"
    with EventProducer(settings) as producer:
        for one in sets:
            producer.send(PROGRAMME_SETS, key=one.id, value=one, id=str(uuid.uuid4()), source=source, time=now)
