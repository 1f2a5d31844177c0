"""One module a group of commands; each has `register(app)`."""

from __future__ import annotations

from collections.abc import Callable

import typer

from stream.commands import alerts, dead, demo, evaluate, forecast, schemas, source, stack, stock, topics, venue, worker

COMMANDS: tuple[Callable[[typer.Typer], None], ...] = (
    demo.register,
    stack.register,
    venue.register,
    worker.register,
    source.register,
    stock.register,
    forecast.register,
    alerts.register,
    dead.register,
    topics.register,
    evaluate.register,
    schemas.register,
)
