"""Ownership of partitions: a partition may be revoked while a batch of its events is processed.

Then the row that this worker is about to write is older than the new owner's and would overwrite it: events that the
new owner counted since would be missing after the next restart, because their offsets are committed. So ownership is
checked before a batch, and again just before rows are written. The moment between check and write remains unprotected.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from faust.types import AppT, EventT

from schemas.errors import PulsoError

VERIFY_AFTER_SECONDS = 3.0
"""Half of the session timeout. After a batch that took longer, ownership is verified with the broker."""

VERIFY_TIMEOUT_SECONDS = 30.0
"""Time without an answer of the broker after which the worker ends; unacknowledged events are read again."""

RETRY_SECONDS = 0.25


class PartitionsRevokedError(PulsoError):
    """The partitions of a batch were revoked, or assigned anew, while it was processed."""


class PartitionOwnership:
    """Check which events belong to partitions that this worker has owned since they were read."""

    def __init__(self, app: AppT) -> None:
        self._app: Any = app

    def owned(self, events: list[EventT[Any]]) -> list[EventT[Any]]:
        """Return the events that were read since the last rebalance.

        The others are read again by the owner of their partition.

        Even if this worker owns the partition again, another may have owned it in between and have written rows that
        are not in this worker's table.
        """
        app = self._app
        if not app.flow_control.is_active():
            return []
        assigned, generation = app.consumer.assignment(), app.consumer_generation_id
        return [event for event in events if event.message.tp in assigned and event.message.generation_id == generation]

    async def verify(self, events: list[EventT[Any]], began: float) -> None:
        """Check that all events of a batch still belong to this worker.

        Args:
            began: time of the monotonic clock at which the batch was taken, seconds.

        A process that was suspended (a sleeping machine, heavy swapping) resumes as if it still owned what was
        assigned to others meanwhile. So after a long batch, membership is confirmed by a heartbeat.

        Raises:
            PartitionsRevokedError: They do not.
            RuntimeError: The broker does not answer.
        """
        uncertain = time.monotonic() - began > VERIFY_AFTER_SECONDS
        until = time.monotonic() + VERIFY_TIMEOUT_SECONDS
        while uncertain and self._all_owned(events) and not await self._is_member():
            if time.monotonic() > until:
                raise RuntimeError(
                    f"the broker did not confirm the ownership of partitions for {VERIFY_TIMEOUT_SECONDS:.0f} s"
                )
            await asyncio.sleep(RETRY_SECONDS)
        if not self._all_owned(events):
            raise PartitionsRevokedError

    def _all_owned(self, events: list[EventT[Any]]) -> bool:
        return len(self.owned(events)) == len(events)

    async def _is_member(self) -> bool:
        """Send one heartbeat; the consumer rejoins its group where the answer demands it."""
        thread = self._app.consumer._thread
        coordinator = thread._ensure_consumer()._coordinator
        return bool(await thread.call_thread(coordinator._do_heartbeat))
