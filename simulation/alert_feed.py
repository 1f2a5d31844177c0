"""Alerts as Redis delivers them: every step with the time when it arrived there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import msgspec
from redis import Redis
from redis.exceptions import RedisError

from schemas.alerts import Alert, Audience
from stream.stores.alert_store import OPEN, STREAM, worst_first

AUDIENCES: tuple[Audience, ...] = get_args(Audience)


@dataclass(frozen=True, slots=True)
class Delivered:
    """One step in the life of an alert, as one audience got it.

    Attributes:
        delay: seconds from the source handing the causing event over to the step being in Redis.
    """

    alert: Alert
    audience: Audience
    delay: float


class AlertFeed:
    """Reads the streams of all audiences, each entry once."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=5)
        self._last: dict[Audience, str] = {}
        self.delivered: list[Delivered] = []
        self.error = ""

    def from_now(self) -> AlertFeed:
        """Leave out what is there already."""
        for audience in AUDIENCES:
            entries: Any = self._redis.xrevrange(STREAM.format(audience=audience), count=1)
            if entries:
                self._last[audience] = entries[0][0].decode()
        return self

    def read(self) -> list[Delivered]:
        """What came since the last call, oldest first. While Redis is away it is empty, and `error` says so."""
        new: list[tuple[str, Delivered]] = []
        try:
            for audience in AUDIENCES:
                begin = f"({self._last[audience]}" if audience in self._last else "-"
                entries: Any = self._redis.xrange(STREAM.format(audience=audience), min=begin)
                for name, fields in entries:
                    self._last[audience] = name.decode()
                    new.append((name.decode(), delivered(audience, name, fields)))
        except RedisError as error:
            self.error = f"Redis can't be read: {error}"
            return []
        self.error = ""
        steps = [step for _, step in sorted(new, key=lambda entry: _order(entry[0]))]
        self.delivered += steps
        return steps

    def open(self) -> list[Alert]:
        """What is open now, worst first.

        Raises:
            RedisError: Redis is away.
        """
        rows: Any = self._redis.hvals(OPEN)
        return worst_first(rows)

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()


def delivered(audience: Audience, name: bytes, fields: dict[bytes, bytes]) -> Delivered:
    """Read one entry of a stream; its id begins with the milliseconds at which Redis took it."""
    received = datetime.fromisoformat(fields[b"received"].decode()).timestamp()
    arrived = int(name.split(b"-")[0]) / 1000
    return Delivered(msgspec.json.decode(fields[b"alert"], type=Alert), audience, max(0.0, arrived - received))


def _order(name: str) -> tuple[int, int]:
    milliseconds, _, number = name.partition("-")
    return int(milliseconds), int(number or 0)
