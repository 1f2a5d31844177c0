"""Who did what, and when: a stream in Redis that is only ever added to.

pulso:audit     stream, trimmed; fields `time`, `who`, `what`, `subject`, `detail`, `origin`
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

AUDIT = "pulso:audit"
LENGTH = 100_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed.

    Attributes:
        who: account or token, or the name that was tried at a login that failed.
        what: `login`, `login-failed`, `logout`, `alert-acknowledge`, `evidence-seen`, `account-added`, …
        subject: what it was done to: an alert key, an account, a picture.
        origin: address of the browser, or `terminal`.
    """

    time: datetime
    who: str
    what: str
    subject: str = ""
    detail: str = ""
    origin: str = ""


async def record(redis: Redis, who: str, what: str, subject: str = "", detail: str = "", origin: str = "") -> None:
    """Add one deed."""
    fields: dict[Any, Any] = {
        "time": datetime.now(UTC).isoformat(),
        "who": who,
        "what": what,
        "subject": subject[:400],
        "detail": detail[:2000],
        "origin": origin,
    }
    await redis.xadd(AUDIT, fields, maxlen=LENGTH, approximate=True)


async def latest(redis: Redis, number: int = 50) -> list[Entry]:
    """The last deeds, newest first."""
    rows: Any = await redis.xrevrange(AUDIT, count=number)
    return [_entry({name.decode(): value.decode() for name, value in fields.items()}) for _, fields in rows]


def _entry(fields: dict[str, str]) -> Entry:
    return Entry(
        time=datetime.fromisoformat(fields["time"]),
        who=fields["who"],
        what=fields["what"],
        subject=fields.get("subject", ""),
        detail=fields.get("detail", ""),
        origin=fields.get("origin", ""),
    )
