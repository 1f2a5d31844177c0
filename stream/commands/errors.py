"""How every command ends. Exit status 0: done. 1: the answer is no, such as a figure that misses its limit. 2: it could
not be done, and a sentence says why; what a person can mend is not shown as a traceback.
"""

from __future__ import annotations

from typing import Any

import typer
from confluent_kafka import KafkaException
from redis.exceptions import RedisError
from rich.console import Console
from typer.core import TyperGroup

OURS = ("schemas", "processors", "stream", "console")
"""packages whose own errors say what is wrong and what to do next"""


def refused(why: object) -> typer.Exit:
    """Say why something can't be done; returns what to raise."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"pulso: {why}", markup=False)
    return typer.Exit(2)


class Plainly(TyperGroup):
    """The `pulso` command, of which every subcommand ends so."""

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand, and end plainly where it met something that a person can mend."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            said = _sentence(error)
            if said is None:
                raise
            raise refused(said) from error


def _sentence(error: Exception) -> str | None:
    """What to tell; None for a fault of the program, whose traceback is wanted."""
    if isinstance(error, KafkaException):
        return f"Kafka: {error.args[0].str()}"
    if isinstance(error, RedisError):
        return f"Redis: {error}"
    # Not of a kind of it: a KeyError is a fault.
    told = isinstance(error, OSError) or type(error) is LookupError or type(error).__module__.partition(".")[0] in OURS
    return (str(error) or None) if told else None
