"""Evaluation of zone forecasts and their alerts, on recorded or simulated evenings."""

from __future__ import annotations

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
from processors.csv_table import CellError, Refusal, Row, TableError, read_table, refusals_text
from schemas.alerts import Observation
from schemas.crowd import CrowdSettings
from schemas.errors import PulsoError
from schemas.ids import AlertKey, EventId
from schemas.rules import RuleSettings

SIMULATION_STEP = 2.0
"""Seconds between two counts of a simulated evening."""


OCCUPANCY_COLUMNS = "columns time,zone,persons[,inflow]"


class OccupancyFileError(PulsoError, ValueError):
    """The file of recorded occupancy can't be used; the message says why."""


class OccupancySample(Struct, frozen=True):
    """One count of one zone.

    Attributes:
        time: seconds.
        persons: counted people.
        inflow: people per second.
        actual: true number of people, where it is known.
    """

    time: float
    persons: float
    inflow: float = 0.0
    actual: float | None = None

    @property
    def truth(self) -> float:
        """Number of people that forecasts are compared with: the true one, or else the count."""
        return self.persons if self.actual is None else self.actual


class _Totals(Struct):
    errors: dict[int, list[float]]
    persistence: dict[int, list[float]]
    held: dict[int, list[bool]]
    reached: int = 0
    forecast_crossings: int = 0
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
    """Forecast recorded or simulated zones as the vision worker does, and compare with what followed.

    Args:
        path: CSV with time (ISO 8601), zone, persons and optionally inflow (persons per minute); None simulates.
        limit: number of people that must not be reached; the 90th percentile of each zone if left out.
        lead_minutes: time that staff need to act.
        rule: alert rule on the probability of reaching the limit; the default one if left out.
        evenings: number of simulated evenings.
        seed: of the simulation.
        progress: called with zones done and zones in all.

    Returns:
        By horizon, MAE, MAE of the persistence forecast ("as many as now"), and the share of values inside the 90 %
        interval. Of the alerts raised by the rule with its delays: the share of crossings of the limit that were
        forecast at all and at least half the lead time before, the median lead, and the share of alerts that were
        followed by a crossing within three times the lead time.

    Raises:
        OccupancyFileError: the file can't be read.
    """
    series = read_occupancy(path) if path else {f"evening {n}": simulate_evening(seed + n) for n in range(evenings)}
    totals = _Totals({m: [] for m in HORIZONS}, {m: [] for m in HORIZONS}, {m: [] for m in HORIZONS})
    for number, samples in enumerate(series.values()):
        most = limit or float(np.quantile([sample.truth for sample in samples], 0.9))
        _play(samples, most, lead_minutes, rule or CROWD_FORECAST.defaults, totals)
        progress(number + 1, len(series))
    return {
        "zones": len(series),
        "horizons": {
            str(minutes): {
                "mae": _mean(totals.errors[minutes]),
                "mae as many as now": _mean(totals.persistence[minutes]),
                "inside the interval": _mean(totals.held[minutes]),
            }
            for minutes in HORIZONS
        },
        "limit": {
            "reached": totals.reached,
            "foretold": totals.forecast_crossings / max(1, totals.reached),
            "foretold in time": sum(lead >= lead_minutes / 2 for lead in totals.leads) / max(1, totals.reached),
            "lead minutes, median": float(np.median(totals.leads)) if totals.leads else 0.0,
            "alarms": totals.raised,
            "alarms that were right": totals.right / max(1, totals.raised),
        },
    }


def _play(samples: list[OccupancySample], limit: float, lead: float, rule: RuleSettings, totals: _Totals) -> None:
    settings = CrowdSettings()
    zone, smoothed = ZoneForecaster(), SmoothedCount()
    truth = np.asarray([sample.truth for sample in samples])
    times = np.asarray([sample.time for sample in samples])
    alarm, alarms = AlarmState(), []
    for sample in samples:
        smoothed = smoothed.update(
            sample.persons, sample.time, smoothing_seconds=settings.smoothing_seconds,
            surge_seconds=settings.surge_seconds,
        )  # fmt: skip
        level = smoothed.value or 0.0
        zone.add(level, sample.inflow, sample.time)
        ahead = zone.forecast()
        for one in ahead:
            then = int(np.searchsorted(times, sample.time + 60 * one.minutes))
            if then < len(samples):
                totals.errors[one.minutes].append(abs(one.mean - truth[then]))
                totals.persistence[one.minutes].append(abs(level - truth[then]))
                totals.held[one.minutes].append(bool(one.low <= truth[then] <= one.high))
        if ahead:
            alarm, step = apply_observation(
                alarm, _observation(sample, chance_to_reach(limit, lead, level, ahead)), rule
            )
            if step is not None and step.state == "raised" and level < limit:
                alarms.append(sample.time)
    _add_alerts(_crossings(samples, limit), alarms, lead, totals)


def _observation(sample: OccupancySample, chance: float) -> Observation:
    return Observation(
        id=EventId(f"{sample.time}"), key=AlertKey("crowd-forecast/zone"), rule="crowd-forecast", subject="zone",
        time=datetime.fromtimestamp(sample.time, UTC), value=chance,
    )  # fmt: skip


def _crossings(samples: list[OccupancySample], limit: float) -> list[float]:
    """Return the times at which the limit was reached for 30 s, each after the zone was below 90 % of it."""
    crossings: list[float] = []
    ready, since = True, None
    for sample in samples:
        since = (since if since is not None else sample.time) if sample.truth >= limit else None
        if ready and since is not None and sample.time - since >= 30:
            crossings.append(since)
            ready = False
        if sample.truth < 0.9 * limit:
            ready = True
    return crossings


def _add_alerts(crossings: list[float], alarms: list[float], lead: float, totals: _Totals) -> None:
    totals.reached += len(crossings)
    totals.raised += len(alarms)
    totals.right += sum(any(0 <= reached - at <= 180 * lead for reached in crossings) for at in alarms)
    for reached in crossings:
        before = [reached - at for at in alarms if 0 <= reached - at <= 180 * lead]
        if before:
            totals.forecast_crossings += 1
            totals.leads.append(max(before) / 60)


def simulate_evening(seed: int) -> list[OccupancySample]:
    """Simulate three hours of one zone: people come for acts and leave, some evenings above the limit.

    Arrivals and departures are Poisson. Counts have 8 % noise; the inflow is 20 % low with 30 % noise, like the
    measured flow over the edge.
    """
    random = np.random.default_rng([seed, 99])
    length, persons = int(3 * 3600 / SIMULATION_STEP), float(random.uniform(20, 120))
    target = np.full(length, persons)
    for _ in range(random.integers(2, 5)):
        start, lasts = random.uniform(600, 9000), random.uniform(1200, 3600)
        rise, height = random.uniform(180, 1500), random.uniform(50, 500)
        t = np.arange(length) * SIMULATION_STEP
        target += height / (1 + np.exp(-(t - start) / (rise / 6))) / (1 + np.exp((t - start - lasts) / (rise / 8)))
    samples, flow = [], 0.0
    for place in range(length):
        wanted = (target[place] - persons) / 60 * SIMULATION_STEP
        churn = persons / 900 * SIMULATION_STEP
        came, went = random.poisson(max(0, wanted) + churn), random.poisson(max(0, -wanted) + churn)
        persons = max(0.0, persons + came - went)
        flow += 0.05 * ((came - went) / SIMULATION_STEP - flow)
        counted = persons * (1 + random.normal(0, 0.08))
        measured_flow = flow * random.normal(0.8, 0.3) + random.normal(0, 0.05)
        samples.append(
            OccupancySample(place * SIMULATION_STEP, max(0.0, float(counted)), float(measured_flow), persons)
        )
    return samples


def read_occupancy(path: Path) -> dict[str, list[OccupancySample]]:
    """Read counts by zone, in the order of time.

    Raises:
        OccupancyFileError: a column is missing, or a value is not valid.
    """
    series: dict[str, list[OccupancySample]] = defaultdict(list)
    refused: list[Refusal] = []
    try:
        table = read_table(path, numbers=("persons", "inflow"))
        table.require("time", "persons")
    except (OSError, TableError) as error:
        raise OccupancyFileError(f"{error}; {OCCUPANCY_COLUMNS}") from error
    for row in table.rows:
        try:
            series[row.text("zone", "")].append(_sample(row))
        except CellError as error:
            refused.append(Refusal(row.line, str(error)))
    if refused:
        raise OccupancyFileError(f"{refusals_text(path, refused)}; {OCCUPANCY_COLUMNS}")
    if not series:
        raise OccupancyFileError(f"{path}: no rows; {OCCUPANCY_COLUMNS}")
    return {zone: sorted(samples, key=lambda sample: sample.time) for zone, samples in series.items()}


def _sample(row: Row) -> OccupancySample:
    row.check_length()
    persons = row.number("persons")
    if persons < 0:
        raise CellError(f"persons must be 0 or more, not {persons:g}")
    try:
        time = row.time("time").timestamp()
    except (OverflowError, ValueError) as error:  # the first and the last day that Python knows
        raise CellError(f"time {row.text('time')!r} can't be converted") from error
    return OccupancySample(time, persons, row.number("inflow", "0") / 60)


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return float(np.mean(listed)) if listed else 0.0
