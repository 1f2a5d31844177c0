"""Prices stay within their declared limits whatever the forecast says, and whoever approves."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from processors.tickets.prices import (
    CALM,
    PriceError,
    PriceState,
    approve,
    decline,
    expected_revenue,
    first_prices,
    propose,
    step_at,
)
from schemas.tickets import PriceProposal, PriceSettings

START = datetime(2026, 3, 1, 10, tzinfo=UTC)
RUNS = 10_000


def random_limits(generator: random.Random) -> PriceSettings:
    """Return valid limits: a ladder with gaps, and a largest step that some gaps reach."""
    ladder = sorted(generator.sample(range(500, 20_000, 50), generator.randint(2, 8)))
    widest = max(b - a for a, b in pairwise(ladder))
    return PriceSettings(
        ladder_cents=ladder,
        start_cents=generator.choice(ladder),
        floor_cents=generator.randint(0, ladder[0]),
        ceiling_cents=generator.randint(ladder[-1], 30_000),
        largest_step_cents=widest + generator.randint(0, 2_000),
        notice_hours=generator.choice((1, 24, 72.5, 720)),
        elasticity=generator.choice((0.2, 1.0, 1.5, 4.0)),
    )


def check_steps(limits: PriceSettings, state: PriceState, end: datetime, decisions: list[datetime]) -> None:
    """Check every step against ladder, floor, ceiling, largest step and notice."""
    for place, step in enumerate(state.steps):
        assert step.cents in limits.ladder_cents
        assert limits.floor_cents <= step.cents <= limits.ceiling_cents
        if place:
            assert abs(step.cents - state.steps[place - 1].cents) <= limits.largest_step_cents
            assert step.begin - decisions[place - 1] >= timedelta(hours=limits.notice_hours)
            assert state.steps[place - 1].begin <= decisions[place - 1], "one step is announced at a time"
            assert step.begin < end


def test_no_run_leaves_the_limits() -> None:
    generator = random.Random(4)
    steps = 0
    for _ in range(RUNS):
        limits = random_limits(generator)
        state, decisions = first_prices(limits, START), []
        now, end = START, START + timedelta(days=generator.uniform(1, 120))
        for number in range(generator.randint(1, 6)):
            now += timedelta(hours=generator.uniform(0, 240))
            demand = [generator.uniform(-100, 5_000) for _ in range(3)]
            left = generator.uniform(-10, 3_000)
            state.proposal = propose(limits, state, demand, left, now, end, name=f"p{number}", expected_final=1)
            if generator.random() < 0.2:  # a record that no worker of ours wrote
                forged = generator.choice([*limits.ladder_cents, 1, 10_000_000])
                state.proposal = PriceProposal(
                    id="f", time=now, cents=forged, reason="more_demand", expected_final=1, gain_cents=1
                )
            now += timedelta(hours=generator.uniform(0, 200))  # somebody decides late
            try:
                approve(limits, state, state.proposal.id if state.proposal else "none", now, end)
                decisions.append(now)
            except PriceError:
                pass
        steps += len(decisions)
        check_steps(limits, state, end, decisions)
    assert steps > RUNS / 2, "the runs do change prices"


LIMITS = PriceSettings(
    ladder_cents=[3500, 4000, 4500, 5000], start_cents=4000, floor_cents=3500, ceiling_cents=5000,
    largest_step_cents=500, notice_hours=24, elasticity=1.5,
)  # fmt: skip
END = START + timedelta(days=100)


@pytest.mark.parametrize(
    ("wanted", "left", "cents"),
    [(2000, 800, 4500), (300, 2000, 3500), (720, 700, None)],
    ids=["more wanted than left", "far too few", "just right"],
)
def test_proposal_follows_demand(wanted: float, left: float, cents: int | None) -> None:
    found = propose(LIMITS, first_prices(LIMITS, START), [wanted], left, START, END, name="p", expected_final=wanted)
    assert (found.cents if found else None) == cents
    if found is not None:
        gain = expected_revenue([wanted], left, 4000, found.cents, 1.5) - 4000 * min(wanted, left)
        assert found.gain_cents == round(gain) > 0


def test_after_a_step_or_a_refusal_there_is_a_calm() -> None:
    state = first_prices(LIMITS, START)

    def proposal(hours: float) -> PriceProposal | None:
        return propose(LIMITS, state, [2000], 800, START + timedelta(hours=hours), END, name="p", expected_final=1)

    state.proposal = proposal(1)
    decline(state, "p", START + timedelta(hours=1))
    calm = CALM.total_seconds() / 3600
    assert (proposal(calm), state.proposal) == (None, None)
    state.proposal = proposal(calm + 1)
    step = approve(LIMITS, state, "p", START + timedelta(hours=calm + 2), END)
    assert proposal(calm + 20) is None, "it is announced"
    assert step_at(state.steps, step.begin - timedelta(seconds=1)).cents == 4000
    assert step_at(state.steps, step.begin).cents == 4500
    assert proposal(calm + 2 + 24 + calm - 1) is None
    assert proposal(calm + 2 + 24 + calm + 1) is not None


def test_decision_on_another_proposal_is_refused() -> None:
    state = first_prices(LIMITS, START)
    with pytest.raises(PriceError, match="not open"):
        approve(LIMITS, state, None, START, END)
    with pytest.raises(PriceError, match="not open"):
        decline(state, "old", START)
