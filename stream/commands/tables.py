"""Tables of the command line. People copy keys and addresses from them, so nothing in them is cut off."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.table import Column, Table

PIPE_COLUMNS = 1_000
"""what goes into a file or another program is as wide as it likes"""


def folding_table(*names: str, title: str | None = None, whole: str | None = None) -> Table:
    """A table whose cells fold where they are too long for the terminal; those of the column `whole` never do.

    >>> drawn = Console(width=24)
    >>> one = folding_table("name", "where")
    >>> one.add_row("a", "http://127.0.0.1:8080")
    >>> with drawn.capture() as said:
    ...     drawn.print(one)
    >>> "…" in said.get()
    False
    """
    return Table(*(Column(name, overflow="fold", no_wrap=name == whole) for name in names), title=title)


def print_output(what: RenderableType) -> None:
    """Print it, as wide as the terminal; or, in a pipe, as wide as it is."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPE_COLUMNS)
    console.print(what)
