"""The `pulso` command: each module of `stream.commands` adds its own."""

from __future__ import annotations

from importlib.metadata import entry_points

import typer

from stream.commands import COMMANDS
from stream.commands.errors import Plainly

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
