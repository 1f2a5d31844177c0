"""Orders are recognised by id and content, whatever the order in which they come again."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from processors.tickets import seen_orders
from processors.tickets.seen_orders import Recognition, SeenOrders, bucket_of
from schemas.tickets import TicketOrder

ORDER = TicketOrder(
    id="1", event="gala", type="day", quantity=2, price_cents=4500, currency="EUR",
    time=datetime(2026, 7, 4, tzinfo=UTC),
)  # fmt: skip


def test_each_order_is_new_once() -> None:
    generator = random.Random(2)
    orders = [replace(ORDER, id=str(number // 2), quantity=1 + number % 2) for number in range(400)]
    stream = orders + generator.choices(orders, k=400)
    generator.shuffle(stream)
    buckets: dict[str, SeenOrders] = {}
    found = [buckets.setdefault(bucket_of(one), SeenOrders()).add(one, place) for place, one in enumerate(stream)]
    assert sum(one is not Recognition.REPEATED for one in found) == len(set(stream)) == 400
    assert found.count(Recognition.SAME_ID) == 200


def test_order_at_its_own_offset_is_not_a_repetition() -> None:
    seen = SeenOrders()
    assert seen.add(ORDER, 7) is Recognition.NEW
    size = len(seen.entries)
    assert (seen.add(ORDER, 7), len(seen.entries)) == (Recognition.NEW, size)
    assert seen.add(ORDER, 8) is Recognition.REPEATED


def test_oldest_orders_of_a_full_row_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_orders, "MAX_ENTRIES", 3)
    seen = SeenOrders()
    for number in range(5):
        seen.add(replace(ORDER, id=str(number)), number)
    assert len(seen.entries) == 3 * seen_orders.ENTRY_BYTES
    assert seen.add(replace(ORDER, id="4"), 9) is Recognition.REPEATED
    assert seen.add(replace(ORDER, id="0"), 9) is Recognition.NEW
