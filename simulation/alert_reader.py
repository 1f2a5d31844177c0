"""Alert steps as Redis delivers them, each with its delay from the causing event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from redis import Redis
from redis.exceptions import RedisError

from schemas.alerts import AUDIENCES, Alert, Audience
from stream.stores.alert_store import OPEN, STREAM, entry_order, worst_first


@dataclass(frozen=True, slots=True)
class AlertDelivery:
    """One step of an alert, as delivered to one audience.

    Attributes:
        delay: seconds from the source handing over the causing event until the step is in Redis.
    """

    alert: Alert
    audience: Audience
    delay: float


class AlertReader:
    """Reader of the alert streams of all audiences; returns each entry once."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=5)
        self._last: dict[Audience, str] = {}
        self.delivered: list[AlertDelivery] = []
        self.error = ""

    def from_now(self) -> AlertReader:
        """Skip the entries that are already in the streams, and return this feed."""
        for audience in AUDIENCES:
            entries: Any = self._redis.xrevrange(STREAM.format(audience=audience), count=1)
            if entries:
                self._last[audience] = entries[0][0].decode()
        return self

    def read(self) -> list[AlertDelivery]:
        """Return the steps since the last call, oldest first; empty with `error` set while Redis cannot be reached."""
        new: list[tuple[str, AlertDelivery]] = []
        try:
            for audience in AUDIENCES:
                begin = f"({self._last[audience]}" if audience in self._last else "-"
                entries: Any = self._redis.xrange(STREAM.format(audience=audience), min=begin)
                for name, fields in entries:
                    self._last[audience] = name.decode()
                    new.append((name.decode(), parse_entry(audience, name, fields)))
        except RedisError as error:
            self.error = f"Redis cannot be read: {error}"
            return []
        self.error = ""
        steps = [step for _, step in sorted(new, key=lambda entry: entry_order(entry[0]))]
        self.delivered += steps
        return steps

    def open(self) -> list[Alert]:
        """Return the open alerts, most severe first.

        Raises:
            RedisError: Redis cannot be reached.
        """
        rows: Any = self._redis.hvals(OPEN)
        return worst_first(rows)

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()


def parse_entry(audience: Audience, name: bytes, fields: dict[bytes, bytes]) -> AlertDelivery:
    """Decode one stream entry; its id begins with the time in milliseconds at which Redis stored it."""
    received = datetime.fromisoformat(fields[b"received"].decode()).timestamp()
    arrived = int(name.split(b"-")[0]) / 1000
    return AlertDelivery(msgspec.json.decode(fields[b"alert"], type=Alert), audience, max(0.0, arrived - received))
