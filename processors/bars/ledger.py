"""Stock of one bar: opening stock, sales, deliveries, transfers, waste, and counts that correct it.

Tickets and movements come on two topics, so in no fixed order: a count may arrive before a sale that preceded it.
What is left depends on the times that they carry and not on the order in which they came: a count holds at the end of
its tick of ten seconds, and what moved after it is known from a journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct, field

from processors.bars.recent_ids import RecentIds
from schemas.bars import StockMovement
from schemas.errors import PulsoError

TICK_SECONDS = 10

REACH = 60 * 60 // TICK_SECONDS
"""Ticks that the journal goes back from the newest sale; an older count can't be reconciled any more."""

OTHER_CLOCK = timedelta(days=1)
"""A movement so much later than the bar's newest sale has another clock: the bar's sales are a recording."""

COUNTS = 8
"""Counts remembered of a product: one that came late is explained by the first that followed it."""

REMEMBERED = 256
"""Movements whose ids are known: more than staff press in an hour, and a press is sent again within seconds."""


class StockMovementError(PulsoError, ValueError):
    """A movement can't be booked; the message says why and what to do."""


class ProductStock(Struct):
    """One product. The balance may be negative; what is shown never is.

    Attributes:
        base: counted units, or None while the venue file's opening stock holds.
        flow: net units that moved since the base.
        counts: tick of the last counts, oldest first, and whether there was a balance to compare each with.
        journal: net units of each recent tick.
        missing: what counts found missing in all; negative when they found more than was known.
        coming: units that somebody is fetching, since `coming_since`, from the store or a bar.
    """

    base: float | None = None
    flow: float = 0.0
    counts: list[tuple[int, bool]] = field(default_factory=list)
    journal: dict[int, float] = field(default_factory=dict)
    missing: float = 0.0
    coming: float = 0.0
    coming_since: datetime | None = None
    coming_from: str | None = None


class LedgerState(Struct):
    """Everything, as one part of the bar's row."""

    offset: int = -1
    """of the last movement applied; those of a bar are all in one partition"""
    clock: int | None = None
    """tick of the newest sale"""
    holdings: dict[str, ProductStock] = field(default_factory=dict)
    recent: bytes = b""
    next: int = 0


class Ledger:
    """Books sales and movements of one bar, each once.

    Args:
        opening: stock at the start of the products that hold any; None where it is not known.
        recipes: what one unit of a mixed product takes from others.
        patience: after which nobody believes any more that something is on its way.

    >>> noon = datetime.fromisoformat("2026-07-04T12:00:00+00:00")
    >>> ledger = Ledger({"rum": 100.0, "cola": 50.0}, {"cuba libre": {"rum": 1.0, "cola": 1.0}})
    >>> ledger.sell("cuba libre", 3, noon)
    >>> ledger.stock("rum"), ledger.stock("cola"), ledger.stock("cuba libre")
    (97.0, 47.0, None)
    """

    def __init__(
        self,
        opening: Mapping[str, float | None],
        recipes: Mapping[str, Mapping[str, float]] | None = None,
        state: LedgerState | None = None,
        *,
        patience: timedelta = timedelta(hours=1),
    ) -> None:
        self._opening = opening
        self._recipes = recipes or {}
        self._state = state or LedgerState()
        self._recent = RecentIds(REMEMBERED, self._state.recent, self._state.next)
        self._patience = patience

    @property
    def state(self) -> LedgerState:
        """To be stored."""
        self._state.recent, self._state.next = self._recent.ring, self._recent.place
        return self._state

    def draws(self, product: str, units: float) -> dict[str, float]:
        """What a sale takes from the stock, by product."""
        recipe = self._recipes.get(product)
        if not recipe:
            return {product: units}
        return {name: units * share for name, share in recipe.items()}

    def sell(self, product: str, units: float, time: datetime) -> None:
        """Book a sale; negative units take one back."""
        tick = tick_of(time)
        clock = self._state.clock
        if clock is None or tick > clock:
            self._state.clock = tick
            if clock is None or tick // 6 > clock // 6:
                self._prune(tick - REACH)
        for name, drawn in self.draws(product, units).items():
            self._flow(name, tick, -drawn)

    def check(self, movement: StockMovement) -> None:
        """Refuse what can't be booked.

        Raises:
            StockMovementError: an unknown product, one without a stock of its own, a transfer to nowhere, or a count
                from before the journal begins.
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
        clock = self._state.clock
        if movement.kind in ("count", "opening") and clock is not None and tick_of(movement.time) < clock - REACH:
            minutes = REACH * TICK_SECONDS // 60
            raise StockMovementError(
                f"the {movement.kind} of {name!r} is more than {minutes} minutes older than the bar's last sale: "
                "what was sold since can't be told apart any more; count again"
            )

    def book(self, movement: StockMovement, offset: int) -> bool:
        """Apply one movement; False when it was booked before.

        Raises:
            StockMovementError: nothing was booked.
        """
        if offset <= self._state.offset:
            return False
        self.check(movement)
        self._state.offset = offset
        if not self._recent.first_time(movement.id):
            return False
        holding = self._holding(movement.product)
        time = self.when(movement)
        tick, units = tick_of(time), movement.quantity
        match movement.kind:
            case "count" | "opening":
                self._count(movement.product, holding, tick, units, opening=movement.kind == "opening")
            case "on-its-way":
                holding.coming, holding.coming_since, holding.coming_from = units, time, movement.other
            case "delivery" if not movement.counterpart:
                holding.coming = max(0.0, holding.coming - units)
                self._flow(movement.product, tick, units, reported=True)
            case "transfer" if movement.counterpart:
                holding.coming = max(0.0, holding.coming - units)
                self._flow(movement.product, tick, units, reported=True)
            case _:  # waste, a transfer that leaves, and the far side of a delivery between bars
                self._flow(movement.product, tick, -units, reported=True)
        return True

    def when(self, movement: StockMovement) -> datetime:
        """The time of a movement by the bar's clock, which is the one of its tickets.

        A recorded evening that is played back stays in its own time, whatever the wall clock of who presses says.
        """
        clock = self._state.clock
        if clock is None:
            return movement.time
        newest = datetime.fromtimestamp(clock * TICK_SECONDS, movement.time.tzinfo)
        return newest if movement.time - newest > OTHER_CLOCK else movement.time

    def stock(self, product: str) -> float | None:
        """Units left, never negative; None where nobody said how many there were."""
        balance = self._balance(product)
        return None if balance is None else max(0.0, balance)

    def oversold(self, product: str) -> float:
        """Units sold beyond what was known to be there: somebody should count."""
        return max(0.0, -(self._balance(product) or 0.0))

    def coming(self, product: str, at: datetime) -> float:
        """Units that somebody is fetching; forgotten when they don't arrive in time."""
        holding = self._state.holdings.get(product)
        if holding is None or holding.coming_since is None or at - holding.coming_since > self._patience:
            return 0.0
        return holding.coming

    def coming_from(self, product: str) -> str | None:
        """The bar that those units come from; None for the store."""
        holding = self._state.holdings.get(product)
        return holding.coming_from if holding else None

    def missing(self, product: str) -> float:
        """Units that counts found missing so far; breakage, theft, or drinks on the house."""
        holding = self._state.holdings.get(product)
        return holding.missing if holding else 0.0

    def _holding(self, product: str) -> ProductStock:
        return self._state.holdings.setdefault(product, ProductStock())

    def _balance(self, product: str) -> float | None:
        if product in self._recipes:
            return None
        holding = self._state.holdings.get(product)
        base = self._opening.get(product) if holding is None or holding.base is None else holding.base
        return None if base is None else round(base + (holding.flow if holding else 0.0), 6)

    def _flow(self, product: str, tick: int, units: float, *, reported: bool = False) -> None:
        """What moved in a tick. Of what staff report in the tick of a count, what they report after it came after."""
        holding = self._holding(product)
        for counted, compared in holding.counts:
            if tick < counted or (tick == counted and not reported):
                # It had happened when they counted, and explains a part of what was found.
                holding.missing += units if compared else 0.0
                return
        holding.flow += units
        if self._state.clock is None or tick >= self._state.clock - REACH:
            holding.journal[tick] = holding.journal.get(tick, 0.0) + units

    def _count(self, product: str, holding: ProductStock, tick: int, units: float, *, opening: bool) -> None:
        if holding.counts and tick < holding.counts[-1][0]:
            return  # a later count is known already
        after = sum(moved for when, moved in holding.journal.items() if when > tick)
        balance = self._balance(product)
        compared = balance is not None and not opening
        if balance is not None and compared:
            holding.missing += balance - after - units
        holding.base, holding.flow = units, after
        holding.counts = [*holding.counts[1 - COUNTS :], (tick, compared)]
        holding.journal = {when: moved for when, moved in holding.journal.items() if when > tick}

    def _prune(self, oldest: int) -> None:
        for holding in self._state.holdings.values():
            if holding.journal and min(holding.journal) < oldest:
                holding.journal = {tick: units for tick, units in holding.journal.items() if tick >= oldest}


def tick_of(time: datetime) -> int:
    """Number of the ten seconds since 1970 that hold this time."""
    return int(time.timestamp() // TICK_SECONDS)
