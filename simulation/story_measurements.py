"""Measurements of story steps without alerts: people who move, a rising forecast, late tickets, attendees' plans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from schemas.bars import SALES, DemandForecast, Ticket
from schemas.crowd import CrowdCount
from schemas.ids import BarId, ZoneId
from simulation.attendee_measurements import AttendeeMeasurements
from simulation.evening import BARS_ZONE, EVENING_SECONDS, FRONT_ZONE, MINUTE, Evening, clock
from simulation.story import BREAK, RAIN
from simulation.timeline import PlannedMedia, TimelineEvent

FORECAST_MINUTES = 30
"""Horizon in minutes of the observed demand forecast."""
BAR, BAR_ZONE = BarId("south"), BARS_ZONE
"""Bar that is busiest in the break, and its zone."""
_DRY_PERIOD_START = clock("21:55")
"""Time from which an act plays, the audience has arrived, and it does not rain yet."""


class StoryMeasurements:
    """Collects crowd counts and demand forecasts during playback, and evaluates them afterwards."""

    def __init__(self, evening: Evening) -> None:
        self._evening = evening
        self._persons: dict[ZoneId, list[tuple[datetime, float]]] = defaultdict(list)
        self._forecast_units: list[tuple[datetime, float]] = []
        self._last_forecast: dict[BarId, DemandForecast] = {}
        self._attendees = AttendeeMeasurements(evening)

    def add_result(self, record: Any) -> None:
        """Add one result; only crowd counts, demand forecasts and results for attendees are used."""
        match record:
            case CrowdCount():
                for zone in record.zones:
                    self._persons[zone.zone].append(
                        (record.time, zone.persons if zone.counted is None else zone.counted)
                    )
            case DemandForecast() if record.time <= self._evening.at(
                EVENING_SECONDS
            ):  # only the first evening is evaluated
                self._last_forecast[record.bar] = record
                if record.bar == BAR:
                    units = sum(h.mean for p in record.products for h in p.horizons if h.minutes == FORECAST_MINUTES)
                    self._forecast_units.append((record.time, units))
            case _:
                self._attendees.add_result(record)

    def by_step(self, timeline: Sequence[TimelineEvent | PlannedMedia]) -> dict[str, dict[str, Any]]:
        """Return the measurements by name of the story step.

        Args:
            timeline: items in the order of sending.
        """
        return {
            "rain": self._rain(),
            "break": self._break(),
            "till-back": self._till(timeline),
            **self._attendees.by_step(),
        }

    def _rain(self) -> dict[str, Any]:
        dry, wet = (_DRY_PERIOD_START, RAIN[0]), (RAIN[0] + 6 * MINUTE, RAIN[1] - 6 * MINUTE)
        people = {
            f"people_{zone}": {"before": self._mean(zone, *dry), "in_the_rain": self._mean(zone, *wet)}
            for zone in (FRONT_ZONE, BAR_ZONE)
        }
        front, bars = people["people_front"], people[f"people_{BAR_ZONE}"]
        return {**people, "as_expected": _changed(front, falls=True) and _changed(bars)}

    def _break(self) -> dict[str, Any]:
        before, during = (_DRY_PERIOD_START, RAIN[0]), (BREAK[0] + 8 * MINUTE, BREAK[0] + 25 * MINUTE)
        people = {"before": self._mean(BAR_ZONE, *before), "in_the_break": self._mean(BAR_ZONE, *during)}
        needed = {"before": self._mean_forecast_units(*before), "in_the_break": self._mean_forecast_units(*during)}
        return {
            f"people_{BAR_ZONE}": people,
            f"units_forecast_{BAR}_{FORECAST_MINUTES}_min": needed,
            "as_expected": _changed(people),
        }

    def _till(self, timeline: Sequence[TimelineEvent | PlannedMedia]) -> dict[str, Any]:
        """Compare the tickets counted by each bar at its last forecast with the distinct tickets sent up to then."""
        late = repeated = 0
        sent: dict[str, set[str]] = defaultdict(set)
        by_ticket: dict[str, int] = {}
        for ready in timeline:
            if not isinstance(ready, TimelineEvent) or ready.topic is not SALES or not isinstance(ready.value, Ticket):
                continue
            late += ready.occurred_at is not None and ready.occurred_at < ready.time
            repeated += ready.value.id in sent[ready.key]
            sent[ready.key].add(ready.value.id)
            by_ticket.setdefault(ready.id, len(sent[ready.key]))
        bars: Mapping[BarId, dict[str, int | None]] = {
            bar: {"sent_once": by_ticket.get(last.event_id), "counted": last.tickets}
            for bar, last in sorted(self._last_forecast.items())
        }
        return {
            "tickets_late": late,
            "of_them_sent_twice": repeated,
            "tickets_by_bar": bars,
            "as_expected": bool(bars) and all(bar["sent_once"] == bar["counted"] for bar in bars.values()),
        }

    def _mean(self, zone: ZoneId, begin: float, end: float) -> float | None:
        return _mean(self._persons[zone], self._evening.at(begin), self._evening.at(end))

    def _mean_forecast_units(self, begin: float, end: float) -> float | None:
        return _mean(self._forecast_units, self._evening.at(begin), self._evening.at(end))


def _mean(values: Sequence[tuple[datetime, float]], begin: datetime, end: datetime) -> float | None:
    within = [value for time, value in values if begin <= time <= end]
    return round(sum(within) / len(within), 1) if within else None


def _changed(means: Mapping[str, float | None], *, falls: bool = False) -> bool:
    """Return True if the second mean is at least 10 % above the first one, or below it with `falls`."""
    first, second = means.values()
    if first is None or second is None:
        return False
    return second <= 0.9 * first if falls else second >= 1.1 * first
