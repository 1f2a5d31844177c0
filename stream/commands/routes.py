"""`pulso routes`: import a map, find a way, close and open paths."""

from __future__ import annotations

import getpass
import uuid
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, cast, get_args
from zoneinfo import ZoneInfo

import msgspec
import typer
import yaml
from rich.console import Console

from processors.festival.closures import Closures, path_key
from processors.festival.routing import WalkingMap
from processors.festival.tables import read_festival
from processors.routes.geojson import read_geojson
from schemas.ids import PlaceId
from schemas.routes import CROWD_WATCH, PATH_STATES, PATHS, PathCondition, PathState
from schemas.venue import Venue
from schemas.venue_map import Mobility, Place
from schemas.venue_map import Path as WalkingPath
from stream.commands.errors import command_failed
from stream.runtime.producer import EventProducer
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all
from stream.runtime.venue_file import read_venue

commands = typer.Typer(help="Routes: import a map, find a way, close and open paths.", no_args_is_help=True)

Start = Annotated[str, typer.Argument(help="Id of a place.")]
End = Annotated[str, typer.Argument(help="Id of a place.")]
Note = Annotated[str, typer.Option(help="Reason, for people.")]
By = Annotated[
    str, typer.Option(help="Who reports it.", default_factory=getpass.getuser, show_default="your user name")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="routes")


@commands.command("import")
def import_map(
    source: Annotated[
        Path, typer.Argument(exists=True, help="Folder with places.csv and paths.csv, or a GeoJSON file.")
    ],
    in_metres: Annotated[
        bool, typer.Option("--in-metres", help="GeoJSON coordinates are the plan's metres, not longitude and latitude.")
    ] = False,
) -> None:
    """Write a map as the section `paths` of a venue file to standard output."""
    places: list[Place]
    paths: list[WalkingPath]
    if source.is_dir():
        tables = read_festival(source)
        places, paths = list(tables.places.values()), list(tables.paths)
    else:
        places, paths = read_geojson(source.read_text(encoding="utf-8"), in_metres=in_metres)
    section = {
        "places": [place.model_dump(mode="json", exclude_defaults=True) for place in places],
        "paths": [path.model_dump(mode="json", exclude_defaults=True) for path in paths],
    }
    typer.echo(yaml.safe_dump({"paths": section}, allow_unicode=True, sort_keys=False), nl=False)


@commands.command()
def find(
    start: Start,
    end: End,
    mobility: Annotated[str, typer.Option(help="none, slow, pushchair or wheelchair.")] = "none",
    at: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%dT%H:%M"], help="Departure in the festival's time; now if left out."),
    ] = None,
    venue_file: Annotated[
        Path | None, typer.Option("--venue", exists=True, help="Venue file; that of the settings.")
    ] = None,
    closed: Annotated[bool, typer.Option(help="Leave out the paths that are closed now; asks Kafka.")] = True,
) -> None:
    """Print the shortest way between two places; exit 1 where there is none."""
    if mobility not in get_args(Mobility):
        raise typer.BadParameter(f"--mobility must be one of {', '.join(get_args(Mobility))}")
    settings = Settings()
    venue = read_venue(venue_file or settings.venue)
    zone, section = ZoneInfo(venue.timezone), venue.section(PATHS)
    walking_map = WalkingMap(section.places, section.paths, zone)
    _check_places(venue, start, end)
    closures = _closures(settings.connected()) if closed else Closures()
    depart = datetime.now(zone) if at is None else at.replace(tzinfo=zone)
    walk = partial(walking_map.route, PlaceId(start), PlaceId(end), cast(Mobility, mobility), depart)
    route = walk(closed_paths=closures.closed_paths, crowded_paths=closures.crowded_paths)
    if route is None:
        call = section.help_es if venue.language == "es" else section.help_en
        typer.echo(f"no way from {start} to {end} for mobility {mobility} at {depart:%H:%M}{'; ' * bool(call)}{call}")
        raise typer.Exit(1)
    names = {place.id: place.name_es if venue.language == "es" else place.name_en for place in section.places}
    typer.echo(f"{route.metres:.0f} m, {route.minutes} min")
    for step in route.steps:
        typer.echo(f"{step.metres:6.0f} m  {step.kind:8}  {names[step.end]}")


@commands.command()
def close(start: Start, end: End, by: By, note: Note = "") -> None:
    """Close a path in both directions; walks lead around it, and attendees whose plan uses it are offered another."""
    _send(start, end, "closed", by, note)


@commands.command()
def crowded(start: Start, end: End, by: By, note: Note = "") -> None:
    """Call a path crowded: walks lead around it where there is another way."""
    _send(start, end, "crowded", by, note)


@commands.command("open")
def open_path(start: Start, end: End, by: By, note: Note = "") -> None:
    """Open a path again."""
    _send(start, end, "open", by, note)


def _send(start: str, end: str, state: PathCondition, by: str, note: str) -> None:
    settings = Settings().connected()
    venue = read_venue(settings.venue)
    _check_places(venue, start, end)
    if by == CROWD_WATCH:
        raise command_failed(f"--by {CROWD_WATCH} is the name of the watch of crowded zones; give your own")
    if not any({path.start, path.end} == {start, end} for path in venue.section(PATHS).paths):
        raise command_failed(f"the map has no path between {start} and {end}")
    now = datetime.now(UTC)
    record = PathState(start=PlaceId(start), end=PlaceId(end), time=now, state=state, by=by, note=note)
    with EventProducer(settings) as producer:
        producer.send(
            PATH_STATES, key=path_key(record.start, record.end), value=record, id=str(uuid.uuid4()),
            source=f"person/{by}", time=now,
        )  # fmt: skip
    Console().print(f"{start}–{end}: {state}")


def _check_places(venue: Venue, *names: str) -> None:
    places = {place.id for place in venue.section(PATHS).places}
    for name in names:
        if name not in places:
            raise command_failed(f"the map of paths has no place {name!r}; the venue file's section paths lists them")


def _closures(settings: Settings) -> Closures:
    closures, decoder = Closures(), msgspec.json.Decoder(PathState)
    for message in read_all(settings, PATH_STATES.name):
        state = try_decode_payload(decoder, message.value(), PATH_STATES.event_type)
        if state is not None:
            closures.add(state)
    return closures
