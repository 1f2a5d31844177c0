"""Demand forecast of bars on simulated evenings: the same evening again and again, then one whose acts all play later.

Every evening is our own simulation, with the same acts, weather and number of visitors; what differs is chance. It
shows how fast a forecast learns, and what happens when the programme moves, not how it does at a real festival.

Run `python -m simulation.evening_demand`.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from pathlib import Path

from processors.bars.accuracy import wape
from processors.bars.demand import DemandModel
from processors.bars.evening_profile import StageSets
from processors.bars.product_similarity import product_traits
from schemas.bars import BarSettings, Ticket
from schemas.ids import BarId
from schemas.venue import Venue
from simulation.evening import EVENING_SECONDS, FOREST_STAGE, HOUR, MAIN_STAGE, MINUTE, Evening, clock
from simulation.till_tickets import BARS_CLOSE_AT, tickets
from stream.runtime.settings import ROOT
from stream.runtime.venue_file import read_venue

SLOT = 15 * MINUTE
EVENINGS = 4
"""Evenings with the same programme; one that moved comes after them."""
MOVED_BY = HOUR

SlotUnits = Mapping[int, Mapping[str, float]]
"""Units by slot of the evening and product."""


@dataclass(slots=True)
class Errors:
    """Units and forecasts of one bar on one evening, by slot."""

    sold: list[float] = field(default_factory=list)
    forecast: list[float] = field(default_factory=list)
    yesterday: list[float] = field(default_factory=list)

    def report(self) -> dict[str, float]:
        """Return the WAPE of the forecast, and of the same quarter of the evening before where there was one."""
        found = {"forecast": round(wape(self.sold, self.forecast), 3)}
        return found | ({"yesterday": round(wape(self.sold, self.yesterday), 3)} if self.yesterday else {})


def evenings_of(number: int = EVENINGS, *, moved_by: float = MOVED_BY) -> list[Evening]:
    """Return evenings with the same programme, and one on which all acts play later."""
    evenings = [Evening()]
    while len(evenings) <= number:
        evenings.append(evenings[-1].next())
    return [*evenings[:-1], replace(evenings[-1], moved_by=moved_by)]


def units_of(evening: Evening, venue: Venue) -> dict[BarId, SlotUnits]:
    """Return the units sold by each bar, at the times of the sales."""
    units: dict[BarId, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(float)))
    seen = set()
    for one in tickets(evening, venue):
        if isinstance(one.value, Ticket) and one.value.id not in seen and one.occurred_at is not None:
            seen.add(one.value.id)
            for line in one.value.lines:
                units[one.value.bar][int(one.occurred_at // SLOT)][line.product] += line.quantity
    return dict(units)


def stages_of(evening: Evening) -> StageSets:
    """Return the sets of an evening, as the bars worker is told of them."""
    return {
        stage: [
            (evening.at(act.start).timestamp(), evening.at(act.end).timestamp())
            for act in evening.acts
            if act.stage == stage
        ]
        for stage in (MAIN_STAGE, FOREST_STAGE)
    }


def evaluate(
    bar: BarSettings, evenings: list[Evening], sold: list[SlotUnits], *, with_programme: bool = True
) -> list[dict[str, float]]:
    """Forecast each quarter of each evening before it is learnt, and return the errors by evening."""
    zone = evenings[0].doors.tzinfo or UTC
    demand = DemandModel(slot=timedelta(seconds=SLOT), zone=zone, traits=product_traits(bar.products))
    reports = []
    for number, (evening, units) in enumerate(zip(evenings, sold, strict=True)):
        errors = Errors()
        for slot in range(int(EVENING_SECONDS / SLOT)):
            begin = slot * SLOT
            demand.advance(evening.at(begin), _context(evening, bar, begin))
            if with_programme:
                demand.set_programme(stages_of(evening))
            if begin + SLOT <= BARS_CLOSE_AT:
                errors.sold.append(sum(units.get(slot, {}).values()))
                errors.forecast.append(sum(demand.mean(product.id, 1) for product in bar.products))
                if number:
                    errors.yesterday.append(sum(sold[number - 1].get(slot, {}).values()))
            for product, quantity in units.get(slot, {}).items():
                demand.add_sale(product, quantity, evening.at(begin + SLOT / 2))
        reports.append(errors.report())
    return reports


def _context(evening: Evening, bar: BarSettings, time: float) -> dict[str, float]:
    """Return the context features that the demo sends for the zone of a bar."""
    weather = evening.weather(time)
    features = {
        "temperature": (weather.temperature - 20) / 10,
        "rain": math.log1p(weather.rain),
        "doors_open": float(time < clock("01:30")),
    }
    stage = {"front": MAIN_STAGE, "bars": FOREST_STAGE}.get(bar.zone or "")
    return features | ({"on_stage": float(evening.act(stage, time) is not None)} if stage else {})


def main(venue_file: Path = ROOT / "deploy" / "venues" / "demo.yaml") -> dict[str, dict[str, list[dict[str, float]]]]:
    """Return the errors of each bar by evening, without and with the programme; the last evening moved."""
    venue, evenings = read_venue(venue_file), evenings_of()
    sold = [units_of(evening, venue) for evening in evenings]
    return {
        bar.id: {
            name: evaluate(bar, evenings, [units.get(bar.id, {}) for units in sold], with_programme=given)
            for name, given in (("without_programme", False), ("with_programme", True))
        }
        for bar in venue.bars
    }


if __name__ == "__main__":
    print(json.dumps(main(), indent=1))
