"""Exit status of every command.

0: done. 1: the answer is negative, such as a figure that misses its limit. 2: it could not be done, and a message says
why. Errors that the user can correct are not shown as tracebacks.
"""

from __future__ import annotations

from typing import Any

import typer
from confluent_kafka import KafkaException
from pydantic import ValidationError
from redis.exceptions import RedisError
from rich.console import Console
from typer.core import TyperGroup

from schemas.addresses import without_passwords
from schemas.errors import PulsoError
from stream.commands.output import write_any_text
from stream.runtime.settings import Settings


def command_failed(reason: object) -> typer.Exit:
    """Print why a command can't be done, and return the exception to raise."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(
        f"pulso: {without_passwords(str(reason))}", markup=False
    )
    return typer.Exit(2)


class ErrorReportingGroup(TyperGroup):
    """A group of commands in which an error that the user can correct ends the command with a message."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command line."""
        write_any_text()
        return super().main(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            message = error_message(error)
            if message is None:
                raise
            raise command_failed(message) from error


def error_message(error: Exception) -> str | None:
    """Return the message for the user; None for a defect of the program, whose traceback is needed."""
    if isinstance(error, KafkaException):
        return f"Kafka: {error.args[0].str()}"
    if isinstance(error, RedisError):
        return f"Redis: {error}"
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        return "; ".join(
            f"PULSO_{str(detail['loc'][0]).upper()}: {detail['msg'].removeprefix('Value error, ')}"
            for detail in error.errors(include_input=False)
        )
    if isinstance(error, PulsoError | OSError):
        return str(error) or None
    return None
