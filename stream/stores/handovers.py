"""Shift hand-over notes in Redis: each is written once, and taken over once by the person whom it names.

Keys, with the prefix `pulso:`

    handovers           hash, id → JSON of HandoverNote, never changed
    handovers:order     sorted set, id → Unix milliseconds of writing; the oldest beyond `KEPT_NOTES` are removed
    handovers:taken     hash, id → JSON of Takeover
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from redis.asyncio import Redis

from schemas.alerts import Alert

NOTES, ORDER, TAKEN = "pulso:handovers", "pulso:handovers:order", "pulso:handovers:taken"

KEPT_NOTES = 500
"""More than a festival has shifts."""


class ShiftLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a note in any language: a phrase of the console's words, and the values in it."""

    word: str
    values: dict[str, str] = {}


class ShiftAction(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person did in the shift, as the audit log has it."""

    time: datetime
    who: str
    what: str
    subject: str = ""
    detail: str = ""


class HandoverNote(msgspec.Struct, frozen=True, kw_only=True):
    """State of the control room at the end of a shift, signed by the person who hands it over.

    Attributes:
        begins: begin of the shift.
        by: who hands over.
        to: who is to take over.
        alerts: open and shelved ones that `by` sees, worst first.
        measures: what is in force: paths that are closed and the like.
        actions: what people did in the shift, oldest first.
        omitted: number of further actions, older than those.
        text: what the next shift must know.
    """

    id: str
    begins: datetime
    written_at: datetime
    by: str
    to: str
    alerts: tuple[Alert, ...] = ()
    measures: tuple[ShiftLine, ...] = ()
    actions: tuple[ShiftAction, ...] = ()
    omitted: int = 0
    text: str = ""


class Takeover(msgspec.Struct, frozen=True, kw_only=True):
    """Signature of the person who takes over."""

    by: str
    at: datetime


class SignedNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note, and who has taken over; None while nobody has."""

    note: HandoverNote
    taken: Takeover | None = None


class HandoverStore:
    """Writes and reads hand-over notes."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def add(self, note: HandoverNote) -> bool:
        """Store a note; return False if one of this id is there, which stays as it is."""
        if not await self._redis.hsetnx(NOTES, note.id, msgspec.json.encode(note).decode()):
            return False
        await self._redis.zadd(ORDER, {note.id: note.written_at.timestamp() * 1000})
        old: Any = await self._redis.zrange(ORDER, 0, -KEPT_NOTES - 1)
        if old:
            await self._redis.hdel(NOTES, *old)
            await self._redis.hdel(TAKEN, *old)
            await self._redis.zrem(ORDER, *old)
        return True

    async def take_over(self, id: str, by: str, now: datetime) -> bool:
        """Store who takes over; return False if somebody has before."""
        takeover = msgspec.json.encode(Takeover(by=by, at=now)).decode()
        return bool(await self._redis.hsetnx(TAKEN, id, takeover))

    async def get(self, id: str) -> SignedNote | None:
        """Return a note; None if there is none of this id."""
        row: Any = await self._redis.hget(NOTES, id)
        if row is None:
            return None
        taken: Any = await self._redis.hget(TAKEN, id)
        return SignedNote(
            note=msgspec.json.decode(row, type=HandoverNote),
            taken=None if taken is None else msgspec.json.decode(taken, type=Takeover),
        )

    async def latest(self, number: int = 20) -> list[SignedNote]:
        """Return the last notes, newest first."""
        ids: Any = await self._redis.zrevrange(ORDER, 0, number - 1)
        found = [await self.get(id.decode()) for id in ids]
        return [one for one in found if one is not None]


def shift_begin(latest: list[SignedNote], now: datetime, longest_hours: float) -> datetime:
    """Return the begin of the present shift: the last time that somebody took over, or the longest shift ago.

    >>> shift_begin([], datetime(2026, 7, 4, 22, tzinfo=UTC), 12).hour
    10
    """
    oldest = datetime.fromtimestamp(now.timestamp() - longest_hours * 3600, UTC)
    taken = [one.taken.at for one in latest if one.taken is not None]
    return max([oldest, *taken])
