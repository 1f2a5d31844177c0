"""Whose the events of a batch are: a partition may go to another worker while they are worked on.

Then the row that a worker is about to write is older than the new owner's, and would undo it: what the new owner has
counted since would be missing after the next restart, because its offsets are committed. So the worker looks before
it begins, and again just before it writes rows. What is left is the moment between looking and writing.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from faust.types import AppT, EventT

from schemas.errors import PulsoError

DOUBT_SECONDS = 3.0
"""Half of the session timeout. After a batch that took longer, the broker is asked whose its partitions are."""

ASK_SECONDS = 30.0
"""so long the broker is asked before the worker ends itself, and reads what is not acknowledged again"""

PAUSE_SECONDS = 0.25


class TakenAwayError(PulsoError):
    """The partitions of a batch went to another worker, or came back from one, while it was worked on."""


class Ownership:
    """What of the events is this worker's to work on."""

    def __init__(self, app: AppT) -> None:
        self._app: Any = app

    def mine(self, events: list[EventT[Any]]) -> list[EventT[Any]]:
        """Leave out events that were read before the last rebalance: whoever has their partition reads them again.

        That it is this worker once more is no reason to keep them. Another may have had the partition in between, and
        may have written rows that are not known here.
        """
        app = self._app
        if not app.flow_control.is_active():
            return []
        assigned, generation = app.consumer.assignment(), app.consumer_generation_id
        return [event for event in events if event.message.tp in assigned and event.message.generation_id == generation]

    async def check(self, events: list[EventT[Any]], began: float) -> None:
        """Make sure that all of a batch, which `began` at a time of the monotonic clock, still is this worker's.

        A process that stood still (a suspended machine, a full swap) wakes up as the owner of what others have had
        since, and alone does not know yet. So after a batch that took long the broker is asked.

        Raises:
            TakenAwayError: it is not.
            RuntimeError: the broker does not say.
        """
        doubt = time.monotonic() - began > DOUBT_SECONDS
        until = time.monotonic() + ASK_SECONDS
        while doubt and self._all_mine(events) and not await self._is_member():
            if time.monotonic() > until:
                raise RuntimeError(f"the broker did not say for {ASK_SECONDS:.0f} s whose the partitions are")
            await asyncio.sleep(PAUSE_SECONDS)
        if not self._all_mine(events):
            raise TakenAwayError

    def _all_mine(self, events: list[EventT[Any]]) -> bool:
        return len(self.mine(events)) == len(events)

    async def _is_member(self) -> bool:
        """One heartbeat: the consumer learns from the answer, and joins its group again where it must."""
        thread = self._app.consumer._thread
        coordinator = thread._ensure_consumer()._coordinator
        return bool(await thread.call_thread(coordinator._do_heartbeat))
