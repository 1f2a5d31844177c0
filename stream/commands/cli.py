"""The `pulso` command: the core commands, those of features, and those of packages above `stream`."""

from __future__ import annotations

import stream.runtime.process_limits  # noqa: F401 - before anything that loads a library

# isort: split

from collections.abc import Callable
from importlib.metadata import entry_points

import typer

from stream.commands import (
    compose,
    dead,
    evaluate,
    kubernetes,
    schemas,
    settings,
    source,
    stack,
    topics,
    users,
    venue,
    worker,
)
from stream.commands.errors import ErrorReportingGroup
from stream.features import registry
from stream.runtime.feature import load_reference

CORE_COMMANDS: tuple[Callable[[typer.Typer], None], ...] = (
    stack.register,
    venue.register,
    worker.register,
    source.register,
    users.register,
    dead.register,
    topics.register,
    compose.register,
    kubernetes.register,
    evaluate.register,
    schemas.register,
    settings.register,
)

app = typer.Typer(
    name="pulso",
    cls=ErrorReportingGroup,
    help="Watches a music festival live: crowds, fights, bar stock, support mail and the mood on stage.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # a local may hold a password
    context_settings={"help_option_names": ["-h", "--help"]},
)

for register in CORE_COMMANDS:
    register(app)
for reference in registry.commands():
    load_reference(reference)(app)
for entry_point in entry_points(group="pulso.commands"):
    entry_point.load()(app)

if __name__ == "__main__":
    app()
