"""Plans of attendees, handed to the requests that wait for them, and the alternatives that they were offered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from console.pending_results import PendingResults
from schemas.ids import EventId, ListenerId
from schemas.itinerary import ItineraryPlan, ItineraryWishes

CHANNEL = "itinerary"

KEPT = timedelta(days=1)
"""Time for which an offer is kept, as the topic keeps it."""

MAX_OFFERS = 50_000
"""Offers that are kept; the oldest go first."""


def request_id(visitor: ListenerId, time: datetime) -> EventId:
    """Return the name under which a plan is awaited: a plan says for whom it is and when it was asked for.

    >>> from datetime import UTC
    >>> request_id(ListenerId("v1"), datetime(2026, 7, 4, 18, tzinfo=UTC))
    'v1/1783188000000'
    """
    return EventId(f"{visitor}/{round(time.timestamp() * 1000)}")


class PlanView:
    """Hands each plan to the request that waits for it, and keeps the last offer of each attendee who has one.

    Attributes:
        pending: by `request_id`.
    """

    def __init__(self) -> None:
        self.pending: PendingResults[ItineraryPlan] = PendingResults()
        self._offers: dict[ListenerId, ItineraryPlan] = {}
        self._counts = {"plans": 0, "offers": 0}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply a plan, an offer, or wishes to be forgotten."""
        del received_at
        if isinstance(record, ItineraryWishes):
            if record.forget:
                self._offers.pop(record.visitor, None)
            return set()
        if not isinstance(record, ItineraryPlan):
            return set()
        self._counts["offers" if record.offer else "plans"] += 1
        self._offers.pop(record.visitor, None)  # the last one is the newest in the order of the dictionary, too
        if record.offer:
            self._offers[record.visitor] = record
            self._forget_old(record.time)
        else:
            self.pending.settle(request_id(record.visitor, record.time), record)
        return {CHANNEL}

    def offer(self, visitor: ListenerId, plan: EventId) -> ItineraryPlan | None:
        """Return the last alternative that would replace a plan of an attendee; None if there is none."""
        found = self._offers.get(visitor)
        return found if found is not None and found.replaces == plan else None

    def state(self, channel: str) -> Mapping[str, object]:
        """Return the number of plans and offers since the console began."""
        del channel
        return dict(self._counts)

    def _forget_old(self, now: datetime) -> None:
        while self._offers:
            oldest = next(iter(self._offers))
            if len(self._offers) <= MAX_OFFERS and now - self._offers[oldest].time <= KEPT:
                return
            del self._offers[oldest]
