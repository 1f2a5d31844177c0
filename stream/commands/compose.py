"""`pulso compose`: the parts of docker-compose.yml that follow from the list of features."""

from __future__ import annotations

import typer
from rich.console import Console

commands = typer.Typer(help="Parts of docker-compose.yml that follow from the features.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="compose")


@commands.command()
def render() -> None:
    """Write one service for each worker, and the targets of Prometheus; for a checkout."""
    from stream.local.compose import rendered  # noqa: PLC0415 - its package imports the local stack

    for file, content in rendered().items():
        if file.read_text(encoding="utf-8") != content:
            file.write_text(content, encoding="utf-8")
            Console().print(f"wrote {file.name}", highlight=False)
