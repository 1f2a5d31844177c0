"""`pulso check FILE`: explain a venue file, or list its mistakes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from processors.crowd.ground_plane import ground_plane_of
from schemas.venue import Venue
from stream.commands.tables import folding_table
from stream.features import registry
from stream.runtime.settings import Settings
from stream.runtime.variables import unknown_variables
from stream.runtime.venue_file import VenueFileError, read_venue
from stream.sources.source_overview import source_lines


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(file: Annotated[Path, typer.Argument(help="The venue file.")]) -> None:
    """Check a venue file and explain it; exit 1 with every mistake and its line."""
    try:
        venue = read_venue(file)
    except VenueFileError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    explain(venue, Console(), Settings())
    for line in unknown_variables(os.environ, [box.id for box in venue.mailboxes]):
        Console(soft_wrap=True, highlight=False).print(line, markup=False)


def explain(venue: Venue, console: Console, settings: Settings) -> None:
    """Print the content of the file, and the settings that it needs and lacks."""
    console.print(f"[bold]{venue.name}[/], {venue.timezone}, {venue.language}")
    zones = folding_table("zone", "m²", "capacity", "persons/m² when full", "cameras", title="Zones")
    for zone in venue.zones:
        seeing = [camera.id for camera in venue.cameras if any(view.zone == zone.id for view in camera.views)]
        full = f"{zone.capacity / zone.area_m2:.1f}"
        zones.add_row(zone.id, f"{zone.area_m2:g}", str(zone.capacity), full, ", ".join(seeing) or "[red]none[/]")
    cameras = folding_table("camera", "zones", "m² seen", "gates", "masks", "counts every", title="Cameras")
    for camera in venue.cameras:
        ground = ground_plane_of(camera)
        seen = [f"{ground.area(view.polygon):.0f}" if ground else "[yellow]no ground[/]" for view in camera.views]
        cameras.add_row(
            camera.id,
            ", ".join(view.zone for view in camera.views),
            ", ".join(seen),
            ", ".join(gate.id for gate in camera.gates),
            str(len(camera.masks) or ""),
            f"{camera.count_every_seconds:g} s",
        )
    bars = folding_table("bar", "zone", "lead time", "products", title="Bars")
    for bar in venue.bars:
        bars.add_row(bar.id, bar.zone or "", f"{bar.lead_time_minutes:g} min", ", ".join(p.id for p in bar.products))
    rules = folding_table(
        "rule", "raise / clear", "on/off delay", "cool-down", "severity", "for", title="Alerts", whole="rule"
    )
    for name, rule in registry.rule_settings(venue).items():
        delays = f"{rule.on_delay_seconds:g}/{rule.off_delay_seconds:g} s"
        audience = ", ".join(rule.audience)
        numbers = (f"{rule.raise_at:g}/{rule.clear_at:g}", delays, f"{rule.cool_down_seconds:g} s")
        rules.add_row(name, *numbers, rule.severity, audience)
    contacts = folding_table("contact", "hears", "quiet", "when nobody acknowledges", title="Phones and chats")
    for contact in venue.contacts:
        hears = (
            f"{', '.join(contact.audience)}, {contact.at_least} and worse" if contact.audience else "what others miss"
        )
        quiet = f"{contact.quiet.begin}–{contact.quiet.end} unless {contact.quiet.unless}" if contact.quiet else ""
        then = (
            f"{', '.join(contact.escalate_to)} after {contact.escalate_after_minutes:g} min"
            if contact.escalate_to
            else ""
        )
        contacts.add_row(contact.id, hears, quiet, then)
    for table in (zones, cameras, bars, rules, *([contacts] if venue.contacts else [])):
        console.print(table)
    sources = folding_table("source", "where", "still to do", title="Sources and receivers")
    for line in source_lines(venue, settings):
        sources.add_row(line.source, escape(line.where), f"[yellow]{escape(line.lacks)}[/]" if line.lacks else "")
    if sources.row_count:
        console.print(sources)
    else:
        console.print("Sources: none yet; give a camera or a stage a url, or name tills, social or mailboxes")
    console.print(f"Stages: {', '.join(stage.id for stage in venue.stages) or 'none'}")
