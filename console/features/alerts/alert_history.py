"""Steps of alerts, read back from the streams in Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from typing import cast

import msgspec
from redis.asyncio import Redis

from console.authentication import User
from console.features.alerts.alert_feed import StreamEntries
from schemas.alerts import Alert, AlertLabel, Verdict
from schemas.ids import AlertId
from stream.stores.alert_store import STREAM

ENTRIES_AT_ONCE = 1_000


@dataclass(slots=True)
class AlertHistory:
    """One alert with its steps, the newest first.

    Attributes:
        newest_entry: order of the newest step in the streams.
        label: the last verdict, which may have come when the alert itself was no longer open.
    """

    steps: list[Alert] = field(default_factory=list)
    newest_entry: tuple[int, int] = (0, 0)
    label: AlertLabel | None = None

    @property
    def last(self) -> Alert:
        """The alert after its last step."""
        return self.steps[0]

    @property
    def verdict(self) -> Verdict | None:
        """The last verdict of a person."""
        return self.label.verdict if self.label else self.last.verdict

    def contains(self, words: list[str]) -> bool:
        """Return true if every word is in the alert's texts, key, people or notes."""
        if not words:
            return True
        parts: list[str] = []
        for step in self.steps:
            parts += [step.key, step.severity, step.note, *step.text.values()]
            parts += [name for name in (step.by, step.acknowledged_by, step.assigned_to, step.resolved_by) if name]
        text = "\n".join(parts).casefold()
        return all(word in text for word in words)


async def newest_first(
    redis: Redis, user: User, only: Collection[AlertId] | None = None
) -> AsyncIterator[tuple[str, Alert]]:
    """Yield entry and step of the alerts that a user may see, of each audience the newest first, each step once.

    Args:
        redis: where the streams are.
        user: alerts that are not for this user are left out.
        only: ids of alerts; all alerts if None.

    Raises:
        RedisError: Redis does not answer.
    """
    yielded: set[tuple[AlertId, int]] = set()
    markers = [b""] if only is None else [id.encode() for id in only]
    for audience in user.audiences:
        end = "+"
        while True:
            answer = await redis.xrevrange(STREAM.format(audience=audience), max=end, count=ENTRIES_AT_ONCE)
            entries = cast("StreamEntries", answer)
            for name, fields in entries:
                row = fields[b"alert"]
                if not any(marker in row for marker in markers):  # spares decoding most rows
                    continue
                alert = msgspec.json.decode(row, type=Alert)
                if (alert.id, alert.version) in yielded or not user.can_see_alert(alert):
                    continue
                if only is not None and alert.id not in only:
                    continue
                yielded.add((alert.id, alert.version))
                yield name.decode(), alert
            if len(entries) < ENTRIES_AT_ONCE:
                break
            end = f"({entries[-1][0].decode()}"


async def last_step(redis: Redis, user: User, alert: AlertId) -> Alert | None:
    """Return the last step of an alert, open or ended; None if it is no longer kept or not for this user.

    Raises:
        RedisError: Redis does not answer.
    """
    async for _, step in newest_first(redis, user, only=(alert,)):
        return step
    return None
