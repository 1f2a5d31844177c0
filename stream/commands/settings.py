"""`pulso settings`: every setting with its variable, its value and its meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from schemas.addresses import without_password
from stream.commands.tables import folding_table, print_output
from stream.runtime.settings import ROOT, Settings


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting, as text.

    Attributes:
        variable: the environment variable that sets it.
        default: its value where the variable is not set; empty for none.
        value: its value in this process; passwords and tokens are masked.
    """

    variable: str
    default: str
    value: str
    description: str


def setting_rows(settings: Settings) -> Iterator[SettingRow]:
    """Yield every setting in the order of its definition."""
    for name, field in Settings.model_fields.items():
        yield SettingRow(
            variable=f"PULSO_{name.upper()}",
            default=_text(_default(field)),
            value=_text(getattr(settings, name)),
            description=field.description or "",
        )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="settings")(list_settings)


def list_settings(
    as_json: Annotated[bool, typer.Option("--json", help="Write a JSON array and nothing else.")] = False,
) -> None:
    """List every setting: the variable that sets it, its value in this environment, and its meaning."""
    rows = list(setting_rows(Settings()))
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows]))
        return
    table = folding_table("variable", "value", "meaning", whole="variable")
    for row in rows:
        table.add_row(row.variable, row.value.replace("[", r"\["), row.description.replace("[", r"\["))
    print_output(table)


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True, validated_data={})


def _text(value: Any) -> str:
    """Return a value as text; paths are relative to Pulso's folder or the home folder, and secrets are masked."""
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return "********"
    text = without_password(str(value)) if isinstance(value, str) else str(value)
    return text.removeprefix(f"{ROOT}/").replace(str(Path.home()), "~", 1)
