"""`pulso rules`: the alert rules of all features."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schemas.venue import Venue
from stream.commands.tables import folding_table, print_output
from stream.features import registry
from stream.runtime.venue_file import read_venue

commands = typer.Typer(help="Alert rules: list them with their settings.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="rules")


@commands.command("list")
def list_rules(
    venue: Annotated[Path | None, typer.Option(help="Venue file; the defaults if left out.")] = None,
    language: Annotated[str, typer.Option(help="Language of the titles.")] = "en",
) -> None:
    """List every alert rule: name, title, unit, thresholds, severity, audience."""
    settings = registry.rule_settings(read_venue(venue) if venue else Venue(name="defaults"))
    catalog = registry.message_catalog()
    table = folding_table("rule", "title", "unit", "raise at", "clear at", "severity", "audience", whole="rule")
    for name, rule in registry.rules_by_name().items():
        one = settings[name]
        table.add_row(
            name, catalog.title(name, language), rule.unit.value, f"{one.raise_at:g}", f"{one.clear_at:g}",
            one.severity, ", ".join(one.audience),
        )  # fmt: skip
    print_output(table)
