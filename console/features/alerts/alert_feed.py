"""Steps of alerts for the pages: from the streams in Redis, each step once, without a gap after a cut.

A cursor names, for each audience, the last entry that a page has received: `bar=5-0,security=1720-3`. A page begins
with the open alerts and the cursor that was read before them, and every step that it is sent carries the next cursor.
After a cut it sends its cursor and gets what it missed; steps that it has already (a version that is not higher) change
nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from console.authentication import User
from console.update_hub import UpdateHub
from processors.alerts.incidents import IncidentBook, Membership
from schemas.alerts import AUDIENCES, Alert, Audience
from schemas.ids import AlertId
from stream.stores.alert_store import OPEN, SHELVED, STREAM, entry_order, worst_first

log = logging.getLogger(__name__)

Cursor = dict[Audience, str]
StreamEntries: TypeAlias = list[tuple[bytes, dict[bytes, bytes]]]
"""Entries of a stream, each with name and fields; redis-py's own types also allow what only other settings return."""

START = "0-0"
"""Entry before the first one of a stream."""

INCIDENT_HISTORY = timedelta(hours=3)
"""Alerts that were raised so long ago are read when the console starts, to know which belong together."""

RETRY_SECONDS = 0.5
MAX_MISSED_STEPS = 2_000
"""A page that missed more steps of one audience begins anew instead."""


@dataclass(frozen=True, slots=True)
class AlertStep:
    """One entry of one audience's stream."""

    audience: Audience
    entry: str
    alert: Alert
    json: bytes
    incident: Membership | None = None

    def shown(self) -> str:
        """Return the step as pages get it: JSON of the alert, with the incident that it belongs to."""
        if self.incident is None:
            return self.json.decode()
        return f'{self.json[:-1].decode()},"incident":{msgspec.json.encode(self.incident).decode()}}}'


def read_cursor(text: str | None) -> Cursor | None:
    """Return a page's cursor, or None when the text is not a valid cursor.

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
    """Return the text of a cursor, with audiences in alphabetical order."""
    return ",".join(f"{audience}={cursor[audience]}" for audience in sorted(cursor))


class AlertFeed:
    """Reader of the alert streams: new steps once for all pages, and missed steps for one page."""

    def __init__(self, redis: Redis, hub: UpdateHub, incidents: IncidentBook) -> None:
        self._redis = redis
        self._hub = hub
        self.incidents = incidents
        self.ready = asyncio.Event()
        """Set once new steps are published: what a page reads by itself before that could leave a gap."""

    async def run(self) -> None:
        """Publish every new step to the hub, for ever; after a failure it goes on from where it was."""
        last: Cursor | None = None
        while True:
            try:
                if last is None:
                    last = await self._last_entries(AUDIENCES)
                    await self._read_incidents()
                    self.ready.set()
                answer = await self._redis.xread(
                    {STREAM.format(audience=audience): entry for audience, entry in last.items()},
                    block=2_000,
                    count=1_000,
                )
            except (RedisError, OSError) as error:
                log.warning("alerts can't be read from Redis: %s; trying again", error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            steps = [
                self._joined(decode_step(audience, name, fields))
                for stream, entries in cast("list[tuple[bytes, StreamEntries]]", answer)
                for audience in AUDIENCES
                if stream.decode() == STREAM.format(audience=audience)
                for name, fields in entries
            ]
            for one in sorted(steps, key=lambda one: entry_order(one.entry)):
                last[one.audience] = one.entry
                self._hub.publish(f"alerts:{one.audience}", one)

    async def snapshot(self, user: User) -> tuple[str, list[Alert]]:
        """Return the cursor to go on from, and the open alerts that a user may see, worst first; then shelved ones.

        An alert that is shelved and has ended is among them: it must be seen that its key is shelved.

        Raises:
            RedisError: Redis does not answer.
        """
        cursor = await self._last_entries(user.audiences)
        rows = await self._redis.hvals(OPEN)
        shelved = [alert for alert in worst_first(await self._redis.hvals(SHELVED)) if alert.resolved_at is not None]
        opened = worst_first(rows)
        keys = {alert.key for alert in opened}
        alerts = [*opened, *(alert for alert in shelved if alert.key not in keys)]
        return write_cursor(cursor), [alert for alert in alerts if user.can_see_alert(alert)]

    async def steps_since(self, cursor: Cursor, audiences: Iterable[Audience]) -> list[AlertStep] | None:
        """Return every step after the cursor, oldest first; None if the streams no longer hold them all.

        Raises:
            RedisError: Redis does not answer.
        """
        steps: list[AlertStep] = []
        for audience in audiences:
            entry = cursor.get(audience)
            stream = STREAM.format(audience=audience)
            if entry is None or not await self._is_complete_after(stream, entry):
                return None
            entries = cast(
                "StreamEntries", await self._redis.xrange(stream, min=f"({entry}", count=MAX_MISSED_STEPS + 1)
            )
            if len(entries) > MAX_MISSED_STEPS:
                return None
            steps += [self._joined(decode_step(audience, name, fields)) for name, fields in entries]
        return sorted(steps, key=lambda one: entry_order(one.entry))

    def incidents_of(self, alerts: Iterable[Alert]) -> dict[AlertId, Membership]:
        """Return the incidents of alerts, by alert; those whose rule joins none are left out."""
        found = {alert.id: self.incidents.add(alert) for alert in sorted(alerts, key=_raising_order)}
        return {id: membership for id, membership in found.items() if membership is not None}

    async def _read_incidents(self) -> None:
        """Add the open alerts and those of the last hours, so that a console that starts joins as the others do."""
        begin = int((datetime.now(UTC) - INCIDENT_HISTORY).timestamp() * 1000)
        alerts = {alert.id: alert for alert in worst_first(await self._redis.hvals(OPEN))}
        for audience in AUDIENCES:
            entries = cast("StreamEntries", await self._redis.xrange(STREAM.format(audience=audience), min=str(begin)))
            steps = [decode_step(audience, name, fields).alert for name, fields in entries]
            alerts |= {step.id: step for step in steps if step.state == "raised"}
        self.incidents_of(alerts.values())

    def _joined(self, step: AlertStep) -> AlertStep:
        return replace(step, incident=self.incidents.add(step.alert))

    async def _is_complete_after(self, stream: str, entry: str) -> bool:
        """Return true if nothing after this entry was trimmed, and the stream is still the one that had it."""
        if not await self._redis.exists(stream):
            return entry == START
        info = await self._redis.xinfo_stream(stream)
        first = info["first-entry"]
        if entry_order(entry) > entry_order(_text(info["last-generated-id"])):
            return False
        if entry == START:
            return bool(info["entries-added"] == info["length"])
        return first is None or entry_order(entry) >= entry_order(_text(first[0]))

    async def _last_entries(self, audiences: Iterable[Audience]) -> Cursor:
        cursor: Cursor = {}
        for audience in audiences:
            entries = cast("StreamEntries", await self._redis.xrevrange(STREAM.format(audience=audience), count=1))
            cursor[audience] = _text(entries[0][0]) if entries else START
        return cursor


def _raising_order(alert: Alert) -> tuple[datetime, AlertId]:
    return alert.raised_at, alert.id


def decode_step(audience: Audience, name: bytes, fields: Mapping[bytes, bytes]) -> AlertStep:
    """Decode one entry of a stream."""
    row = fields[b"alert"]
    return AlertStep(audience, name.decode(), msgspec.json.decode(row, type=Alert), row)


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name
