"""Use of plans for the forecast of a stage's people: simulated evenings, with and without the counts of plans.

Visitors, tastes and what people do are generated (`simulation.crowd_spreading`): the figures compare methods and say
nothing of real crowds. Everybody wants the act that they like most of those at one time. A share of the visitors has
planned it with Pulso; most people do as they want. The forecast of each zone is compared with what it would be with a
further term: growth that the programme's times alone make one expect, or growth by the number of plans of each set.

Run `python -m simulation.plan_signals`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from processors.crowd.forecast import ZoneForecaster
from schemas.ids import PlaceId, SetId
from schemas.programme import ProgrammeSet
from simulation.crowd_spreading import BEGIN, HOURS, SLOT_MINUTES, SimulatedFestival

VISITORS = 2_000
ADOPTIONS = (0.1, 0.3, 0.6)
SEEDS = range(8)

MIN_PLANS = 5
"""Plans of a set from which their number is used: fewer could be one group of friends."""

STEP = 10
"""Seconds between two counts."""

MINUTES = (5, 15)
COUNT_NOISE = 0.08
EARLY_MINUTES, LATE_MINUTES = 12.0, 6.0
"""Minutes by which people are expected to come before a set and to leave after it."""

RIDGE = 400.0
"""Prior strength of the term's share, in squared persons; its prior mean is zero."""

T_95 = 2.365
"""Student's t for 7 degrees of freedom, two-sided 95 %: eight seeds."""

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Habits:
    """Habits of the simulated people.

    Attributes:
        keep_to_plan: chance that somebody goes to the set that they want; otherwise to another one at the same time.
        early_minutes, late_minutes: means of the minutes by which they come before a set and leave after it
            (exponential).
    """

    keep_to_plan: float = 0.8
    early_minutes: float = EARLY_MINUTES
    late_minutes: float = LATE_MINUTES


HABITS = {"as expected": Habits(), "otherwise": Habits(0.5, 25.0, 15.0)}
"""People who do what the forecast expects, and people who do so half the time and come much earlier and leave later."""

Plans = Sequence[Sequence[SetId]]


def plans_of(festival: SimulatedFestival) -> Plans:
    """Return what each visitor wants to see: of the sets at one time the one that they like most, if they like any."""
    slots: dict[int, list[ProgrammeSet]] = {}
    for one in festival.programme:
        slots.setdefault(int(seconds(one.begin) // (SLOT_MINUTES * 60)), []).append(one)
    wanted = []
    for utilities in festival.utilities:
        liked = [[one for one in sets if one.act in utilities] for sets in slots.values()]
        wanted.append([max(sets, key=lambda one: utilities[one.act]).id for sets in liked if sets])
    return wanted


def visits_of(
    sets: Mapping[SetId, ProgrammeSet], plans: Plans, rng: np.random.Generator, keep_to_plan: float = 0.8
) -> Counter[SetId]:
    """Return the visits of each set: somebody who doesn't keep to the plan goes to another set of that time."""
    visits: Counter[SetId] = Counter()
    slots = {
        name: [other.id for other in sets.values() if abs(seconds(other.begin) - seconds(one.begin)) < 1800]
        for name, one in sets.items()
    }
    for plan in plans:
        for one in plan:
            visits[one if rng.random() < keep_to_plan else slots[one][rng.integers(len(slots[one]))]] += 1
    return visits


def known_plans(plans: Plans, adoption: float, rng: np.random.Generator) -> dict[SetId, float]:
    """Return the number of plans of each set that enough of the adopters have."""
    adopts = rng.random(len(plans)) < adoption
    counts = Counter(one for plan, yes in zip(plans, adopts, strict=True) if yes for one in plan)
    return {one: float(count) for one, count in counts.items() if count >= MIN_PLANS}


def occupancy(
    sets: Mapping[SetId, ProgrammeSet],
    visits: Mapping[SetId, int],
    stage: PlaceId,
    rng: np.random.Generator,
    habits: Habits = Habits(),
) -> Curve:
    """Return the people at a stage at each step of the evening, from how many go to each of its sets."""
    change = np.zeros(HOURS * 3600 // STEP + 1)
    for one in sets.values():
        if one.stage != stage:
            continue
        number = visits.get(one.id, 0)
        came = seconds(one.begin) + 300 - 60 * rng.exponential(habits.early_minutes, number)
        left = np.maximum(seconds(one.end) - 600 + 60 * rng.exponential(habits.late_minutes, number), came)
        for times, sign in ((came, 1), (left, -1)):
            np.add.at(change, np.clip(times // STEP, 0, len(change) - 1).astype(int), sign)
    return np.cumsum(change)[:-1]


def expected_curve(sets: Mapping[SetId, ProgrammeSet], plans: Mapping[SetId, float], stage: PlaceId) -> Curve:
    """Return the people whom plans make one expect at each step, who come and leave within some minutes."""
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


def evening_errors(
    festival: SimulatedFestival, seed: int, habits: Habits, adoptions: Sequence[float] = ADOPTIONS
) -> dict[int, dict[str, float]]:
    """Return the mean absolute error in persons of each method by horizon in minutes, over all stages."""
    rng = np.random.default_rng([seed, 5])
    sets, plans = {one.id: one for one in festival.programme}, plans_of(festival)
    visits = visits_of(sets, plans, rng, habits.keep_to_plan)
    known = {f"plans of {share:.0%}": known_plans(plans, share, rng) for share in adoptions}
    errors: dict[int, dict[str, list[float]]] = {minutes: {} for minutes in MINUTES}
    for stage in festival.capacities:
        people = occupancy(sets, visits, stage, rng, habits)
        seen = np.maximum(0.0, people * (1 + COUNT_NOISE * rng.standard_normal(len(people))))
        curves = {"programme": expected_curve(sets, dict.fromkeys(sets, 100.0), stage)}
        curves |= {name: expected_curve(sets, counts, stage) for name, counts in known.items()}
        for minutes, forecast in zone_forecasts(seen).items():
            ahead = minutes * 60 // STEP
            truth, made = people[ahead:], forecast[:-ahead]
            errors[minutes].setdefault("as it is", []).append(float(np.abs(truth - made).mean()))
            for name, curve in curves.items():
                found = np.maximum(0.0, made + further_growth(seen, forecast, curve, ahead))
                errors[minutes].setdefault(name, []).append(float(np.abs(truth - found).mean()))
    return {
        minutes: {name: float(np.mean(values)) for name, values in methods.items()}
        for minutes, methods in errors.items()
    }


def zone_forecasts(seen: Curve) -> dict[int, Curve]:
    """Return the forecast of the zone as it is, made at each step, by horizon in minutes."""
    forecaster = ZoneForecaster()
    made = {minutes: seen.copy() for minutes in MINUTES}
    for step, persons in enumerate(seen):
        forecaster.add(float(persons), 0.0, float(step * STEP))
        for one in forecaster.forecast():
            if one.minutes in made:
                made[one.minutes][step] = one.mean
    return made


def further_growth(seen: Curve, forecast: Curve, expected: Curve, ahead: int) -> Curve:
    """Return the growth to add at each step: a share of the expected one, by ridge regression on what was missed.

    A step learns from the steps whose time has come by then.
    """
    grows = expected[ahead:] - expected[:-ahead]
    missed = seen[ahead:] - forecast[:-ahead]
    known = np.arange(len(grows)) - ahead
    squares, products = (np.concatenate([[0.0], np.cumsum(one)]) for one in (grows * grows, grows * missed))
    until = np.maximum(known + 1, 0)
    return np.asarray(np.maximum(0.0, products[until] / (squares[until] + RIDGE)) * grows)


def main() -> dict[str, dict[str, dict[str, str]]]:
    """Return mean absolute errors, and what each method gains, with half the width of its 95 % interval over seeds."""
    festivals = [SimulatedFestival.of(seed, VISITORS) for seed in SEEDS]
    report = {}
    for name, habits in HABITS.items():
        runs = [evening_errors(one, seed, habits) for seed, one in zip(SEEDS, festivals, strict=True)]
        report[name] = {f"{minutes} min": _summary([run[minutes] for run in runs]) for minutes in MINUTES}
    return report


def _summary(runs: list[dict[str, float]]) -> dict[str, str]:
    found = {}
    for name in runs[0]:
        text = f"{np.mean([run[name] for run in runs]):.1f}"
        for reference in ("as it is", "programme"):
            gains = np.array([run[reference] - run[name] for run in runs])
            text += f"; {gains.mean():.1f} ± {interval(gains):.1f} less than {reference}"
        found[name] = text
    return found


def interval(values: Curve) -> float:
    """Return half the width of the 95 % interval of the mean of eight values."""
    return float(T_95 * values.std(ddof=1) / np.sqrt(len(values)))


if __name__ == "__main__":
    print(json.dumps(main(), indent=1))
