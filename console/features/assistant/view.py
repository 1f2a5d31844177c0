"""Answers of the assistant, handed to the requests that wait for them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from console.pending_results import PendingResults
from schemas.assistant import AssistantAnswer

CHANNEL = "assistant"


class AnswerView:
    """Counts answers, and hands each to the request that waits for it.

    Attributes:
        pending: by the id of the question.
    """

    def __init__(self) -> None:
        self.pending: PendingResults[AssistantAnswer] = PendingResults()
        self._counts = {"answered": 0, "handed_over": 0, "urgent": 0}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Hand an answer to the request that waits for it."""
        del received_at
        if not isinstance(record, AssistantAnswer):
            return set()
        self._counts["urgent" if record.urgent else "handed_over" if record.handover else "answered"] += 1
        self.pending.settle(record.event_id, record)
        return {CHANNEL}

    def state(self, channel: str) -> Mapping[str, object]:
        """Return the number of answers since the console began."""
        del channel
        return dict(self._counts)
