"""Lists of recommended acts, handed to the requests that wait for them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from console.pending_results import PendingResults
from schemas.recommendations import RecommendationList

CHANNEL = "recommendations"


class RecommendationView:
    """Counts lists, and hands each to the request that waits for it; keeps nothing of anybody.

    Attributes:
        pending: by the id of the last event that was sent.
    """

    def __init__(self) -> None:
        self.pending: PendingResults[RecommendationList] = PendingResults()
        self._lists = 0

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Hand a list to the request that waits for it."""
        del received_at
        if not isinstance(record, RecommendationList):
            return set()
        self._lists += 1
        self.pending.settle(record.event_id, record)
        return {CHANNEL}

    def state(self, channel: str) -> Mapping[str, object]:
        """Return the number of lists since the console began."""
        del channel
        return {"lists": self._lists}
