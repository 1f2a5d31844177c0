"""What no alert tells of the story: people who move, a forecast that rises, tickets that come late and twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from schemas.bars import SALES, DemandForecast, Ticket
from schemas.crowd import CrowdCount
from simulation.evening import LENGTH, MINUTE, Evening, clock
from simulation.moments import Planned, Ready
from simulation.story import BREAK, RAIN

AHEAD = 30
"""minutes of the forecast that is followed"""
BAR, BAR_ZONE = "south", "bars"
"""the bar that the break fills"""
_QUIET = clock("21:55")
"""from when on an act plays, everyone is there, and it does not rain yet"""


class StoryFacts:
    """Follows counts and forecasts while the evening is played, and says afterwards what became of them."""

    def __init__(self, evening: Evening) -> None:
        self._evening = evening
        self._persons: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
        self._needed: list[tuple[datetime, float]] = []
        self._last: dict[str, DemandForecast] = {}

    def take(self, record: Any) -> None:
        """Read one result; only counts and forecasts matter."""
        match record:
            case CrowdCount():
                for zone in record.zones:
                    self._persons[zone.zone].append(
                        (record.time, zone.persons if zone.counted is None else zone.counted)
                    )
            case DemandForecast() if record.time <= self._evening.at(LENGTH):  # the first evening is told of
                self._last[record.bar] = record
                if record.bar == BAR:
                    units = sum(h.mean for p in record.products for h in p.horizons if h.minutes == AHEAD)
                    self._needed.append((record.time, units))

    def facts(self, plan: Sequence[Ready | Planned]) -> dict[str, dict[str, Any]]:
        """By the beat's name.

        Args:
            plan: in the order in which it was sent.
        """
        return {"rain": self._rain(), "break": self._break(), "till-back": self._till(plan)}

    def _rain(self) -> dict[str, Any]:
        dry, wet = (_QUIET, RAIN[0]), (RAIN[0] + 6 * MINUTE, RAIN[1] - 6 * MINUTE)
        found = {
            f"people_{zone}": {"before": self._mean(zone, *dry), "in_the_rain": self._mean(zone, *wet)}
            for zone in ("front", BAR_ZONE)
        }
        front, bars = found["people_front"], found[f"people_{BAR_ZONE}"]
        return {**found, "as_expected": _rose(front, falls=True) and _rose(bars)}

    def _break(self) -> dict[str, Any]:
        before, during = (_QUIET, RAIN[0]), (BREAK[0] + 8 * MINUTE, BREAK[0] + 25 * MINUTE)
        people = {"before": self._mean(BAR_ZONE, *before), "in_the_break": self._mean(BAR_ZONE, *during)}
        needed = {"before": self._needed_between(*before), "in_the_break": self._needed_between(*during)}
        return {
            f"people_{BAR_ZONE}": people,
            f"units_forecast_{BAR}_{AHEAD}_min": needed,
            "as_expected": _rose(people),
        }

    def _till(self, plan: Sequence[Ready | Planned]) -> dict[str, Any]:
        """Tickets counted by each bar at its last forecast, against those that were sent up to then, each once."""
        late = repeated = 0
        sent: dict[str, set[str]] = defaultdict(set)
        by_ticket: dict[str, int] = {}
        for ready in plan:
            if not isinstance(ready, Ready) or ready.topic is not SALES or not isinstance(ready.value, Ticket):
                continue
            late += ready.happened is not None and ready.happened < ready.time
            repeated += ready.value.id in sent[ready.key]
            sent[ready.key].add(ready.value.id)
            by_ticket.setdefault(ready.id, len(sent[ready.key]))
        bars: Mapping[str, dict[str, int | None]] = {
            bar: {"sent_once": by_ticket.get(last.event_id), "counted": last.tickets}
            for bar, last in sorted(self._last.items())
        }
        return {
            "tickets_late": late,
            "of_them_sent_twice": repeated,
            "tickets_by_bar": bars,
            "as_expected": bool(bars) and all(one["sent_once"] == one["counted"] for one in bars.values()),
        }

    def _mean(self, zone: str, begin: float, end: float) -> float | None:
        return _mean(self._persons[zone], self._evening.at(begin), self._evening.at(end))

    def _needed_between(self, begin: float, end: float) -> float | None:
        return _mean(self._needed, self._evening.at(begin), self._evening.at(end))


def _mean(values: Sequence[tuple[datetime, float]], begin: datetime, end: datetime) -> float | None:
    found = [value for time, value in values if begin <= time <= end]
    return round(sum(found) / len(found), 1) if found else None


def _rose(found: Mapping[str, float | None], *, falls: bool = False) -> bool:
    """Whether the second value is at least a tenth above the first, or below it."""
    first, second = found.values()
    if first is None or second is None:
        return False
    return second <= 0.9 * first if falls else second >= 1.1 * first
