"""Stock ledger of one bar: opening stock, sales, deliveries, transfers, waste, and counts that correct it.

Tickets and movements come on two topics, so in no fixed order: a count may arrive before a sale that preceded it. The
stock depends on the event times that they carry and not on their order of arrival: a count holds at the end of its tick
of ten seconds, and a journal says what moved after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct, field

from processors.bars.recent_ids import RecentIds
from schemas.bars import StockMovement
from schemas.errors import PulsoError
from schemas.ids import BarId, ProductId

TICK_SECONDS = 10
"""Length of a tick, the resolution of event times in the ledger."""

JOURNAL_TICKS = 60 * 60 // TICK_SECONDS
"""Ticks that the journal goes back from the newest sale, one hour; an older count can't be reconciled any more."""

MAX_CLOCK_SKEW = timedelta(days=1)
"""Lead of a movement over the newest sale from which its clock is taken for another: the sales are a recording."""

MAX_COUNTS = 8
"""Counts remembered of a product: a late movement is explained by the first count after it."""

REMEMBERED_MOVEMENTS = 256
"""Movement ids remembered: more than staff enter in an hour, and a page resends within seconds."""


class StockMovementError(PulsoError, ValueError):
    """A movement can't be booked; the message says why and what to do."""


class ProductStock(Struct):
    """Stock of one product. The balance may be negative; the stock that is reported never is.

    Attributes:
        base: counted units; None while the venue file's opening stock holds.
        flow: net units that moved since the base.
        counts: tick of the last counts, oldest first, and whether there was a balance to compare each with.
        journal: net units by recent tick.
        missing: units that counts found missing in total; negative when they found more than booked.
        in_transit: units on the way to the bar.
        in_transit_since: time at which they were reported; None where none were.
        in_transit_from: bar that they come from; None for the store.
    """

    base: float | None = None
    flow: float = 0.0
    counts: list[tuple[int, bool]] = field(default_factory=list)
    journal: dict[int, float] = field(default_factory=dict)
    missing: float = 0.0
    in_transit: float = field(default=0.0, name="coming")
    in_transit_since: datetime | None = field(default=None, name="coming_since")
    in_transit_from: BarId | None = field(default=None, name="coming_from")


class LedgerState(Struct):
    """State of the ledger, part of the bar's row.

    Attributes:
        offset: offset of the last movement applied; those of a bar are all in one partition.
        newest_tick: tick of the newest sale.
        products: by id.
        recent_ids: ring of the digests of the last `REMEMBERED_MOVEMENTS` movements.
        ring_position: place in the ring of the next digest.
    """

    offset: int = -1
    newest_tick: int | None = field(default=None, name="clock")
    products: dict[ProductId, ProductStock] = field(default_factory=dict, name="holdings")
    recent_ids: bytes = field(default=b"", name="recent")
    ring_position: int = field(default=0, name="next")


class Ledger:
    """Book sales and movements of one bar, each movement once.

    Args:
        opening: opening stock of the products that have any; None where it is not configured.
        recipes: units of other products that one unit of a mixed product uses.
        state: as the property `state` returned it; None to begin anew.
        transit_timeout: time after which units in transit no longer count.

    >>> noon = datetime.fromisoformat("2026-07-04T12:00:00+00:00")
    >>> ledger = Ledger({"rum": 100.0, "cola": 50.0}, {"cuba libre": {"rum": 1.0, "cola": 1.0}})
    >>> ledger.add_sale("cuba libre", 3, noon)
    >>> ledger.stock("rum"), ledger.stock("cola"), ledger.stock("cuba libre")
    (97.0, 47.0, None)
    """

    def __init__(
        self,
        opening: Mapping[ProductId, float | None],
        recipes: Mapping[ProductId, Mapping[ProductId, float]] | None = None,
        state: LedgerState | None = None,
        *,
        transit_timeout: timedelta = timedelta(hours=1),
    ) -> None:
        self._opening = opening
        self._recipes = recipes or {}
        self._state = state or LedgerState()
        self._recent = RecentIds(REMEMBERED_MOVEMENTS, self._state.recent_ids, self._state.ring_position)
        self._transit_timeout = transit_timeout

    @property
    def state(self) -> LedgerState:
        """State to store."""
        self._state.recent_ids, self._state.ring_position = self._recent.ring, self._recent.position
        return self._state

    def stock_use(self, product: ProductId, units: float) -> dict[ProductId, float]:
        """Return the units that a sale takes from the stock, by product."""
        recipe = self._recipes.get(product)
        if not recipe:
            return {product: units}
        return {name: units * share for name, share in recipe.items()}

    def add_sale(self, product: ProductId, units: float, time: datetime) -> None:
        """Book a sale; negative units take one back."""
        tick = tick_of(time)
        newest = self._state.newest_tick
        if newest is None or tick > newest:
            self._state.newest_tick = tick
            if newest is None or tick // 6 > newest // 6:
                self._prune(tick - JOURNAL_TICKS)
        for name, used in self.stock_use(product, units).items():
            self._book_flow(name, tick, -used)

    def check(self, movement: StockMovement) -> None:
        """Validate a movement.

        Raises:
            StockMovementError: an unknown product, one without a stock of its own, a transfer without a destination, or
                a count from before the journal begins.
        """
        name, bar = movement.product, movement.bar
        if name in self._recipes:
            parts = ", ".join(self._recipes[name])
            raise StockMovementError(f"{name!r} of bar {bar} is mixed from {parts}: report those")
        if self._opening and name not in self._opening:
            raise StockMovementError(f"bar {bar} has no product {name!r}; it has {', '.join(self._opening)}")
        if movement.kind == "transfer" and movement.other is None:
            raise StockMovementError("a transfer names the bar that it goes to in `other`")
        if movement.other == bar:
            raise StockMovementError(f"`other` is bar {bar} itself; name the other bar, or none for the store")
        newest = self._state.newest_tick
        is_count = movement.kind in ("count", "opening")
        if is_count and newest is not None and tick_of(movement.time) < newest - JOURNAL_TICKS:
            minutes = JOURNAL_TICKS * TICK_SECONDS // 60
            raise StockMovementError(
                f"the {movement.kind} of {name!r} is more than {minutes} minutes older than the bar's last sale: "
                "what was sold since can't be told apart any more; count again"
            )

    def book(self, movement: StockMovement, offset: int) -> bool:
        """Apply one movement; return False for one that was applied before.

        Raises:
            StockMovementError: the movement is not valid; nothing was booked.
        """
        if offset <= self._state.offset:
            return False
        self.check(movement)
        self._state.offset = offset
        if not self._recent.add(movement.id):
            return False
        stock = self._product_stock(movement.product)
        time = self.event_time(movement)
        tick, units = tick_of(time), movement.quantity
        match movement.kind:
            case "count" | "opening":
                self._book_count(movement.product, stock, tick, units, opening=movement.kind == "opening")
            case "on-its-way":
                stock.in_transit, stock.in_transit_since, stock.in_transit_from = units, time, movement.other
            case "delivery" if not movement.counterpart:
                stock.in_transit = max(0.0, stock.in_transit - units)
                self._book_flow(movement.product, tick, units, reported=True)
            case "transfer" if movement.counterpart:
                stock.in_transit = max(0.0, stock.in_transit - units)
                self._book_flow(movement.product, tick, units, reported=True)
            case _:  # waste, a transfer that leaves, and the counterpart of a delivery between bars
                self._book_flow(movement.product, tick, -units, reported=True)
        return True

    def event_time(self, movement: StockMovement) -> datetime:
        """Return the time of a movement by the clock of the bar's tickets.

        A recorded evening that is replayed stays in its own time, whatever the wall clock of who reports says.
        """
        if self._state.newest_tick is None:
            return movement.time
        newest = datetime.fromtimestamp(self._state.newest_tick * TICK_SECONDS, movement.time.tzinfo)
        return newest if movement.time - newest > MAX_CLOCK_SKEW else movement.time

    def stock(self, product: ProductId) -> float | None:
        """Return the units left, never negative; None where no stock is configured or counted."""
        balance = self._balance(product)
        return None if balance is None else max(0.0, balance)

    def oversold(self, product: ProductId) -> float:
        """Return the units sold beyond the booked stock, which a count should correct."""
        return max(0.0, -(self._balance(product) or 0.0))

    def in_transit(self, product: ProductId, at: datetime) -> float:
        """Return the units in transit to the bar; none after the timeout."""
        stock = self._state.products.get(product)
        if stock is None or stock.in_transit_since is None or at - stock.in_transit_since > self._transit_timeout:
            return 0.0
        return stock.in_transit

    def in_transit_from(self, product: ProductId) -> BarId | None:
        """Return the bar that the units in transit come from; None for the store."""
        stock = self._state.products.get(product)
        return stock.in_transit_from if stock else None

    def missing(self, product: ProductId) -> float:
        """Return the units that counts found missing so far: breakage, theft, or free drinks."""
        stock = self._state.products.get(product)
        return stock.missing if stock else 0.0

    def _product_stock(self, product: ProductId) -> ProductStock:
        return self._state.products.setdefault(product, ProductStock())

    def _balance(self, product: ProductId) -> float | None:
        if product in self._recipes:
            return None
        stock = self._state.products.get(product)
        base = self._opening.get(product) if stock is None or stock.base is None else stock.base
        return None if base is None else round(base + (stock.flow if stock else 0.0), 6)

    def _book_flow(self, product: ProductId, tick: int, units: float, *, reported: bool = False) -> None:
        """Book net units in a tick; a movement reported in the tick of a count, after it, also happened after it."""
        stock = self._product_stock(product)
        for counted, compared in stock.counts:
            if tick < counted or (tick == counted and not reported):
                # It had happened before the count, and explains a part of the difference that was found.
                stock.missing += units if compared else 0.0
                return
        stock.flow += units
        if self._state.newest_tick is None or tick >= self._state.newest_tick - JOURNAL_TICKS:
            stock.journal[tick] = stock.journal.get(tick, 0.0) + units

    def _book_count(self, product: ProductId, stock: ProductStock, tick: int, units: float, *, opening: bool) -> None:
        if stock.counts and tick < stock.counts[-1][0]:
            return  # a later count is booked already
        after = sum(moved for when, moved in stock.journal.items() if when > tick)
        balance = self._balance(product)
        compared = balance is not None and not opening
        if balance is not None and compared:
            stock.missing += balance - after - units
        stock.base, stock.flow = units, after
        stock.counts = [*stock.counts[1 - MAX_COUNTS :], (tick, compared)]
        stock.journal = {when: moved for when, moved in stock.journal.items() if when > tick}

    def _prune(self, oldest: int) -> None:
        for stock in self._state.products.values():
            if stock.journal and min(stock.journal) < oldest:
                stock.journal = {tick: units for tick, units in stock.journal.items() if tick >= oldest}


def tick_of(time: datetime) -> int:
    """Return the number of the tick since 1970 that holds this time."""
    return int(time.timestamp() // TICK_SECONDS)
