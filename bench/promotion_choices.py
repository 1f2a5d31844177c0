"""Simulated attendees who see variants of a message: regret against uniform choices, and coverage of the estimates.

`python -m bench.promotion_choices`. Everything here is made: no real response is in it. A festival has five genres and
people who declare none, in shares of its own; each variant's response rate is 6 % times an effect of the variant and
one of variant and taste (log-normal). Responses come with the next batch of showings, as those of phones come late.
Choices and estimates are those that run in production.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from processors.promotion.campaign import CampaignRow
from processors.promotion.choice import Policy
from schemas.ids import EventId
from schemas.promotion import (
    NO_TASTE,
    CampaignId,
    MessageVariant,
    PromotionEvent,
    RateEstimate,
    VariantCount,
    VariantId,
)

TASTES = ("flamenco", "indie", "pop", "rock", "techno", NO_TASTE)
BASE_RATE = 0.06
VARIANT_SPREAD, TASTE_SPREAD = 0.3, 0.5
"""Standard deviations of the logarithms of the effects."""

BATCH = 100
"""Showings between two updates of what is known."""

CAMPAIGN = CampaignId("made")
TIME = datetime(2026, 7, 4, 20, tzinfo=UTC)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Festival:
    """Truth of one simulation.

    Attributes:
        shares: of the tastes, (6,).
        rates: response rate by taste and variant, (6, variants).
    """

    shares: Floats
    rates: Floats

    @classmethod
    def made(cls, random: np.random.Generator, variants: int) -> Festival:
        """Return a festival with shares and rates of its own."""
        effects = random.normal(0, VARIANT_SPREAD, variants) + random.normal(0, TASTE_SPREAD, (len(TASTES), variants))
        return cls(random.dirichlet(np.full(len(TASTES), 4.0)), np.minimum(0.5, BASE_RATE * np.exp(effects)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures of one simulation.

    Attributes:
        regret: mean rate that choices lose against the best variant of each taste.
        uniform_regret: the same of uniform choices.
        uniform_covered: whether the estimate's interval of uniform choices holds their true rate.
        variants_covered: the same of each variant shown to everybody.
    """

    regret: float
    uniform_regret: float
    uniform_covered: bool
    variants_covered: tuple[bool, ...]


def simulate(seed: int, showings: int, variants: int = 4) -> Outcome:
    """Show variants to attendees one after another."""
    random = np.random.default_rng(seed)
    festival = Festival.made(random, variants)
    names = [VariantId(f"v{number}") for number in range(variants)]
    row = CampaignRow(title="made", variants=[variant_of(name) for name in names])
    counts: tuple[VariantCount, ...] = ()
    waiting: list[PromotionEvent] = []
    lost = 0.0
    for begin in range(0, showings, BATCH):
        for event in waiting:
            row.count(event)
        waiting = []
        policies: dict[int, Policy] = {}
        for number in range(begin, min(begin + BATCH, showings)):
            place = int(random.choice(len(TASTES), p=festival.shares))
            if place not in policies:
                policies[place] = Policy.of(names, counts, TASTES[place])
            choice = policies[place].choose(seed * 1_000_003 + number)
            rates = festival.rates[place]
            rate = rates[names.index(choice.variant)]
            lost += rates.max() - rate
            row.count(event_of(number, choice.variant, TASTES[place], choice.propensity, variants, "shown"))
            if random.random() < rate:
                event = event_of(number, choice.variant, TASTES[place], choice.propensity, variants, "response")
                waiting.append(event)
        counts = row.state(CAMPAIGN, EventId("now"), TIME).counts
    for event in waiting:
        row.count(event)
    state = row.state(CAMPAIGN, EventId("end"), TIME)
    everybody = {name: festival.shares @ festival.rates[:, place] for place, name in enumerate(names)}
    estimates = {one.variant: one.to_everybody for one in state.results}
    regrets = festival.shares @ (festival.rates.max(axis=1) - festival.rates.mean(axis=1))
    return Outcome(
        regret=lost / showings,
        uniform_regret=float(regrets),
        uniform_covered=holds(state.uniform, float(festival.shares @ festival.rates.mean(axis=1))),
        variants_covered=tuple(holds(estimates[name], float(everybody[name])) for name in names),
    )


def event_of(
    number: int, variant: VariantId, taste: str, propensity: float, variants: int, kind: Literal["shown", "response"]
) -> PromotionEvent:
    """Return a showing, or the response to it."""
    return PromotionEvent(
        showing=str(number), campaign=CAMPAIGN, kind=kind, variant=variant, taste=taste, propensity=propensity,
        variants=variants, time=TIME,
    )  # fmt: skip


def variant_of(name: VariantId) -> MessageVariant:
    """Return an approved variant."""
    return MessageVariant(id=name, es="Hola", en="Hello", made_at=TIME, status="approved", approved_by="made")


def holds(one: RateEstimate | None, truth: float) -> bool:
    """Return True if an interval holds the true rate; one that says nothing holds every rate."""
    return one is None or one.low <= truth <= one.high


def summary(seeds: range, showings: int) -> dict[str, float]:
    """Return the figures of many simulations."""
    outcomes = [simulate(seed, showings) for seed in seeds]
    ratios = np.array([one.regret / one.uniform_regret for one in outcomes])
    total = sum(one.regret for one in outcomes) / sum(one.uniform_regret for one in outcomes)
    return {
        "simulations": len(outcomes),
        "showings": showings,
        "regret_ratio": round(float(total), 3),
        "regret_ratio_p90": round(float(np.quantile(ratios, 0.9)), 3),
        "uniform_coverage": round(float(np.mean([one.uniform_covered for one in outcomes])), 3),
        "variant_coverage": round(float(np.mean([one.variants_covered for one in outcomes])), 3),
    }


def main() -> None:
    """Print the figures by the number of showings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1_000)
    parser.add_argument("--showings", type=int, nargs="*", default=[1_000, 3_000, 10_000])
    given = parser.parse_args()
    for showings in given.showings:
        print(summary(range(given.seed, given.seed + given.simulations), showings), flush=True)


if __name__ == "__main__":
    main()
