"""Plans of attendees, handed to the requests that wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from console.pending_results import PendingResults
from schemas.ids import EventId, ListenerId
from schemas.itinerary import ItineraryPlan

CHANNEL = "itinerary"


def request_id(visitor: ListenerId, time: datetime) -> EventId:
    """Return the name under which a plan is awaited: a plan says for whom it is and when it was asked for.

    >>> from datetime import UTC
    >>> request_id(ListenerId("v1"), datetime(2026, 7, 4, 18, tzinfo=UTC))
    'v1/1783188000000'
    """
    return EventId(f"{visitor}/{round(time.timestamp() * 1000)}")


class PlanView:
    """Counts plans, and hands each to the request that waits for it; keeps nothing of anybody.

    Attributes:
        pending: by `request_id`.
    """

    def __init__(self) -> None:
        self.pending: PendingResults[ItineraryPlan] = PendingResults()
        self._counts = {"plans": 0, "offers": 0}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Hand a plan to the request that waits for it; offers are for nobody here: a phone sees the change itself."""
        del received_at
        if not isinstance(record, ItineraryPlan):
            return set()
        self._counts["offers" if record.offer else "plans"] += 1
        if not record.offer:
            self.pending.settle(request_id(record.visitor, record.time), record)
        return {CHANNEL}

    def state(self, channel: str) -> Mapping[str, object]:
        """Return the number of plans and offers since the console began."""
        del channel
        return dict(self._counts)
