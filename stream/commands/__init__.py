"""One module a group of commands; each has `register(app)`."""

from __future__ import annotations

from collections.abc import Callable

import typer

from stream.commands import (
    alerts,
    dead,
    demo,
    evaluate,
    faq,
    schemas,
    source,
    stack,
    support,
    topics,
    venue,
    worker,
)

COMMANDS: tuple[Callable[[typer.Typer], None], ...] = (
    demo.register,
    stack.register,
    venue.register,
    worker.register,
    source.register,
    alerts.register,
    dead.register,
    support.register,
    faq.register,
    topics.register,
    evaluate.register,
    schemas.register,
)
