"""Whether plans help to forecast a stage's people: simulated evenings, with and without the counts of plans.

Visitors, tastes, plans and what people then do are generated (`simulation.crowd_spreading`): the figures compare
methods and say nothing of real crowds. A share of the visitors has planned with Pulso, and most of them do as planned;
the others go where they like, without a plan that anybody knows. Every zone forecast is compared with what it would be
with a further term: growth that the programme's times alone make one expect, or growth by the number of plans of each
set.

Run `python -m simulation.plan_signals`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from processors.crowd.forecast import ZoneForecaster
from schemas.ids import PlaceId, SetId
from schemas.programme import ProgrammeSet
from simulation.crowd_spreading import BEGIN, HOURS, SimulatedFestival, planned_sets

VISITORS = 800
ADOPTIONS = (0.1, 0.3, 0.6)
SEEDS = range(8)
KEEP_TO_PLAN = 0.8
"""Chance that somebody goes to a set that they planned; otherwise to another one at the same time."""

MIN_PLANS = 5
"""Plans of a set from which their number is used: fewer could be one group of friends."""

STEP = 10
"""Seconds between two counts."""

MINUTES = (5, 15)
COUNT_NOISE = 0.08
EARLY_MINUTES, LATE_MINUTES = 12.0, 6.0
"""Means of the minutes by which people come before a set and leave after it (exponential)."""

RIDGE = 1.0
"""Prior strength of the term's share, in squared persons of a stage with twenty people, of prior mean zero."""

Curve = NDArray[np.float64]


@dataclass(slots=True)
class Term:
    """A further term of the forecast: a share of an expected growth, by ridge regression on what is known so far."""

    squares: float = RIDGE * 400
    products: float = 0.0

    @property
    def share(self) -> float:
        """Return the share; with plans, how many people one plan stands for."""
        return max(0.0, self.products / self.squares)

    def learn(self, expected: float, missed: float) -> None:
        """Add how much the forecast without the term missed."""
        self.squares += expected * expected
        self.products += expected * missed


@dataclass(slots=True)
class Misses:
    """Absolute errors in persons of each method, at one horizon."""

    errors: dict[str, list[float]] = field(default_factory=dict)

    def add(self, method: str, error: float) -> None:
        """Add an error."""
        self.errors.setdefault(method, []).append(abs(error))

    def means(self) -> dict[str, float]:
        """Return the mean absolute error of each method."""
        return {name: float(np.mean(errors)) for name, errors in self.errors.items()}


def occupancy(
    sets: Mapping[SetId, ProgrammeSet], visits: Mapping[SetId, int], stage: PlaceId, rng: np.random.Generator
) -> Curve:
    """Return the people at a stage at each step of the evening, from how many go to each of its sets."""
    change = np.zeros(HOURS * 3600 // STEP + 1)
    for one in sets.values():
        if one.stage != stage:
            continue
        number = visits.get(one.id, 0)
        came = seconds(one.begin) + 300 - 60 * rng.exponential(EARLY_MINUTES, number)
        left = np.maximum(seconds(one.end) - 600 + 60 * rng.exponential(LATE_MINUTES, number), came)
        for times, sign in ((came, 1), (left, -1)):
            np.add.at(change, np.clip(times // STEP, 0, len(change) - 1).astype(int), sign)
    return np.cumsum(change)[:-1]


def expected_curve(sets: Mapping[SetId, ProgrammeSet], plans: Mapping[SetId, float], stage: PlaceId) -> Curve:
    """Return the people whom plans make one expect at each step: those who planned a set, from its begin to its end."""
    times = np.arange(HOURS * 3600 // STEP) * STEP
    curve = np.zeros(len(times))
    for one in sets.values():
        if one.stage == stage:
            come = np.clip((times - seconds(one.begin) + 60 * EARLY_MINUTES) / (60 * EARLY_MINUTES), 0, 1)
            leave = np.clip((times - seconds(one.end) + 300) / (60 * LATE_MINUTES), 0, 1)
            curve += plans.get(one.id, 0.0) * (come - leave)
    return curve


def seconds(moment: datetime) -> float:
    """Return seconds since the begin of the evening."""
    return (moment - BEGIN).total_seconds()


def evaluate(seed: int, adoption: float, visitors: int = VISITORS) -> dict[int, dict[str, float]]:
    """Return the mean absolute error in persons of each method by horizon in minutes, on one evening."""
    festival = SimulatedFestival.of(seed, visitors)
    return _errors(festival, _plans(festival), adoption, np.random.default_rng([seed, 5]))


def _plans(festival: SimulatedFestival) -> list[list[SetId]]:
    return [planned_sets(festival, visitor) for visitor in range(len(festival.utilities))]


def _errors(
    festival: SimulatedFestival, plans: list[list[SetId]], adoption: float, rng: np.random.Generator
) -> dict[int, dict[str, float]]:
    sets = {one.id: one for one in festival.programme}
    visits = _visits(sets, plans, rng)
    adopters = rng.random(len(plans)) < adoption
    counted = Counter(one for plan, adopts in zip(plans, adopters, strict=True) if adopts for one in plan)
    known = {one: float(count) for one, count in counted.items() if count >= MIN_PLANS}
    found = {minutes: Misses() for minutes in MINUTES}
    for stage in festival.capacities:
        own = [known.get(one.id, 0.0) for one in festival.programme if one.stage == stage]
        programme = dict.fromkeys(sets, float(np.mean(own)) if any(own) else 20.0)
        curves = {
            "with the programme": expected_curve(sets, programme, stage),
            "with plans": expected_curve(sets, known, stage),
        }
        _forecast(occupancy(sets, visits, stage, rng), curves, found, rng)
    return {minutes: misses.means() for minutes, misses in found.items()}


def _visits(sets: Mapping[SetId, ProgrammeSet], plans: list[list[SetId]], rng: np.random.Generator) -> Counter[SetId]:
    """Return the visits of each set: somebody who doesn't keep to the plan goes to another set of that time."""
    visits: Counter[SetId] = Counter()
    slots = {
        name: [other.id for other in sets.values() if abs(seconds(other.begin) - seconds(one.begin)) < 1800]
        for name, one in sets.items()
    }
    for plan in plans:
        for one in plan:
            visits[one if rng.random() < KEEP_TO_PLAN else slots[one][rng.integers(len(slots[one]))]] += 1
    return visits


def _forecast(
    people: Curve, curves: Mapping[str, Curve], found: Mapping[int, Misses], rng: np.random.Generator
) -> None:
    forecaster = ZoneForecaster()
    terms = {(name, minutes): Term() for name in curves for minutes in MINUTES}
    made: dict[int, list[float]] = {minutes: [] for minutes in MINUTES}
    for step, persons in enumerate(people):
        seen = max(0.0, persons * (1 + COUNT_NOISE * rng.standard_normal()))
        forecaster.add(seen, 0.0, float(step * STEP))
        ahead = {one.minutes: one.mean for one in forecaster.forecast()}
        for minutes in MINUTES:
            steps = minutes * 60 // STEP
            made[minutes].append(ahead.get(minutes, seen))
            if step >= steps:
                for name, curve in curves.items():
                    missed = seen - made[minutes][step - steps]
                    terms[name, minutes].learn(curve[step] - curve[step - steps], missed)
            if step + steps < len(people):
                _compare(people[step + steps], made[minutes][step], step, steps, curves, terms, minutes, found[minutes])


def _compare(
    truth: float,
    forecast: float,
    step: int,
    steps: int,
    curves: Mapping[str, Curve],
    terms: Mapping[tuple[str, int], Term],
    minutes: int,
    misses: Misses,
) -> None:
    misses.add("as it is", truth - forecast)
    for name, curve in curves.items():
        growth = terms[name, minutes].share * (curve[step + steps] - curve[step])
        misses.add(name, truth - max(0.0, forecast + growth))


def main() -> dict[str, dict[str, dict[str, float]]]:
    """Return MAE by adoption, horizon and method; differences with half the width of their 95 % interval over seeds."""
    festivals = [SimulatedFestival.of(seed, VISITORS) for seed in SEEDS]
    plans = [_plans(one) for one in festivals]
    report: dict[str, dict[str, dict[str, float]]] = {}
    for adoption in ADOPTIONS:
        runs = [
            _errors(festival, planned, adoption, np.random.default_rng([seed, 5]))
            for seed, festival, planned in zip(SEEDS, festivals, plans, strict=True)
        ]
        report[f"{adoption:.0%}"] = {f"{minutes} min": _summary([run[minutes] for run in runs]) for minutes in MINUTES}
    return report


def _summary(runs: list[dict[str, float]]) -> dict[str, float]:
    found = {name: round(float(np.mean([run[name] for run in runs])), 2) for name in runs[0]}
    for reference, name in (("as it is", "with plans"), ("with the programme", "with plans")):
        gains = np.array([run[reference] - run[name] for run in runs])
        found[f"{name}, less than {reference}"] = round(float(gains.mean()), 2)
        found[f"{name}, less than {reference}, ±"] = round(float(T_95 * gains.std(ddof=1) / np.sqrt(len(gains))), 2)
    return found


T_95 = 2.365
"""Student's t for 7 degrees of freedom, two-sided 95 %: eight seeds."""


if __name__ == "__main__":
    print(json.dumps(main(), indent=1))
