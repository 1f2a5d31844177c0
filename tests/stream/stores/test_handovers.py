"""Hand-over notes in a real Redis: written once, taken over once, the oldest removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from stream.stores import handovers
from stream.stores.handovers import HandoverNote, HandoverStore, shift_begin

pytestmark = pytest.mark.stack
AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def note(number: int) -> HandoverNote:
    return HandoverNote(
        id=f"n{number}", begins=AT, written_at=AT + timedelta(hours=number), by="ana", to="eva", text=f"text {number}"
    )


async def test_note_is_written_and_taken_over_once(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    redis = Redis.from_url(redis_url)
    await redis.delete(handovers.NOTES, handovers.ORDER, handovers.TAKEN)
    store = HandoverStore(redis)
    assert await store.add(note(1))
    assert not await store.add(HandoverNote(id="n1", begins=AT, written_at=AT, by="ana", to="eva", text="changed"))
    assert await store.take_over("n1", "eva", AT + timedelta(hours=1, minutes=5))
    assert not await store.take_over("n1", "eva", AT + timedelta(hours=3))
    (signed,) = await store.latest()
    assert (signed.note.text, signed.taken and signed.taken.at) == ("text 1", AT + timedelta(hours=1, minutes=5))
    assert shift_begin([signed], AT + timedelta(hours=4), 12) == AT + timedelta(hours=1, minutes=5)
    monkeypatch.setattr(handovers, "KEPT_NOTES", 2)
    for number in (2, 3):
        await store.add(note(number))
    assert [one.note.id for one in await store.latest()] == ["n3", "n2"]
    assert await store.get("n1") is None
    await redis.aclose()
