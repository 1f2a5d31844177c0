"""`pulso topics`: list the topics, or create them on the brokers."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from schemas.topic import DAY, HOUR, MINUTE, Topic
from stream.commands.tables import folding_table, print_output
from stream.features import registry
from stream.runtime.partitions import set_partitions
from stream.runtime.settings import Settings
from stream.runtime.topics import ensure_topics
from stream.runtime.venue_file import read_venue


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def topics(
        create: Annotated[
            bool, typer.Option("--create", help="Create them on the brokers of PULSO_KAFKA, or correct their settings.")
        ] = False,
        grow: Annotated[
            bool,
            typer.Option("--grow", help="Give existing topics the partitions that are set, and move their state."),
        ] = False,
    ) -> None:
        """List the topics: key, partitions, and retention of records."""
        console = Console()
        settings = Settings()
        if grow:
            from stream.runtime.topic_growth import grow_topics  # noqa: PLC0415

            settings = settings.connected()
            done = grow_topics(settings, set_partitions(settings, read_venue(settings.venue)))
            grown = ", ".join(f"{name} {number}" for name, number in sorted(done.partitions.items()))
            console.print(f"grown: {grown or 'none'}; state rows moved: {done.rows_moved}", highlight=False)
            return
        if create:
            new = ensure_topics(settings.connected(), timeout_s=60)
            console.print(f"new topics: {', '.join(new) or 'none'}", highlight=False)
            return
        table = folding_table("topic", "key", "partitions", "kept")
        counts = set_partitions(settings, read_venue(settings.venue))
        for topic in registry.topics():
            table.add_row(topic.name, topic.key, str(counts[topic.name]), kept(topic))
        print_output(table)


def kept(topic: Topic[Any]) -> str:
    """Return the retention of a topic's records, as text.

    >>> from schemas.bars import SALES
    >>> from schemas.cameras import FRAMES
    >>> from schemas.context import CONTEXT
    >>> kept(SALES), kept(FRAMES), kept(CONTEXT)
    ('30 d', '10 min', 'the last of each key')
    """
    if topic.compacted:
        return "the last of each key"
    unit, name = next(
        (unit, name) for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")) if topic.retention_ms % unit == 0
    )
    return f"{topic.retention_ms // unit} {name}"
