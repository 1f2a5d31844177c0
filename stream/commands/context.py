"""`pulso context`: report the context of zones that no sensor measures: weather, act or break, doors."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from schemas.context import CONTEXT, VenueContext
from schemas.ids import ZoneId
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue

SOURCE = "operator"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(context)


def context(
    zone: Annotated[list[str] | None, typer.Argument(help="Zones, as in the venue file; all if left out.")] = None,
    temperature: Annotated[float | None, typer.Option(min=-40, max=60, help="Degrees Celsius.")] = None,
    rain: Annotated[float | None, typer.Option(min=0, max=300, help="Millimetres an hour.")] = None,
    occupancy: Annotated[float | None, typer.Option(min=0, help="People in the zone.")] = None,
    act: Annotated[str | None, typer.Option(help="Who plays.")] = None,
    on_stage: Annotated[bool | None, typer.Option("--on-stage/--break", help="An act plays, or a break.")] = None,
    doors_open: Annotated[bool | None, typer.Option("--doors-open/--doors-closed", help="People are let in.")] = None,
) -> None:
    """Report the context of zones to the bars; what is left out stays as reported before."""
    reported = {
        "temperature_celsius": temperature, "rain_millimetres_per_hour": rain, "occupancy": occupancy,
        "act": act, "on_stage": on_stage, "doors_open": doors_open,
    }  # fmt: skip
    if not any(value is not None for value in reported.values()):
        raise typer.BadParameter("give at least one option, such as --temperature 34 or --break")
    settings = Settings().connected()
    zones = [zone.id for zone in read_venue(settings.venue).zones]
    if unknown := sorted(set(zone or ()) - set(zones)):
        raise typer.BadParameter(f"{settings.venue} has no zone {', '.join(unknown)}; it has {', '.join(zones)}")
    now, chosen = datetime.now(UTC), [ZoneId(name) for name in zone] if zone else zones
    with EventProducer(settings) as producer:
        for zone_id in chosen:
            # A source for each quantity, since the topic keeps only the newest record of a zone and source.
            for name, value in reported.items():
                if value is None:
                    continue
                source = f"{SOURCE}-{name.replace('_', '-')}"
                record = VenueContext(zone=zone_id, time=now, source=source, **{name: value})  # type: ignore[arg-type]
                producer.send(
                    CONTEXT,
                    key=f"{zone_id}/{source}",
                    value=record,
                    id=str(uuid.uuid4()),
                    source="cli/context",
                    time=now,
                )
    Console().print(f"{', '.join(f'{n} {v}' for n, v in reported.items() if v is not None)}: {', '.join(chosen)}")
