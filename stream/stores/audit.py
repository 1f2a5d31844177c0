"""Audit log of the console and the command line: a stream in Redis that entries are only added to.

pulso:audit             stream, trimmed; fields `time`, `who`, `what`, `subject`, `detail`, `origin`
pulso:audit:once:NAME   names of entries that a program may write again, for a week
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

AUDIT = "pulso:audit"
LENGTH = 100_000
"""Entries that are kept."""

ONCE = "pulso:audit:once:{name}"
ONCE_SECONDS = 7 * 24 * 3600

_ADD_ONCE = """
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', unpack(ARGV, 3))
return 1
"""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One action of a person or program.

    Attributes:
        time: when it was recorded.
        who: account or token; for a failed login the name that was tried.
        what: `login`, `login-failed`, `logout`, `alert-acknowledge`, `evidence-seen`, `account-added`, …
        subject: object of the action: an alert key, an account, a picture.
        detail: further text.
        origin: address of the browser, or `terminal`.
    """

    time: datetime
    who: str
    what: str
    subject: str = ""
    detail: str = ""
    origin: str = ""


async def record(redis: Redis, who: str, what: str, subject: str = "", detail: str = "", origin: str = "") -> None:
    """Add an entry; see `AuditEntry` for the arguments."""
    await redis.xadd(AUDIT, _fields(who, what, subject, detail, origin), maxlen=LENGTH, approximate=True)


async def record_once(redis: Redis, name: str, who: str, what: str, subject: str = "", detail: str = "") -> bool:
    """Add an entry of a program; return False if one of this name was added within a week."""
    fields = [text for pair in _fields(who, what, subject, detail, "").items() for text in pair]
    keys = (ONCE.format(name=name), AUDIT)
    added: Any = redis.eval(_ADD_ONCE, len(keys), *keys, str(ONCE_SECONDS), str(LENGTH), *fields)
    return bool(await added)


def _fields(who: str, what: str, subject: str, detail: str, origin: str) -> dict[Any, Any]:
    return {
        "time": datetime.now(UTC).isoformat(),
        "who": who,
        "what": what,
        "subject": subject[:400],
        "detail": detail[:2000],
        "origin": origin,
    }


async def latest(redis: Redis, number: int = 50) -> list[AuditEntry]:
    """Return the last entries, newest first."""
    rows: Any = await redis.xrevrange(AUDIT, count=number)
    return [_entry({name.decode(): value.decode() for name, value in fields.items()}) for _, fields in rows]


async def since(redis: Redis, begin: datetime, number: int = 10_000) -> list[AuditEntry]:
    """Return the newest entries from a time on, at most `number`, oldest first."""
    rows: Any = await redis.xrevrange(AUDIT, min=str(int(begin.timestamp() * 1000)), count=number)
    return [_entry({name.decode(): value.decode() for name, value in fields.items()}) for _, fields in rows[::-1]]


def _entry(fields: dict[str, str]) -> AuditEntry:
    return AuditEntry(
        time=datetime.fromisoformat(fields["time"]),
        who=fields["who"],
        what=fields["what"],
        subject=fields.get("subject", ""),
        detail=fields.get("detail", ""),
        origin=fields.get("origin", ""),
    )
