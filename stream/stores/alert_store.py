"""Alerts in Redis: a stream for each audience, a hash of open alerts, and a Pub/Sub channel that announces changes.

Keys, with the prefix `pulso:`

    alerts:AUDIENCE     stream, trimmed; fields `alert` (JSON of schemas.alerts.Alert) and `received` (RFC 3339 wall
                        clock at which the causing event entered Pulso; the entry's own id has the time of arrival here)
    alerts:open         hash, alert key → JSON of the last step; a resolved alert is removed, and a later verdict does
                        not add it again
    alerts:shelved      hash, alert key → JSON of the last step of a shelved alert, which may be resolved
    alerts:step:ID      highest version of one alert that was written, for a week: repeated writes change nothing
    alerts              Pub/Sub channel; the message is the alert's key
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import get_args

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from schemas.alerts import Alert, Severity
from schemas.ids import AlertKey
from stream.stores import audit

log = logging.getLogger(__name__)

STREAM = "pulso:alerts:{audience}"
OPEN = "pulso:alerts:open"
SHELVED = "pulso:alerts:shelved"
STEP = "pulso:alerts:step:{id}"
CHANNEL = "pulso:alerts"
STREAM_LENGTH = 10_000
STEP_SECONDS = 7 * 24 * 3600

# One script, so that a step is written completely or not at all, and once however often the write is repeated.
_WRITE = """
local written = tonumber(redis.call('GET', KEYS[1]) or '0')
local version = tonumber(ARGV[1])
if version <= written then return 0 end
redis.call('SET', KEYS[1], version, 'EX', ARGV[2])
if ARGV[3] == 'resolved' then
  redis.call('HDEL', KEYS[2], ARGV[4])
elseif ARGV[3] ~= 'over' then
  redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
end
if ARGV[9] == '1' then
  redis.call('HSET', KEYS[3], ARGV[4], ARGV[5])
else
  redis.call('HDEL', KEYS[3], ARGV[4])
end
for i = 4, #KEYS do
  redis.call('XADD', KEYS[i], 'MAXLEN', '~', ARGV[7], '*', 'alert', ARGV[5], 'received', ARGV[6])
end
redis.call('PUBLISH', ARGV[8], ARGV[4])
return 1
"""


def entry_order(entry: str) -> tuple[int, int]:
    """Return the sort key of a stream's entry: its milliseconds and number."""
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds), int(number)


def worst_first(rows: Iterable[bytes | str]) -> list[Alert]:
    """Decode rows of the hash of open alerts; the most severe come first, and of those the oldest."""
    severities = get_args(Severity)[::-1]
    alerts = [msgspec.json.decode(row, type=Alert) for row in rows]
    return sorted(alerts, key=lambda alert: (severities.index(alert.severity), alert.raised_at))


class AlertStore:
    """Writes each step of an alert to Redis once; waits while Redis can't be reached."""

    def __init__(self, url: str, waiting: Callable[[], None] = lambda: None) -> None:
        """Connect to Redis.

        Args:
            url: of Redis.
            waiting: called after every attempt that fails, so that the worker is known to be alive.
        """
        self._waiting = waiting
        self._redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, health_check_interval=15)
        self._write = self._redis.register_script(_WRITE)

    async def write(self, alert: Alert, received: datetime) -> bool:
        """Store one step; return False when it was stored before.

        Waits while Redis can't be reached, for ever: an alert is never dropped.
        """
        keys = [STEP.format(id=alert.id), OPEN, SHELVED, *(STREAM.format(audience=name) for name in alert.audience)]
        arguments = [
            alert.version,
            STEP_SECONDS,
            "over" if alert.resolved_at is not None and alert.state != "resolved" else alert.state,
            alert.key,
            msgspec.json.encode(alert),
            received.isoformat(),
            STREAM_LENGTH,
            CHANNEL,
            int(alert.shelved_until is not None),
        ]
        delay = 0.25
        while True:
            try:
                return bool(await self._write(keys=keys, args=arguments))
            except (RedisConnectionError, RedisTimeoutError, OSError) as error:
                log.warning("alert %s: Redis can't be reached (%s); trying again in %.1f s", alert.id, error, delay)
            except ResponseError as error:
                # Redis answers with an error while it loads its data, is read-only or out of memory; it may recover.
                log.error("alert %s: Redis refuses it (%s); trying again in %.1f s", alert.id, error, delay)  # noqa: TRY400
            self._waiting()
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5.0)

    async def open_by_rule(self) -> dict[str, int] | None:
        """Return the number of open alerts of each rule, or None while Redis can't be reached."""
        alerts = await self.open_alerts()
        return None if alerts is None else dict(Counter(alert.rule for alert in alerts))

    async def open_evidence(self) -> list[str]:
        """Return the ids of all evidence of open alerts; none while Redis can't be reached."""
        return [id for alert in await self.open_alerts() or () for id in alert.evidence]

    async def open_alerts(self) -> list[Alert] | None:
        """Return the open alerts, or None while Redis can't be reached."""
        try:
            rows = await self._redis.hvals(OPEN)
        except (RedisError, OSError):
            return None
        return [msgspec.json.decode(row, type=Alert) for row in rows]

    async def shelved_alerts(self) -> list[Alert] | None:
        """Return the shelved alerts, open or resolved, or None while Redis can't be reached."""
        try:
            rows = await self._redis.hvals(SHELVED)
        except (RedisError, OSError):
            return None
        return [msgspec.json.decode(row, type=Alert) for row in rows]

    async def forget_shelved(self, key: AlertKey) -> None:
        """Remove an alert from those that are shelved; it stays as it is in all other keys."""
        try:
            await self._redis.hdel(SHELVED, key)
        except (RedisError, OSError):
            return  # the next call tries again

    async def record(self, who: str, what: str, subject: str, detail: str) -> None:
        """Add an entry to the audit log; it is left out while Redis can't be reached."""
        try:
            await audit.record(self._redis, who, what, subject, detail)
        except (RedisError, OSError) as error:
            log.warning("%s of %s is not in the audit log: %s", what, subject, error)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
