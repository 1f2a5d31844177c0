"""How often forecasts of a zone are right: on a recorded evening, or on evenings simulate_evening from a seed."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

from processors.alerts.alarm import AlarmState, apply_observation
from processors.crowd.forecast import HORIZONS, ZoneForecaster, chance_to_reach
from processors.crowd.rules import CROWD_FORECAST
from processors.crowd.smoothing import SmoothedCount
from schemas.alerts import Observation
from schemas.crowd import CrowdSettings
from schemas.errors import PulsoError
from schemas.rules import RuleSettings

EVERY = 2.0
"""seconds between two counts of a simulate_evening evening"""


class OccupancyFileError(PulsoError, ValueError):
    """The file can't be used."""


class OccupancySample(Struct, frozen=True):
    """One count of one zone; `inflow` in heads a second; `actual` who is really there, where that is known."""

    time: float
    persons: float
    inflow: float = 0.0
    actual: float | None = None

    @property
    def truth(self) -> float:
        """What a forecast is held against."""
        return self.persons if self.actual is None else self.actual


class _Judged(Struct):
    errors: dict[int, list[float]]
    persistence: dict[int, list[float]]
    held: dict[int, list[bool]]
    reached: int = 0
    foretold: int = 0
    leads: list[float] = []
    raised: int = 0
    right: int = 0


def evaluate(
    path: Path | None,
    *,
    limit: float | None = None,
    lead_minutes: float = 5.0,
    rule: RuleSettings | None = None,
    evenings: int = 40,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Play zones through the forecaster as the vision worker does, and compare with what came.

    Args:
        rule: when a chance becomes an alarm; the default rule if left out.
        path: CSV with time (ISO 8601), zone, persons and optionally inflow (persons a minute); None draws evenings.
        limit: people that must not be reached; without it the 90th percentile of each zone.

    Returns:
        By horizon MAE, that of "as many as now", and the share of counts inside the 90 % interval. Of alarms by
        the rule, with its delays: how many limits were foretold at all and half the lead time ahead, the
        median lead, and how many alarms were right: the limit came within thrice the lead time.

    Raises:
        OccupancyFileError: the file can't be read.
    """
    series = read_occupancy(path) if path else {f"evening {n}": simulate_evening(seed + n) for n in range(evenings)}
    judged = _Judged({m: [] for m in HORIZONS}, {m: [] for m in HORIZONS}, {m: [] for m in HORIZONS})
    for number, moments in enumerate(series.values()):
        most = limit or float(np.quantile([moment.truth for moment in moments], 0.9))
        _play(moments, most, lead_minutes, rule or CROWD_FORECAST.defaults, judged)
        progress(number + 1, len(series))
    return {
        "zones": len(series),
        "horizons": {
            str(minutes): {
                "mae": _mean(judged.errors[minutes]),
                "mae as many as now": _mean(judged.persistence[minutes]),
                "inside the interval": _mean(judged.held[minutes]),
            }
            for minutes in HORIZONS
        },
        "limit": {
            "reached": judged.reached,
            "foretold": judged.foretold / max(1, judged.reached),
            "foretold in time": sum(lead >= lead_minutes / 2 for lead in judged.leads) / max(1, judged.reached),
            "lead minutes, median": float(np.median(judged.leads)) if judged.leads else 0.0,
            "alarms": judged.raised,
            "alarms that were right": judged.right / max(1, judged.raised),
        },
    }


def _play(moments: list[OccupancySample], limit: float, lead: float, rule: RuleSettings, judged: _Judged) -> None:
    settings = CrowdSettings()
    zone, smoothed = ZoneForecaster(), SmoothedCount()
    truth = np.asarray([moment.truth for moment in moments])
    times = np.asarray([moment.time for moment in moments])
    alarm, alarms = AlarmState(), []
    for moment in moments:
        smoothed = smoothed.update(
            moment.persons, moment.time, smoothing_seconds=settings.smoothing_seconds,
            surge_seconds=settings.surge_seconds,
        )  # fmt: skip
        level = smoothed.value or 0.0
        zone.add(level, moment.inflow, moment.time)
        ahead = zone.forecast()
        for one in ahead:
            then = int(np.searchsorted(times, moment.time + 60 * one.minutes))
            if then < len(moments):
                judged.errors[one.minutes].append(abs(one.mean - truth[then]))
                judged.persistence[one.minutes].append(abs(level - truth[then]))
                judged.held[one.minutes].append(bool(one.low <= truth[then] <= one.high))
        if ahead:
            alarm, step = apply_observation(
                alarm, _observation(moment, chance_to_reach(limit, lead, level, ahead)), rule
            )
            if step is not None and step.state == "raised" and level < limit:
                alarms.append(moment.time)
    _judge_alarms(_crossings(moments, limit), alarms, lead, judged)


def _observation(moment: OccupancySample, chance: float) -> Observation:
    return Observation(
        id=f"{moment.time}", key="crowd-forecast/zone", rule="crowd-forecast", subject="zone",
        time=datetime.fromtimestamp(moment.time, UTC), value=chance,
    )  # fmt: skip


def _crossings(moments: list[OccupancySample], limit: float) -> list[float]:
    """When the limit was reached for half a minute, each time after the zone was below nine tenths of it."""
    found: list[float] = []
    ready, since = True, None
    for moment in moments:
        since = (since if since is not None else moment.time) if moment.truth >= limit else None
        if ready and since is not None and moment.time - since >= 30:
            found.append(since)
            ready = False
        if moment.truth < 0.9 * limit:
            ready = True
    return found


def _judge_alarms(crossings: list[float], alarms: list[float], lead: float, judged: _Judged) -> None:
    judged.reached += len(crossings)
    judged.raised += len(alarms)
    judged.right += sum(any(0 <= reached - at <= 180 * lead for reached in crossings) for at in alarms)
    for reached in crossings:
        before = [reached - at for at in alarms if 0 <= reached - at <= 180 * lead]
        if before:
            judged.foretold += 1
            judged.leads.append(max(before) / 60)


def simulate_evening(seed: int) -> list[OccupancySample]:
    """Three hours of one zone: people come for acts and leave, some evenings over the limit, with 8 % of noise.

    Arrivals and departures are Poisson; the inflow is what the flow over the edge would show, with a third of error.
    """
    random = np.random.default_rng([seed, 99])
    length, persons = int(3 * 3600 / EVERY), float(random.uniform(20, 120))
    target = np.full(length, persons)
    for _ in range(random.integers(2, 5)):
        start, lasts = random.uniform(600, 9000), random.uniform(1200, 3600)
        rise, height = random.uniform(180, 1500), random.uniform(50, 500)
        t = np.arange(length) * EVERY
        target += height / (1 + np.exp(-(t - start) / (rise / 6))) / (1 + np.exp((t - start - lasts) / (rise / 8)))
    found, flow = [], 0.0
    for place in range(length):
        wanted = (target[place] - persons) / 60 * EVERY
        churn = persons / 900 * EVERY
        came, went = random.poisson(max(0, wanted) + churn), random.poisson(max(0, -wanted) + churn)
        persons = max(0.0, persons + came - went)
        flow += 0.05 * ((came - went) / EVERY - flow)
        counted = persons * (1 + random.normal(0, 0.08))
        seen = flow * random.normal(0.8, 0.3) + random.normal(0, 0.05)
        found.append(OccupancySample(place * EVERY, max(0.0, float(counted)), float(seen), persons))
    return found


def read_occupancy(path: Path) -> dict[str, list[OccupancySample]]:
    """Counts by zone, in order of time.

    Raises:
        OccupancyFileError: a column is missing, or a value is none.
    """
    series: dict[str, list[OccupancySample]] = defaultdict(list)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                try:
                    time = datetime.fromisoformat(row["time"]).timestamp()
                    persons, inflow = float(row["persons"]), float(row.get("inflow") or 0) / 60
                except (KeyError, TypeError, ValueError) as error:
                    raise OccupancyFileError(f"{path}: line {number}: {error!r}; columns time,zone,persons") from error
                if not (math.isfinite(persons) and persons >= 0):
                    raise OccupancyFileError(f"{path}: line {number}: persons must be 0 or more, not {persons}")
                series[row.get("zone") or ""].append(OccupancySample(time, persons, inflow))
    except (OSError, UnicodeDecodeError) as error:
        raise OccupancyFileError(f"{path}: {error}") from error
    if not series:
        raise OccupancyFileError(f"{path}: no rows; columns time,zone,persons[,inflow]")
    return {zone: sorted(moments, key=lambda moment: moment.time) for zone, moments in series.items()}


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return float(np.mean(found)) if found else 0.0
