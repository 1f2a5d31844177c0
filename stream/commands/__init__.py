"""One module a group of commands; each has `register(app)`."""

from __future__ import annotations

from collections.abc import Callable

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
)
