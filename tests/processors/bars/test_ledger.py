"""Stock ledger: movements of every kind, in any order of arrival, each once, never negative."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.bars.ledger import TICK_SECONDS, Ledger, LedgerState, StockMovementError
from schemas.bars import StockMovement

BEGIN = datetime(2026, 7, 4, 20, tzinfo=UTC)
RECIPES = {"cuba-libre": {"rum": 1.0, "cola": 2.0}}
OPENING: dict[str, float | None] = {"beer": 100.0, "rum": 40.0, "cola": 60.0, "ice": None}


def make_ledger(state: LedgerState | None = None) -> Ledger:
    return Ledger(OPENING, RECIPES, state)


def movement_of(
    number: int, kind: str, units: float, seconds: float = 0, product: str = "beer", **fields: Any
) -> StockMovement:
    time = BEGIN + timedelta(seconds=seconds)
    return msgspec.convert(
        {
            "id": f"m{number}", "bar": "north", "product": product, "kind": kind, "quantity": units,
            "time": time.isoformat(), "by": "ana", **fields,
        },
        StockMovement,
    )  # fmt: skip


def test_each_movement_kind_changes_stock() -> None:
    ledger = make_ledger()
    ledger.add_sale("beer", 10, BEGIN)
    for number, (kind, units, left) in enumerate(
        [("delivery", 24, 114), ("waste", 2, 112), ("transfer", 12, 100), ("on-its-way", 48, 100)]
    ):
        assert ledger.book(
            movement_of(number, kind, units, number, other="south" if kind == "transfer" else None), number
        )
        assert ledger.stock("beer") == left
    assert ledger.in_transit("beer", BEGIN) == 48
    ledger.book(movement_of(9, "delivery", 30, 60), 9)
    assert (ledger.stock("beer"), ledger.in_transit("beer", BEGIN)) == (130, 18)
    assert ledger.in_transit("beer", BEGIN + timedelta(hours=2)) == 0, "units in transit expire"


def test_counterpart_of_transfer_and_delivery_is_reversed() -> None:
    ledger = make_ledger()
    ledger.book(movement_of(1, "transfer", 20, other="south", counterpart=True), 1)
    assert ledger.stock("beer") == 120
    ledger.book(movement_of(2, "delivery", 50, other="south", counterpart=True), 2)
    assert ledger.stock("beer") == 70


def test_recipe_uses_stock_of_its_parts() -> None:
    ledger = make_ledger()
    ledger.add_sale("cuba-libre", 3, BEGIN)
    assert (ledger.stock("rum"), ledger.stock("cola"), ledger.stock("cuba-libre")) == (37, 54, None)
    with pytest.raises(StockMovementError, match="mixed from rum, cola"):
        ledger.book(movement_of(1, "count", 3, product="cuba-libre"), 1)


def test_count_corrects_stock_and_records_missing_units() -> None:
    ledger = make_ledger()
    ledger.add_sale("beer", 10, BEGIN)
    ledger.book(movement_of(1, "count", 84, 60), 1)
    assert (ledger.stock("beer"), ledger.missing("beer")) == (84, 6)
    ledger.add_sale("beer", 4, BEGIN + timedelta(seconds=30))  # late record: sold before the count
    assert (ledger.stock("beer"), ledger.missing("beer")) == (84, 2)
    ledger.add_sale("beer", 1, BEGIN + timedelta(seconds=90))
    assert ledger.stock("beer") == 83


def test_movement_reported_in_tick_of_count_comes_after_it() -> None:
    ledger = make_ledger()
    ledger.book(movement_of(1, "count", 80, 61), 1)
    ledger.book(movement_of(2, "delivery", 24, 62), 2)
    assert (ledger.stock("beer"), ledger.missing("beer")) == (104, 20)


def test_stock_without_opening_is_none_until_counted() -> None:
    ledger = make_ledger()
    ledger.add_sale("ice", 5, BEGIN)
    assert ledger.stock("ice") is None
    ledger.book(movement_of(1, "count", 30, 20, product="ice"), 1)
    ledger.add_sale("ice", 2, BEGIN + timedelta(seconds=10))
    ledger.add_sale("ice", 3, BEGIN + timedelta(seconds=40))
    assert (ledger.stock("ice"), ledger.missing("ice")) == (27, 0)


def test_oversold_product_has_no_negative_stock() -> None:
    ledger = make_ledger()
    ledger.add_sale("beer", 103, BEGIN)
    assert (ledger.stock("beer"), ledger.oversold("beer")) == (0, 3)
    ledger.book(movement_of(1, "count", 12, 60), 1)
    assert (ledger.stock("beer"), ledger.oversold("beer"), ledger.missing("beer")) == (12, 0, -15)


def test_movement_with_skewed_clock_uses_time_of_sales() -> None:
    ledger = make_ledger()
    ledger.add_sale("beer", 10, BEGIN)
    ledger.book(movement_of(1, "count", 80, 300 * 86_400), 1)
    ledger.add_sale("beer", 5, BEGIN + timedelta(minutes=1))
    assert ledger.stock("beer") == 75
    ledger.book(movement_of(2, "count", 60, 3600), 2)
    ledger.add_sale("beer", 5, BEGIN + timedelta(minutes=2))
    assert ledger.stock("beer") == 60, "a time one hour ahead is accepted: sales before it are included in the count"


@pytest.mark.parametrize(
    ("movement", "message"),
    [
        (movement_of(1, "count", 1, product="gin"), "no product 'gin'; it has beer"),
        (movement_of(1, "transfer", 1), "names the bar that it goes to"),
        (movement_of(1, "delivery", 1, other="north"), "is bar north itself"),
        (movement_of(1, "count", 1, seconds=-3700), "older than the bar's last sale"),
    ],
)
def test_invalid_movement_reports_reason_and_books_nothing(movement: StockMovement, message: str) -> None:
    ledger = make_ledger()
    ledger.add_sale("beer", 1, BEGIN)
    with pytest.raises(StockMovementError, match=message):
        ledger.book(movement, 1)
    assert ledger.stock("beer") == 99
    assert ledger.book(movement_of(1, "delivery", 1), 1), "the rejected movement used up neither offset nor id"


SECONDS = st.integers(0, 1100)
SALE = st.tuples(SECONDS, st.sampled_from(["beer", "cuba-libre", "cola", "ice"]), st.integers(-3, 30))
KINDS = st.sampled_from(["opening", "delivery", "waste", "count", "transfer"])
MOVE = st.tuples(SECONDS, KINDS, st.sampled_from(["beer", "cola", "ice"]), st.integers(0, 90), st.booleans())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(SALE, max_size=25), st.lists(MOVE, max_size=12), st.lists(st.booleans(), max_size=60),
    st.sets(st.integers(0, 60)), st.integers(0, 12),
)  # fmt: skip
def test_stock_is_independent_of_arrival_order(
    sales: list[tuple[int, str, int]],
    moves: list[tuple[int, str, str, int, bool]],
    turns: list[bool],
    restarts: set[int],
    repeat_from: int,
) -> None:
    """Interleave topics, repeat records and restart the worker: the stock equals that of the plain sequence."""
    movements = [
        movement_of(
            n, kind, units, seconds, product, other="south" if kind == "transfer" else None, counterpart=counterpart
        )
        for n, (seconds, kind, product, units, counterpart) in enumerate(moves)
    ]
    sequential, interleaved = make_ledger(), make_ledger()
    for seconds, product, units in sales:
        sequential.add_sale(product, units, BEGIN + timedelta(seconds=seconds))
    for offset, movement in enumerate(movements):
        sequential.book(movement, offset)

    waiting_sales, waiting_movements = list(sales), list(enumerate(movements))
    steps = 0
    while waiting_sales or waiting_movements:
        is_sale_turn = turns[steps % len(turns)] if turns else True
        if (is_sale_turn and waiting_sales) or not waiting_movements:
            seconds, product, units = waiting_sales.pop(0)
            interleaved.add_sale(product, units, BEGIN + timedelta(seconds=seconds))
        else:
            offset, movement = waiting_movements.pop(0)
            interleaved.book(movement, offset)
            if offset >= repeat_from:
                assert not interleaved.book(movement, offset)
                assert not interleaved.book(movement, offset + 100_000 if not waiting_movements else offset)
        if steps in restarts:
            interleaved = make_ledger(msgspec.json.decode(msgspec.json.encode(interleaved.state), type=LedgerState))
        steps += 1
    for product in ("beer", "rum", "cola", "ice"):
        assert interleaved.stock(product) == sequential.stock(product)
        assert interleaved.missing(product) == pytest.approx(sequential.missing(product))
        assert (interleaved.stock(product) or 0) >= 0
        assert not (interleaved.oversold(product) and interleaved.stock(product))


@settings(max_examples=100, deadline=None)
@given(st.lists(SALE, max_size=30), st.lists(MOVE, max_size=15))
def test_stock_equals_sum_over_sorted_events(
    sales: list[tuple[int, str, int]], moves: list[tuple[int, str, str, int, bool]]
) -> None:
    """Compare with a sum over sorted events: the last count, plus the movements after it."""
    ledger = make_ledger()
    for seconds, product, units in sales:
        ledger.add_sale(product, units, BEGIN + timedelta(seconds=seconds))
    for n, (seconds, kind, product, units, counterpart) in enumerate(moves):
        ledger.book(movement_of(n, kind, units, seconds, product, other="south", counterpart=counterpart), n)

    def tick(seconds: int) -> int:
        return seconds // TICK_SECONDS

    for product, opening in OPENING.items():
        counts = [(tick(s), n, u) for n, (s, kind, name, u, _) in enumerate(moves)
                  if name == product and kind in ("count", "opening")]  # fmt: skip
        counted_at, count_number, base = max(counts, default=(-1, -1, opening))
        total = base
        if total is None:
            assert ledger.stock(product) is None
            continue
        for seconds, name, units in sales:
            if tick(seconds) > counted_at:
                total -= units * (RECIPES.get(name, {name: 1.0}).get(product, 0.0))
        for n, (seconds, kind, name, units, counterpart) in enumerate(moves):
            if name == product and (tick(seconds), n) > (counted_at, count_number) and kind not in ("count", "opening"):
                is_arrival = (kind == "delivery" and not counterpart) or (kind == "transfer" and counterpart)
                total += units if is_arrival else -units
        assert ledger.stock(product) == max(0.0, total)
        assert ledger.oversold(product) == max(0.0, -total)
