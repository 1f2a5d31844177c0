"""The stock ledger: sequences of every kind, in any order of arrival, each once, never negative."""

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


def ledger(state: LedgerState | None = None) -> Ledger:
    return Ledger(OPENING, RECIPES, state)


def move(number: int, kind: str, units: float, seconds: float = 0, product: str = "beer", **more: Any) -> StockMovement:
    time = BEGIN + timedelta(seconds=seconds)
    return msgspec.convert(
        {
            "id": f"m{number}", "bar": "north", "product": product, "kind": kind, "quantity": units,
            "time": time.isoformat(), "by": "ana", **more,
        },
        StockMovement,
    )  # fmt: skip


def test_each_kind_moves_the_stock_its_way() -> None:
    one = ledger()
    one.sell("beer", 10, BEGIN)
    for number, (kind, units, left) in enumerate(
        [("delivery", 24, 114), ("waste", 2, 112), ("transfer", 12, 100), ("on-its-way", 48, 100)]
    ):
        assert one.book(move(number, kind, units, number, other="south" if kind == "transfer" else None), number)
        assert one.stock("beer") == left
    assert one.coming("beer", BEGIN) == 48
    one.book(move(9, "delivery", 30, 60), 9)
    assert (one.stock("beer"), one.coming("beer", BEGIN)) == (130, 18)
    assert one.coming("beer", BEGIN + timedelta(hours=2)) == 0, "nobody is on the way for two hours"


def test_the_far_side_of_a_transfer_and_of_a_delivery_between_bars_goes_the_other_way() -> None:
    one = ledger()
    one.book(move(1, "transfer", 20, other="south", counterpart=True), 1)
    assert one.stock("beer") == 120
    one.book(move(2, "delivery", 50, other="south", counterpart=True), 2)
    assert one.stock("beer") == 70


def test_a_mixed_drink_draws_on_its_parts_and_holds_nothing() -> None:
    one = ledger()
    one.sell("cuba-libre", 3, BEGIN)
    assert (one.stock("rum"), one.stock("cola"), one.stock("cuba-libre")) == (37, 54, None)
    with pytest.raises(StockMovementError, match="mixed from rum, cola"):
        one.book(move(1, "count", 3, product="cuba-libre"), 1)


def test_a_count_corrects_and_remembers_what_was_missing() -> None:
    one = ledger()
    one.sell("beer", 10, BEGIN)
    one.book(move(1, "count", 84, 60), 1)
    assert (one.stock("beer"), one.missing("beer")) == (84, 6)
    one.sell("beer", 4, BEGIN + timedelta(seconds=30))  # came late: it was sold before they counted
    assert (one.stock("beer"), one.missing("beer")) == (84, 2)
    one.sell("beer", 1, BEGIN + timedelta(seconds=90))
    assert one.stock("beer") == 83


def test_what_is_reported_right_after_a_count_came_after_it() -> None:
    one = ledger()
    one.book(move(1, "count", 80, 61), 1)
    one.book(move(2, "delivery", 24, 62), 2)
    assert (one.stock("beer"), one.missing("beer")) == (104, 20)


def test_what_nobody_counted_is_unknown_until_somebody_does() -> None:
    one = ledger()
    one.sell("ice", 5, BEGIN)
    assert one.stock("ice") is None
    one.book(move(1, "count", 30, 20, product="ice"), 1)
    one.sell("ice", 2, BEGIN + timedelta(seconds=10))
    one.sell("ice", 3, BEGIN + timedelta(seconds=40))
    assert (one.stock("ice"), one.missing("ice")) == (27, 0)


def test_an_oversold_product_is_never_negative_and_wants_counting() -> None:
    one = ledger()
    one.sell("beer", 103, BEGIN)
    assert (one.stock("beer"), one.oversold("beer")) == (0, 3)
    one.book(move(1, "count", 12, 60), 1)
    assert (one.stock("beer"), one.oversold("beer"), one.missing("beer")) == (12, 0, -15)


def test_a_recorded_evening_keeps_its_own_time() -> None:
    one = ledger()
    one.sell("beer", 10, BEGIN)
    one.book(move(1, "count", 80, 300 * 86_400), 1)
    one.sell("beer", 5, BEGIN + timedelta(minutes=1))
    assert one.stock("beer") == 75
    one.book(move(2, "count", 60, 3600), 2)
    one.sell("beer", 5, BEGIN + timedelta(minutes=2))
    assert one.stock("beer") == 60, "an hour later is the same clock: what was sold before is counted"


@pytest.mark.parametrize(
    ("movement", "message"),
    [
        (move(1, "count", 1, product="gin"), "no product 'gin'; it has beer"),
        (move(1, "transfer", 1), "names the bar that it goes to"),
        (move(1, "delivery", 1, other="north"), "is bar north itself"),
        (move(1, "count", 1, seconds=-3700), "older than the bar's last sale"),
    ],
)
def test_what_cannot_be_booked_says_why_and_books_nothing(movement: StockMovement, message: str) -> None:
    one = ledger()
    one.sell("beer", 1, BEGIN)
    with pytest.raises(StockMovementError, match=message):
        one.book(movement, 1)
    assert one.stock("beer") == 99
    assert one.book(move(1, "delivery", 1), 1), "neither its offset nor its id was used up"


SECONDS = st.integers(0, 1100)
SALE = st.tuples(SECONDS, st.sampled_from(["beer", "cuba-libre", "cola", "ice"]), st.integers(-3, 30))
KINDS = st.sampled_from(["opening", "delivery", "waste", "count", "transfer"])
MOVE = st.tuples(SECONDS, KINDS, st.sampled_from(["beer", "cola", "ice"]), st.integers(0, 90), st.booleans())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(SALE, max_size=25), st.lists(MOVE, max_size=12), st.lists(st.booleans(), max_size=60),
    st.sets(st.integers(0, 60)), st.integers(0, 12),
)  # fmt: skip
def test_the_stock_depends_on_what_happened_not_on_the_order_of_arrival(
    sales: list[tuple[int, str, int]],
    moves: list[tuple[int, str, str, int, bool]],
    turns: list[bool],
    restarts: set[int],
    repeat_from: int,
) -> None:
    """Two topics interleave as they like, records repeat, the worker restarts: the end is that of the first telling."""
    movements = [
        move(n, kind, units, seconds, product, other="south" if kind == "transfer" else None, counterpart=far)
        for n, (seconds, kind, product, units, far) in enumerate(moves)
    ]
    plain, mixed = ledger(), ledger()
    for seconds, product, units in sales:
        plain.sell(product, units, BEGIN + timedelta(seconds=seconds))
    for offset, movement in enumerate(movements):
        plain.book(movement, offset)

    waiting_sales, waiting = list(sales), list(enumerate(movements))
    steps = 0
    while waiting_sales or waiting:
        turn = turns[steps % len(turns)] if turns else True
        if (turn and waiting_sales) or not waiting:
            seconds, product, units = waiting_sales.pop(0)
            mixed.sell(product, units, BEGIN + timedelta(seconds=seconds))
        else:
            offset, movement = waiting.pop(0)
            mixed.book(movement, offset)
            if offset >= repeat_from:
                assert not mixed.book(movement, offset)
                assert not mixed.book(movement, offset + 100_000 if not waiting else offset)
        if steps in restarts:
            mixed = ledger(msgspec.json.decode(msgspec.json.encode(mixed.state), type=LedgerState))
        steps += 1
    for product in ("beer", "rum", "cola", "ice"):
        assert mixed.stock(product) == plain.stock(product)
        assert mixed.missing(product) == pytest.approx(plain.missing(product))
        assert (mixed.stock(product) or 0) >= 0
        assert not (mixed.oversold(product) and mixed.stock(product))


@settings(max_examples=100, deadline=None)
@given(st.lists(SALE, max_size=30), st.lists(MOVE, max_size=15))
def test_the_stock_is_what_a_plain_sum_over_time_says(
    sales: list[tuple[int, str, int]], moves: list[tuple[int, str, str, int, bool]]
) -> None:
    """Against a model that knows everything and sorts it: the last count, plus what moved after it."""
    one = ledger()
    for seconds, product, units in sales:
        one.sell(product, units, BEGIN + timedelta(seconds=seconds))
    for n, (seconds, kind, product, units, far) in enumerate(moves):
        one.book(move(n, kind, units, seconds, product, other="south", counterpart=far), n)

    def tick(seconds: int) -> int:
        return seconds // TICK_SECONDS

    for product, opening in OPENING.items():
        counts = [(tick(s), n, u) for n, (s, kind, name, u, _) in enumerate(moves)
                  if name == product and kind in ("count", "opening")]  # fmt: skip
        since, place, base = max(counts, default=(-1, -1, opening))
        total = base
        if total is None:
            assert one.stock(product) is None
            continue
        for seconds, name, units in sales:
            if tick(seconds) > since:
                total -= units * (RECIPES.get(name, {name: 1.0}).get(product, 0.0))
        for n, (seconds, kind, name, units, far) in enumerate(moves):
            if name == product and (tick(seconds), n) > (since, place) and kind not in ("count", "opening"):
                arrives = (kind == "delivery" and not far) or (kind == "transfer" and far)
                total += units if arrives else -units
        assert one.stock(product) == max(0.0, total)
        assert one.oversold(product) == max(0.0, -total)
