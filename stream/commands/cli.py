"""The `pulso` command: each module of `stream.commands` adds its own."""

from __future__ import annotations

import stream.runtime.process_limits  # noqa: F401 - before anything that loads a library

# isort: split

from collections.abc import Callable
from importlib.metadata import entry_points

import typer

from stream.commands import (
    alerts,
    attendance,
    context,
    dead,
    evaluate,
    faq,
    forecast,
    labels,
    models,
    schemas,
    settings,
    source,
    stack,
    stock,
    support,
    tag,
    topics,
    users,
    venue,
    worker,
)
from stream.commands.errors import Plainly

COMMANDS: tuple[Callable[[typer.Typer], None], ...] = (
    stack.register,
    venue.register,
    worker.register,
    source.register,
    stock.register,
    context.register,
    forecast.register,
    alerts.register,
    labels.register,
    users.register,
    attendance.register,
    dead.register,
    topics.register,
    support.register,
    faq.register,
    evaluate.register,
    models.register,
    tag.register,
    schemas.register,
    settings.register,
)

app = typer.Typer(
    name="pulso",
    cls=Plainly,
    help="Watches a music festival live: crowds, fights, bar stock, support mail and the mood on stage.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # a local may hold a password
    context_settings={"help_option_names": ["-h", "--help"]},
)

for register in COMMANDS:
    register(app)
for entry_point in entry_points(group="pulso.commands"):
    entry_point.load()(app)

if __name__ == "__main__":
    app()
