"""Rows of state into a Faust table, and surely into its changelog."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any


async def know_partitions(producer: Any, table: Any) -> None:
    """A row's partition is asked for when it is written, and the client may have forgotten the changelog: it keeps in
    mind only what it has sent to by name.
    """
    await producer._ensure_producer().partitions_for(table.changelog_topic.get_topic_name())


async def write_rows(rows: Mapping[str, bytes | None], table: Any) -> None:
    """All at once, and then wait until the changelog has them: Faust alone would only log that one was refused, and
    commit the events that it stands for.

    Args:
        rows: by name; None takes one away.
    """
    sent = []
    for key, row in rows.items():
        name = key.encode()
        if row is not None:
            sent.append(table.send_changelog(None, name, row))
            table.data[name] = row
        elif name in table.data:
            sent.append(table.send_changelog(None, name, None, value_serializer="raw"))
            del table.data[name]
    if sent:
        await asyncio.gather(*sent)
