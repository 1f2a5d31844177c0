"""One module a group of commands; each has `register(app)`."""

from __future__ import annotations

from collections.abc import Callable

import typer

COMMANDS: tuple[Callable[[typer.Typer], None], ...] = ()
