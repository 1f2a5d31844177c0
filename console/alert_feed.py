"""Alerts as the pages get them: from the streams in Redis, each step once, without a gap after a cut.

A cursor names, for each audience, the last entry that a page has seen: `bar=5-0,security=1720-3`. A page begins with
the open alerts and the cursor that was read before them, and every step that it is sent carries the cursor that
follows. So after a cut it says where it was, and gets what it missed; steps that it has already (a version that is
not higher) change nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from console.authentication import AUDIENCES, Visitor
from console.hub import Hub
from schemas.alerts import Alert, Audience
from stream.stores.alert_store import OPEN, STREAM, worst_first

log = logging.getLogger(__name__)

Cursor = dict[Audience, str]
START = "0-0"
AGAIN_SECONDS = 0.5
_CATCH_UP = 2_000
"""A page that missed more steps of one audience begins anew instead."""


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of one audience's stream."""

    audience: Audience
    entry: str
    alert: Alert
    json: bytes


def read_cursor(text: str | None) -> Cursor | None:
    """A page's cursor, or None when it is none of ours.

    >>> read_cursor("security=1720-3,bar=0-0")
    {'security': '1720-3', 'bar': '0-0'}
    >>> read_cursor("nonsense") is None
    True
    """
    cursor: Cursor = {}
    for part in (text or "").split(","):
        audience, _, entry = part.partition("=")
        numbers = entry.split("-")
        if audience not in AUDIENCES or len(numbers) != 2 or not all(n.isdecimal() and len(n) <= 20 for n in numbers):
            return None
        cursor[audience] = entry
    return cursor


def write_cursor(cursor: Mapping[Audience, str]) -> str:
    """The text of a cursor, always in the same order."""
    return ",".join(f"{audience}={cursor[audience]}" for audience in sorted(cursor))


def order(entry: str) -> tuple[int, int]:
    """Sorts entries by age."""
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds), int(number)


class AlertFeed:
    """Reads every audience's stream once for all pages, and what one page missed for that page."""

    def __init__(self, redis: Redis, hub: Hub) -> None:
        self._redis = redis
        self._hub = hub
        self.ready = asyncio.Event()
        """set once new steps are handed on: what a page reads by itself before that could leave a gap"""

    async def run(self) -> None:
        """Hand every new step to the hub, for ever; after a failure from where it was."""
        last: Cursor | None = None
        while True:
            try:
                if last is None:
                    last = await self._ends(AUDIENCES)
                    self.ready.set()
                answer: Any = await self._redis.xread(
                    {STREAM.format(audience=audience): entry for audience, entry in last.items()},
                    block=2_000,
                    count=1_000,
                )
            except (RedisError, OSError) as error:
                log.warning("alerts can't be read from Redis: %s; trying again", error)
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            steps = [
                step(audience, name, fields)
                for stream, entries in answer
                for audience in AUDIENCES
                if stream.decode() == STREAM.format(audience=audience)
                for name, fields in entries
            ]
            for one in sorted(steps, key=lambda one: order(one.entry)):
                last[one.audience] = one.entry
                self._hub.publish(f"alerts:{one.audience}", one)

    async def snapshot(self, visitor: Visitor) -> tuple[str, list[Alert]]:
        """The open alerts of a visitor, worst first, and the cursor to go on from.

        Raises:
            RedisError: Redis is away.
        """
        cursor = await self._ends(visitor.audiences)
        rows = await self._redis.hvals(OPEN)
        return write_cursor(cursor), [alert for alert in worst_first(rows) if visitor.sees(alert)]

    async def since(self, cursor: Cursor, audiences: Iterable[Audience]) -> list[Step] | None:
        """Every step after the cursor, oldest first; None when the streams no longer hold them all."""
        found: list[Step] = []
        for audience in audiences:
            entry = cursor.get(audience)
            name = STREAM.format(audience=audience)
            if entry is None or not await self._holds(name, entry):
                return None
            entries: Any = await self._redis.xrange(name, min=f"({entry}", count=_CATCH_UP + 1)
            if len(entries) > _CATCH_UP:
                return None
            found += [step(audience, one, fields) for one, fields in entries]
        return sorted(found, key=lambda one: order(one.entry))

    async def _holds(self, name: str, entry: str) -> bool:
        """Whether nothing after this entry was trimmed, and the stream is still the one that had it."""
        if not await self._redis.exists(name):
            return entry == START
        about: Any = await self._redis.xinfo_stream(name)
        first = about["first-entry"]
        if order(entry) > order(_text(about["last-generated-id"])):
            return False
        if entry == START:
            return bool(about["entries-added"] == about["length"])
        return first is None or order(entry) >= order(_text(first[0]))

    async def _ends(self, audiences: Iterable[Audience]) -> Cursor:
        cursor: Cursor = {}
        for audience in audiences:
            entries: Any = await self._redis.xrevrange(STREAM.format(audience=audience), count=1)
            cursor[audience] = _text(entries[0][0]) if entries else START
        return cursor


def step(audience: Audience, name: bytes, fields: Mapping[bytes, bytes]) -> Step:
    """Read one entry of a stream."""
    row = fields[b"alert"]
    return Step(audience, name.decode(), msgspec.json.decode(row, type=Alert), row)


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
