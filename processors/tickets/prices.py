"""Prices: the next step that a forecast suggests, within declared limits, for a person to approve.

A price is for everybody alike; nothing here knows a buyer. A step is announced some hours before it begins (notice), so
that nobody's price changes during a purchase. What a step would bring is computed from the forecast's quantiles of
demand and the elasticity of the venue file: demand follows (price / present price) to the power of minus elasticity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field

from schemas.errors import PulsoError
from schemas.tickets import PriceProposal, PriceReason, PriceSettings, PriceStep

LOWEST_OF = timedelta(days=30)
"""Time over which the lowest price is told beside a price (directive 98/6/EC, article 6a, from EU 2019/2161)."""

MAX_STEPS = 200
"""Past steps that are kept."""

LEAST_GAIN = 0.02
"""Share of the expected remaining revenue that a step must bring, so that prices don't follow noise."""

CALM = timedelta(days=3)
"""Time without a proposal after somebody decided, or after a step began: the forecast must see what it moved."""


class PriceError(PulsoError, ValueError):
    """A price can't be changed so."""


class PriceState(Struct):
    """Prices of one type.

    Attributes:
        steps: in the order of their times; at most the last one lies ahead.
        decided: when somebody approved or declined last.
    """

    steps: list[PriceStep] = field(default_factory=list)
    proposal: PriceProposal | None = None
    decided: datetime | None = None


def first_prices(limits: PriceSettings, on_sale: datetime) -> PriceState:
    """Return the prices at the begin of a sale."""
    return PriceState([PriceStep(begin=on_sale, cents=limits.start_cents, reason="start")])


def step_at(steps: Sequence[PriceStep], time: datetime) -> PriceStep:
    """Return the step that is valid at a time; the first one before all of them."""
    return next((step for step in reversed(steps) if step.begin <= time), steps[0])


def announced(steps: Sequence[PriceStep], time: datetime) -> PriceStep | None:
    """Return the step that lies ahead."""
    return steps[-1] if len(steps) > 1 and steps[-1].begin > time else None


def lowest_before(steps: Sequence[PriceStep], step: PriceStep) -> int | None:
    """Return the lowest price of the 30 days before a step began; None before there was a price.

    >>> from datetime import UTC
    >>> days = [datetime(2026, 7, 1, tzinfo=UTC) + timedelta(days=number) for number in (0, 10, 45)]
    >>> steps = [PriceStep(begin=day, cents=cents, reason="start") for day, cents in zip(days, (4000, 4500, 4200))]
    >>> [lowest_before(steps, step) for step in steps]
    [None, 4000, 4500]
    """
    earlier = [one for one in steps if one.begin < step.begin]
    ends = [one.begin for one in earlier[1:]] + [step.begin]
    valid = [one.cents for one, end in zip(earlier, ends, strict=False) if end > step.begin - LOWEST_OF]
    return min(valid, default=None)


def problem_of_change(
    limits: PriceSettings, steps: Sequence[PriceStep], cents: int, now: datetime, end: datetime
) -> str | None:
    """Return the reason why a price can't be changed now, or None.

    Args:
        end: begin of the event; a step must begin before it.
    """
    return next(_problems(limits, steps, cents, now, end), None)


def _problems(
    limits: PriceSettings, steps: Sequence[PriceStep], cents: int, now: datetime, end: datetime
) -> Iterator[str]:
    present = step_at(steps, now).cents
    if announced(steps, now) is not None:
        yield "a step is announced already; wait until it begins"
    if cents not in limits.ladder_cents:
        yield f"{cents} is not one of the declared prices"
    if not limits.floor_cents <= cents <= limits.ceiling_cents:
        yield f"{cents} is not between the floor {limits.floor_cents} and the ceiling {limits.ceiling_cents}"
    if cents == present:
        yield f"{cents} is the present price"
    if abs(cents - present) > limits.largest_step_cents:
        yield f"the step from {present} to {cents} is larger than {limits.largest_step_cents}"
    if now + timedelta(hours=limits.notice_hours) >= end:
        yield f"with {limits.notice_hours:g} hours of notice it would not begin before the event"


def demand_at_price(daily: Iterable[tuple[int, int]], cents: int, elasticity: float) -> list[float]:
    """Return the tickets of each day as they would have been sold at one price.

    Args:
        daily: tickets, and what was paid for all of them, by day.

    >>> demand_at_price([(10, 40_000), (5, 10_000), (0, 0)], 2_000, 2.0)
    [40.0, 5.0, 0.0]
    """
    return [
        sold * (paid / sold / cents) ** elasticity if sold > 0 and paid > 0 else float(sold) for sold, paid in daily
    ]


def expected_revenue(demand: Sequence[float], left: float, present: int, cents: int, elasticity: float) -> float:
    """Return the mean revenue from now on at a price.

    Args:
        demand: quantiles of what would be sold from now on at the present price, if there were tickets without end.
        left: tickets that are left.

    >>> expected_revenue([100.0], 50, 4000, 8000, 1.0), expected_revenue([100.0], 20, 4000, 4000, 1.0)
    (400000.0, 80000.0)
    """
    if not present or not cents:
        return 0.0  # of free tickets nothing is known about other prices
    factor: float = (cents / present) ** -elasticity
    most = max(left, 0.0)
    return cents * sum(min(max(one, 0.0) * factor, most) for one in demand) / len(demand)


class PriceOption(Struct, frozen=True):
    """Expectation with one price of the ladder from now on.

    Attributes:
        expected_final: tickets that are expected to be sold in the end.
        revenue_cents: expected revenue from now on.
        problem: reason for which this price can't be announced now; None where it can.
    """

    cents: int
    expected_final: float
    revenue_cents: int
    problem: str | None


def price_options(
    limits: PriceSettings,
    steps: Sequence[PriceStep],
    sold: float,
    demand: Sequence[float],
    capacity: float,
    now: datetime,
    end: datetime,
) -> list[PriceOption]:
    """Return what each price of the ladder would bring, the lowest first; empty without a forecast.

    Args:
        sold: tickets so far.
        demand: quantiles of the final number at the present price, if there were tickets without end.
        capacity: tickets that exist.
        end: begin of the event.
    """
    present = step_at(steps, now).cents
    if not demand or not present:
        return []
    coming, left = [max(0.0, final - sold) for final in demand], max(0.0, capacity - sold)
    options = []
    for cents in limits.ladder_cents:
        revenue = expected_revenue(coming, left, present, cents, limits.elasticity)
        problem = None if cents == present else problem_of_change(limits, steps, cents, now, end)
        options.append(
            PriceOption(cents, round(sold + (revenue / cents if cents else 0.0), 1), round(revenue), problem)
        )
    return options


def propose(
    limits: PriceSettings,
    state: PriceState,
    demand: Sequence[float],
    left: float,
    now: datetime,
    end: datetime,
    *,
    name: str,
    expected_final: float,
) -> PriceProposal | None:
    """Return the step with the largest expected revenue, or None where the present price is about as good.

    Args:
        demand: quantiles of what would be sold from now on at the present price, if there were tickets without end.
        left: tickets that are left.
        end: begin of the event.
        name: id of the proposal.
        expected_final: tickets that are expected to be sold at the present price, for people.
    """
    step = step_at(state.steps, now)
    calm_since = [state.decided] if step.reason == "start" else [state.decided, step.begin]
    if not demand or left <= 0 or any(since is not None and now < since + CALM for since in calm_since):
        return None
    present = expected_revenue(demand, left, step.cents, step.cents, limits.elasticity)
    allowed = [
        cents for cents in limits.ladder_cents if problem_of_change(limits, state.steps, cents, now, end) is None
    ]
    gains = {cents: expected_revenue(demand, left, step.cents, cents, limits.elasticity) - present for cents in allowed}
    best = max(allowed, key=lambda cents: gains[cents], default=None)
    if best is None or gains[best] < LEAST_GAIN * present or gains[best] <= 0:
        return None
    reason: PriceReason = "more_demand" if best > step.cents else "less_demand"
    return PriceProposal(
        id=name, time=now, cents=best, reason=reason, expected_final=round(expected_final, 1),
        gain_cents=round(gains[best]),
    )  # fmt: skip


def approve(limits: PriceSettings, state: PriceState, proposal: str | None, now: datetime, end: datetime) -> PriceStep:
    """Announce the step of the open proposal; return it.

    Raises:
        PriceError: the proposal is not open any more, or the limits don't allow its price now.
    """
    open_one = _open_proposal(state, proposal)
    if (problem := problem_of_change(limits, state.steps, open_one.cents, now, end)) is not None:
        raise PriceError(problem)
    step = PriceStep(begin=now + timedelta(hours=limits.notice_hours), cents=open_one.cents, reason=open_one.reason)
    state.steps = [*state.steps[-(MAX_STEPS - 1) :], step]
    state.proposal, state.decided = None, now
    return step


def decline(state: PriceState, proposal: str | None, now: datetime) -> None:
    """Drop the open proposal.

    Raises:
        PriceError: the proposal is not open any more.
    """
    _open_proposal(state, proposal)
    state.proposal, state.decided = None, now


def _open_proposal(state: PriceState, name: str | None) -> PriceProposal:
    if state.proposal is None or state.proposal.id != name:
        raise PriceError(f"the proposal {name!r} is not open any more")
    return state.proposal
