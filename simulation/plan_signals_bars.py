"""Use of plans for the forecast of a bar's sales: simulated evenings, with and without the counts of plans.

Everything is generated, as in `simulation.plan_signals`: on two evenings with the same times and other acts, people
stand before a stage and buy at its bar. The forecast learns on the first evening and is compared on the second; it
knows the programme and the measured occupancy in any case, and in further runs the number of those whose plan has the
set.

Run `python -m simulation.plan_signals_bars`.
"""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np

from processors.bars.accuracy import wape
from processors.bars.demand import DemandModel
from schemas.ids import PlaceId
from simulation.crowd_spreading import BEGIN, ZONE, SimulatedFestival
from simulation.plan_signals import (
    ADOPTIONS,
    SEEDS,
    STEP,
    VISITORS,
    Curve,
    expected_curve,
    interval,
    known_plans,
    occupancy,
    plans_of,
    visits_of,
)

STAGES = 3
"""Stages with a bar: the largest ones."""

HORIZONS = (1, 4)
"""In quarters of an hour."""

QUARTER = timedelta(minutes=15)
UNITS_PER_PERSON = 0.15
"""Units that somebody before the stage buys in a quarter of an hour, on average."""

PRODUCT = "beer"
TICKET_UNITS = 2.0
"""Units of a sale; a single sale of hundreds would be taken for a mistake."""

EVENING = timedelta(days=1)

Quarters = list[float]


class BarEvening:
    """People before a stage, units sold, and plans by adoption, by quarter of an hour."""

    def __init__(self, festival: SimulatedFestival, stage: PlaceId, rng: np.random.Generator) -> None:
        sets, plans = {one.id: one for one in festival.programme}, plans_of(festival)
        self.people = by_quarter(occupancy(sets, visits_of(sets, plans, rng), stage, rng))
        self.planned = {
            adoption: by_quarter(expected_curve(sets, known_plans(plans, adoption, rng), stage))
            for adoption in ADOPTIONS
        }
        tickets = [rng.poisson(UNITS_PER_PERSON * persons / TICKET_UNITS) for persons in self.people]
        self.units = [TICKET_UNITS * float(one) for one in tickets]
        self.sets = [(one.begin, one.end) for one in festival.programme if one.stage == stage]


def by_quarter(curve: Curve) -> Quarters:
    """Return the mean of each quarter of an hour."""
    return [float(one) for one in curve.reshape(-1, int(QUARTER.total_seconds()) // STEP).mean(axis=1)]


def forecast_errors(evenings: list[BarEvening], adoption: float | None) -> dict[int, float]:
    """Return the WAPE of the last evening by horizon in quarters of an hour; without plans if the adoption is None."""
    demand = DemandModel(slot=QUARTER, zone=ZONE, horizons=HORIZONS)
    found: dict[int, tuple[list[float], list[float]]] = {horizon: ([], []) for horizon in HORIZONS}
    for number, evening in enumerate(evenings):
        begin = BEGIN + number * EVENING
        stages = {
            "stage": [((one + number * EVENING).timestamp(), (end + number * EVENING).timestamp())
                      for one, end in evening.sets]
        }  # fmt: skip
        for slot, units in enumerate(evening.units):
            demand.advance(begin + slot * QUARTER, _context(evening, slot, adoption))
            demand.set_programme(stages)
            for horizon, (sold, forecast) in found.items():
                if number == len(evenings) - 1 and slot + horizon <= len(evening.units):
                    sold.append(sum(evening.units[slot : slot + horizon]))
                    forecast.append(demand.mean(PRODUCT, horizon))
            for _ in range(round(units / TICKET_UNITS)):
                demand.add_sale(PRODUCT, TICKET_UNITS, begin + slot * QUARTER + QUARTER / 2)
    return {horizon: wape(sold, forecast) for horizon, (sold, forecast) in found.items()}


def _context(evening: BarEvening, slot: int, adoption: float | None) -> dict[str, float]:
    """Return features: occupancy as it was measured, a set now, and plans of this quarter and of the hour."""
    middle = BEGIN + slot * QUARTER + QUARTER / 2
    context = {
        "occupancy": evening.people[max(0, slot - 1)] / 100,
        "on_stage": float(any(begin <= middle < end for begin, end in evening.sets)),
    }
    if adoption is not None:
        planned = evening.planned[adoption]
        context["planned"] = planned[slot] / 100
        context["planned_hour"] = float(np.mean(planned[slot : slot + 4])) / 100
    return context


def main() -> dict[str, dict[str, str]]:
    """Return WAPE by horizon and adoption, and the gain by plans with its 95 % interval over seeds."""
    runs = [_errors(seed) for seed in SEEDS]
    return {f"{15 * horizon} min": _summary(runs, horizon) for horizon in HORIZONS}


def _errors(seed: int) -> dict[float | None, dict[int, float]]:
    """Return mean WAPE over the bars by adoption and horizon."""
    festivals = [SimulatedFestival.of(1000 + 2 * seed + number, VISITORS) for number in (0, 1)]
    found: dict[float | None, list[dict[int, float]]] = {None: [], **{one: [] for one in ADOPTIONS}}
    for index, stage in enumerate(list(festivals[0].capacities)[:STAGES]):
        rng = np.random.default_rng([seed, index])
        evenings = [BarEvening(one, stage, rng) for one in festivals]
        for adoption, errors in found.items():
            errors.append(forecast_errors(evenings, adoption))
    return {
        adoption: {horizon: float(np.mean([one[horizon] for one in errors])) for horizon in HORIZONS}
        for adoption, errors in found.items()
    }


def _summary(runs: list[dict[float | None, dict[int, float]]], horizon: int) -> dict[str, str]:
    without = np.array([run[None][horizon] for run in runs])
    found = {"without plans": f"{without.mean():.3f}"}
    for adoption in ADOPTIONS:
        errors = np.array([run[adoption][horizon] for run in runs])
        gains = without - errors
        found[f"plans of {adoption:.0%}"] = f"{errors.mean():.3f}; {gains.mean():.3f} ± {interval(gains):.3f} less"
    return found


if __name__ == "__main__":
    print(json.dumps(main(), indent=1))
