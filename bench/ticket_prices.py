"""Simulated seasons of ticket sales whose demand follows a stated elasticity: proposed prices against fixed ladders.

`python -m bench.ticket_prices`. Everything here is made: no real sale is in it. Each season has its own level of demand
and course; buyers of a day are Poisson with mean level × course × (price / reference) ** -elasticity. The fixed ladder
that it is compared with is the best of all in hindsight, on the very seasons that it is measured on: an early, a
regular and a late price of the declared ones, never falling, from the 60th and the 21st day before the event.
Proposals see only what was sold so far and 40 past seasons at the reference price; each is approved at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations_with_replacement
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from processors.tickets.curves import BookingCurve
from processors.tickets.prices import approve, first_prices, step_at
from processors.tickets.sales import DaySales, EventState, Forecaster, SoldType, begin_of, propose_price
from schemas.ids import EventId
from schemas.tickets import PriceSettings, SaleEventSettings, TicketTypeSettings

DAYS = 120
"""Length of a sale."""

SWITCH_DAYS = (60, 21)
CAPACITY = 5_000
MEAN_DEMAND = 5_000
"""Tickets that a season would sell at the reference price without a capacity, in the mean."""

LEVEL_SPREAD = 0.35
"""Standard deviation of the logarithm of a season's level."""

REFERENCE_CENTS = 4_000
EVENT_DATE = date(2026, 7, 4)
ZONE = ZoneInfo("UTC")
PAST_SEASONS = 40
LIMITS = PriceSettings(
    ladder_cents=list(range(2_500, 7_001, 250)),
    start_cents=REFERENCE_CENTS,
    floor_cents=2_500,
    ceiling_cents=7_000,
    largest_step_cents=750,
    notice_hours=24,
    elasticity=1.5,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Season:
    """One season.

    Attributes:
        demand: mean number of buyers at the reference price, by day of the sale.
        seed: of its buyers.
    """

    demand: Floats
    seed: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Revenue by season, in cents.

    Attributes:
        ladder: the best fixed ladder: early, regular and late price.
        ratio: sum of proposed prices, divided by that of the ladder.
        low, high: 90 % interval of the ratio, by bootstrap over seasons.
        problems: steps outside limits; always none.
    """

    proposed: tuple[float, ...]
    fixed: tuple[float, ...]
    ladder: tuple[int, int, int]
    ratio: float
    low: float
    high: float
    steps_per_season: float


def seasons(number: int, seed: int) -> list[Season]:
    """Return seasons with levels and courses of their own."""
    random = np.random.default_rng(seed)
    found = []
    for place in range(number):
        level = MEAN_DEMAND * np.exp(random.normal(-(LEVEL_SPREAD**2) / 2, LEVEL_SPREAD))
        days = np.arange(DAYS)
        begin, end = random.uniform(0.1, 0.2), random.uniform(0.2, 0.4)
        course = (
            begin * np.exp(-days / 4) / np.exp(-days / 4).sum()
            + end * np.exp((days - DAYS) / 12) / np.exp((days - DAYS) / 12).sum()
            + (1 - begin - end) / DAYS
        )
        found.append(Season(level * course, seed * 10_000 + place))
    return found


def buyers(season: Season, day: int, cents: int, elasticity: float) -> int:
    """Return the number of people who would buy on a day at a price; the same luck at each price."""
    mean = season.demand[day] * (cents / REFERENCE_CENTS) ** -elasticity
    return int(np.random.default_rng((season.seed, day)).poisson(mean))


def past_seasons(seed: int) -> tuple[BookingCurve, ...]:
    """Return past seasons at the reference price, none of them sold out."""
    curves = []
    for place, season in enumerate(seasons(PAST_SEASONS, seed)):
        sold = np.cumsum([buyers(season, day, REFERENCE_CENTS, 0.0) for day in range(DAYS)])[::-1]
        held = EVENT_DATE - timedelta(days=365 + 7 * (PAST_SEASONS - place))
        curves.append(
            BookingCurve(f"p{place}", "day", tuple(range(DAYS)), tuple(map(float, sold)), float(sold[0]), held)
        )
    return tuple(curves)


def fixed_revenues(season: Season, ladders: Sequence[Sequence[int]], elasticity: float) -> Floats:
    """Return the revenue with each ladder: an early, a regular and a late price."""
    prices = LIMITS.ladder_cents
    wanted = np.array([[buyers(season, day, cents, elasticity) for cents in prices] for day in range(DAYS)])
    phases = [sum(DAYS - 1 - day < switch for switch in SWITCH_DAYS) for day in range(DAYS)]
    revenues = []
    for ladder in ladders:
        cents = np.array([ladder[phase] for phase in phases])
        total = np.minimum(np.cumsum(wanted[np.arange(DAYS), np.searchsorted(prices, cents)]), CAPACITY)
        revenues.append(float((np.diff(total, prepend=0) * cents).sum()))
    return np.array(revenues)


def proposed_revenue(
    season: Season, forecaster: Forecaster, elasticity: float, limits: PriceSettings = LIMITS
) -> tuple[float, int]:
    """Return the revenue where each proposal is approved at once, and the number of steps."""
    settings = TicketTypeSettings(id="day", capacity=CAPACITY, prices=limits)
    first_day = EVENT_DATE - timedelta(days=DAYS - 1)
    on_sale = datetime.combine(first_day, time.min, UTC)
    event = SaleEventSettings(id="gala", date=EVENT_DATE, on_sale=on_sale, types=[settings])
    prices = first_prices(limits, on_sale)
    sold = SoldType(prices=prices)
    state = EventState(types={"day": sold})
    left = CAPACITY
    for day in range(DAYS):
        state.now = on_sale + timedelta(days=day)
        end = begin_of(event, ZONE)
        prices.proposal = propose_price(state, event, settings, forecaster, ZONE, EventId(f"d{day}"))
        if prices.proposal is not None:
            approve(limits, prices, prices.proposal.id, state.now, end)
        cents = step_at(prices.steps, state.now).cents
        number = min(left, buyers(season, day, cents, elasticity))
        sold.days[first_day + timedelta(days=day)] = DaySales(number, number * cents)
        left -= number
    return float(sold.cents()), len(prices.steps) - 1


def compare(number: int = 30, seed: int = 7, *, true_elasticity: float | None = None) -> Comparison:
    """Compare proposed prices with the best fixed ladder.

    Args:
        true_elasticity: of the buyers; as stated in the limits where None.
    """
    elasticity = LIMITS.elasticity if true_elasticity is None else true_elasticity
    tested, forecaster = seasons(number, seed), Forecaster(past_seasons(seed + 1))
    ladders = list(combinations_with_replacement(LIMITS.ladder_cents, len(SWITCH_DAYS) + 1))
    table = np.array([fixed_revenues(season, ladders, elasticity) for season in tested]).T
    best = int(table.sum(axis=1).argmax())
    runs = [proposed_revenue(season, forecaster, elasticity) for season in tested]
    proposed, fixed = np.array([revenue for revenue, _ in runs]), table[best]
    random = np.random.default_rng(seed)
    picks = random.integers(0, number, (2_000, number))
    ratios = proposed[picks].sum(axis=1) / fixed[picks].sum(axis=1)
    early, regular, late = ladders[best]
    return Comparison(
        proposed=tuple(proposed.tolist()),
        fixed=tuple(fixed.tolist()),
        ladder=(early, regular, late),
        ratio=round(float(proposed.sum() / fixed.sum()), 4),
        low=round(float(np.quantile(ratios, 0.05)), 4),
        high=round(float(np.quantile(ratios, 0.95)), 4),
        steps_per_season=round(sum(steps for _, steps in runs) / number, 1),
    )


def main() -> None:
    """Print the comparison, also where the stated elasticity is wrong."""
    for true in (None, 1.0, 2.0):
        one = compare(true_elasticity=true)
        shown = msgspec.to_builtins(one)
        print({"true_elasticity": true or LIMITS.elasticity} | {
            name: shown[name] for name in ("ratio", "low", "high", "ladder", "steps_per_season")
        })  # fmt: skip


if __name__ == "__main__":
    main()
