"""Dead man's switch: calls an address outside every minute while alerts reach people, and stops when they don't.

An outside service (healthchecks.io, an Alertmanager elsewhere, any URL) notifies when the calls stop: nothing within
this machine can report that it is off. Healthy means: the time that an alerts worker writes to Kafka has come back
through its agents, and the notifier, if there are contacts, has read Redis and planned. Of several alerts workers, the
one that reads the time makes the calls.
"""

from __future__ import annotations

import asyncio
import logging

import httpx

from stream.features.alerts import metrics
from stream.runtime.liveness import Liveness

log = logging.getLogger(__name__)

CALL_SECONDS = 60.0
"""Interval of the calls."""

RETRY_SECONDS = 10.0
"""Interval at which the parts are looked at again after a stall, and a call that failed is repeated."""

MAX_SILENCE_SECONDS = 30.0
"""Time without a success after which a part has stalled."""

TIMEOUT_SECONDS = 10.0


class Watchdog:
    """Makes the calls, in a background task.

    Args:
        url: address to call; whoever knows it can make the calls, so it is never logged.
        parts: names in `liveness` of what must work.
    """

    def __init__(
        self,
        url: str,
        liveness: Liveness,
        parts: tuple[str, ...],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._liveness = liveness
        self._parts = parts
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, transport=transport)

    async def run(self) -> None:
        """Call until cancelled."""
        async with self._client:
            while True:
                was_taken = await self.call()
                await asyncio.sleep(CALL_SECONDS if was_taken else RETRY_SECONDS)

    async def call(self) -> bool:
        """Call the address if every part works; return True if the service has taken it."""
        if stalled := self._liveness.stalled(self._parts, MAX_SILENCE_SECONDS):
            log.warning("no sign of life is sent: %s has not succeeded for a while", ", ".join(stalled))
            metrics.WATCHDOG.labels("withheld").inc()
            return False
        try:
            answer = await self._client.get(self._url)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("the sign of life was not taken: %s", type(error).__name__)
            metrics.WATCHDOG.labels("failed").inc()
            return False
        if not answer.is_success:
            log.warning("the sign of life was not taken: HTTP %d", answer.status_code)
        metrics.WATCHDOG.labels("sent" if answer.is_success else "failed").inc()
        return answer.is_success
