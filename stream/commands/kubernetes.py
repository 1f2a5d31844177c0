"""`pulso kubernetes`: the parts of deploy/kubernetes that follow from the list of features."""

from __future__ import annotations

import typer
from rich.console import Console

commands = typer.Typer(help="Parts of deploy/kubernetes that follow from the features.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="kubernetes")


@commands.command()
def render() -> None:
    """Write topics, users, workers, scaling and monitoring; for a checkout."""
    from stream.kubernetes.files import rendered  # noqa: PLC0415

    for file, content in rendered().items():
        if not file.exists() or file.read_text(encoding="utf-8") != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
            Console().print(f"wrote {file.name}", highlight=False)
