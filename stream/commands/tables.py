"""Tables of the command line. People copy keys and addresses from them, so nothing is truncated."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.table import Column, Table

PIPE_COLUMNS = 1_000
"""Width of output that goes into a file or another program."""


def folding_table(*names: str, title: str | None = None, whole: str | None = None) -> Table:
    """Return a table whose cells wrap where they are too long for the terminal, except those of the column `whole`.

    >>> narrow = Console(width=24)
    >>> table = folding_table("name", "where")
    >>> table.add_row("a", "http://127.0.0.1:8080")
    >>> with narrow.capture() as output:
    ...     narrow.print(table)
    >>> "…" in output.get()
    False
    """
    return Table(*(Column(name, overflow="fold", no_wrap=name == whole) for name in names), title=title)


def print_output(output: RenderableType) -> None:
    """Print to standard output, as wide as the terminal, or as wide as needed where it is not a terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPE_COLUMNS)
    console.print(output)
