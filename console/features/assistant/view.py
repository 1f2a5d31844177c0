"""Answers of the assistant, handed to the requests that wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from msgspec import Struct

from schemas.assistant import AssistantAnswer
from schemas.ids import EventId

CHANNEL = "assistant"


class AnswerView:
    """Waits for answers by the id of their question, and counts them."""

    def __init__(self) -> None:
        self._waiting: dict[EventId, asyncio.Future[AssistantAnswer]] = {}
        self._counts = {"answered": 0, "handed_over": 0, "urgent": 0}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Hand an answer to the request that waits for it."""
        del received_at
        if not isinstance(record, AssistantAnswer):
            return set()
        self._counts["urgent" if record.urgent else "handed_over" if record.handover else "answered"] += 1
        future = self._waiting.get(record.event_id)
        if future is not None:
            future.get_loop().call_soon_threadsafe(_settle, future, record)
        return {CHANNEL}

    def state(self, channel: str) -> Mapping[str, object]:
        """Return the number of answers since the console began."""
        del channel
        return dict(self._counts)

    def expect(self, question: EventId) -> asyncio.Future[AssistantAnswer]:
        """Return a future for the answer to a question that will be sent; give it back with `forget`."""
        future: asyncio.Future[AssistantAnswer] = asyncio.get_running_loop().create_future()
        self._waiting[question] = future
        return future

    def forget(self, question: EventId) -> None:
        """Stop waiting for an answer."""
        self._waiting.pop(question, None)


def _settle(future: asyncio.Future[AssistantAnswer], answer: AssistantAnswer) -> None:
    if not future.done():
        future.set_result(answer)
