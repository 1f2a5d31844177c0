"""How many people a zone will hold in 1, 5 and 15 minutes, from its own past and the flow over its edge.

A forecast is the count now plus what the trend and the measured inflow would add; how much of each to believe is
learnt per zone and horizon while it runs, and so is how far off it may be.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from msgspec import Struct, field

BUCKET = 10.0
"""seconds of counts that are kept as one"""

HORIZONS = (1, 5, 15)
"""minutes"""

TREND_BUCKETS = 12
"""buckets, two minutes, through which the trend is drawn"""

INFLOW_BUCKETS = 6
"""buckets, one minute, over which the inflow is taken"""

KEPT = HORIZONS[-1] * 6 + TREND_BUCKETS + 1
"""buckets that are remembered: a forecast of the longest horizon is judged when its time has come"""

FEWEST = 6
"""buckets before the first forecast"""

LARGEST_GAP = 60.0
"""seconds without a count that are bridged; after more the zone starts afresh"""

BELIEF = {1: (0.8, 0.0), 5: (0.45, 0.0), 15: (0.25, 0.0)}
"""share of the trend and of the inflow to believe before anything is learnt: no rush lasts"""

MOST = {1: 1.2, 5: 0.8, 15: 0.3}
"""share of the trend and of the inflow to believe at most, whatever was learnt: a zone fills up only once"""

DOUBT = 0.5
"""how much evidence it takes to believe otherwise: the ridge of the least squares, in squared relative growth"""

CALM, RUSH = 0.05, 0.6
"""what an error is measured by: a share of the people that grows with the root of the minutes, and a share of what the
trend alone would bring, since a rush may end or go on"""

SPREAD = {1: 1.6, 5: 1.8, 15: 2.4}
"""half of the 90 % interval by that measure, before anything is learnt"""

STEP = 0.03
"""how fast the ends of the interval follow their misses (adaptive conformal inference: Gibbs and Candès, 2021)"""

FORGET = 0.999
"""of each bucket's evidence"""

SMALLEST = 20.0
"""people for whom errors are judged like those of 20"""


class HorizonModel(Struct):
    """What is learnt of one horizon: sums of least squares, and the interval as shares of the people."""

    minutes: int
    trend_trend: float = 0.0
    trend_inflow: float = 0.0
    inflow_inflow: float = 0.0
    trend_grew: float = 0.0
    inflow_grew: float = 0.0
    below: float = 0.0
    above: float = 0.0

    @classmethod
    def of(cls, minutes: int) -> HorizonModel:
        """A horizon of which nothing is learnt yet."""
        return cls(minutes, below=-SPREAD[minutes], above=SPREAD[minutes])

    def growth(self, trend: float, inflow: float) -> float:
        """Relative growth until the horizon, from those that the trend and the inflow alone would give."""
        believe_trend, believe_inflow = BELIEF[self.minutes]
        a, b, c = self.trend_trend + DOUBT, self.trend_inflow, self.inflow_inflow + DOUBT
        p, q = self.trend_grew + DOUBT * believe_trend, self.inflow_grew + DOUBT * believe_inflow
        determinant = a * c - b * b
        most = MOST[self.minutes]
        share_trend = min(max((p * c - q * b) / determinant, 0.0), most)
        share_inflow = min(max((q * a - p * b) / determinant, 0.0), most)
        return share_trend * trend + share_inflow * inflow

    def measure(self, trend: float) -> float:
        """Relative error that is usual: small while little changes, as large as the trend in a rush."""
        return CALM * math.sqrt(self.minutes) + RUSH * abs(trend)

    def learn(self, trend: float, inflow: float, grew: float) -> None:
        """Compare a forecast whose time has come with what came."""
        error = (grew - self.growth(trend, inflow)) / self.measure(trend)
        self.below = min(-0.1, self.below + STEP * -self.below * (0.05 - (error < self.below)))
        self.above = max(0.1, self.above + STEP * self.above * ((error > self.above) - 0.05))
        self.trend_trend = FORGET * self.trend_trend + trend * trend
        self.trend_inflow = FORGET * self.trend_inflow + trend * inflow
        self.inflow_inflow = FORGET * self.inflow_inflow + inflow * inflow
        self.trend_grew = FORGET * self.trend_grew + trend * grew
        self.inflow_grew = FORGET * self.inflow_grew + inflow * grew


class OccupancyForecast(Struct, frozen=True):
    """A forecast: mean and 90 % interval of the people in the zone."""

    minutes: int
    mean: float
    low: float
    high: float


class ZoneForecaster(Struct):
    """The past of one zone and what was learnt from it; plain data, about 2 kB as JSON.

    >>> zone = ZoneForecaster()
    >>> for second in range(0, 300, 1):
    ...     zone.add(100 + second / 3, 0.3, float(second))
    >>> [round(ahead.mean) for ahead in zone.forecast()][0] > 205
    True
    """

    persons: list[float] = field(default_factory=list)
    inflow: list[float] = field(default_factory=list)
    begun: float = 0.0
    """when the last bucket began, seconds"""
    number: int = 0
    """counts in the last bucket"""
    time: float = 0.0
    level: float = 0.0
    horizons: list[HorizonModel] = field(default_factory=lambda: [HorizonModel.of(minutes) for minutes in HORIZONS])

    def add(self, persons: float, inflow: float, time: float) -> None:
        """Take a smoothed count, and the heads a second that come in less those that go.

        A time before the last one, or long after it, begins afresh; what was learnt is kept.
        """
        if not self.persons or not 0 <= time - self.time <= LARGEST_GAP:
            self.persons, self.inflow, self.begun, self.number = [persons], [inflow], time, 0
        while time - self.begun >= BUCKET:
            self._learn()
            self.begun += BUCKET
            self.persons.append(self.level)
            self.inflow.append(self.inflow[-1])
            self.number = 0
        self.number += 1
        self.persons[-1] += (persons - self.persons[-1]) / self.number
        self.inflow[-1] += (inflow - self.inflow[-1]) / self.number
        self.level, self.time = persons, time
        if len(self.persons) > KEPT:
            self.persons, self.inflow = self.persons[-KEPT:], self.inflow[-KEPT:]

    def forecast(self) -> list[OccupancyForecast]:
        """Forecasts for all horizons; none in the first minute."""
        if len(self.persons) < FEWEST:
            return []
        trend, inflow = self._a_minute(len(self.persons))
        scale = max(self.level, SMALLEST)
        found = []
        for horizon in self.horizons:
            by_trend, by_inflow = trend * horizon.minutes / scale, inflow * horizon.minutes / scale
            grown, unit = horizon.growth(by_trend, by_inflow), horizon.measure(by_trend)
            ends = [max(0.0, self.level + scale * (grown + off * unit)) for off in (0.0, horizon.below, horizon.above)]
            found.append(OccupancyForecast(horizon.minutes, *ends))
        return found

    def _a_minute(self, end: int) -> tuple[float, float]:
        """Growth a minute by the least-squares trend and by the inflow, as of the first `end` buckets."""
        recent = self.persons[max(0, end - TREND_BUCKETS) : end]
        middle = (len(recent) - 1) / 2
        squares = sum((place - middle) ** 2 for place in range(len(recent)))
        slope = sum((place - middle) * value for place, value in enumerate(recent)) / squares if squares else 0.0
        flow = self.inflow[max(0, end - INFLOW_BUCKETS) : end]
        return slope * 60 / BUCKET, 60 * sum(flow) / max(1, len(flow))

    def _learn(self) -> None:
        """A bucket is full: judge each horizon's forecast that was made for it."""
        for horizon in self.horizons:
            then = len(self.persons) - round(horizon.minutes * 60 / BUCKET)
            if then < FEWEST:
                continue
            trend, inflow = self._a_minute(then)
            scale = max(self.persons[then - 1], SMALLEST)
            grew = (self.persons[-1] - self.persons[then - 1]) / scale
            horizon.learn(trend * horizon.minutes / scale, inflow * horizon.minutes / scale, grew)


def chance_to_reach(limit: float, within_minutes: float, now: float, ahead: list[OccupancyForecast]) -> float:
    """Chance that a zone holds `limit` people or more within so many minutes.

    Between the horizons mean and interval lie on straight lines; errors are taken as normal. The chance is that of
    the worst moment up to then.

    >>> ends = ((1, 92, 90, 94), (5, 100, 90, 110), (15, 110, 80, 140))
    >>> round(chance_to_reach(100, 5, 90, [OccupancyForecast(*end) for end in ends]), 2)
    0.5
    """
    if now >= limit:
        return 1.0
    worst = 0.0
    before = (0.0, now, 0.0)
    for one in ahead:
        point = (float(one.minutes), one.mean, (one.high - one.low) / (2 * 1.645))
        if point[0] > within_minutes:
            share = (within_minutes - before[0]) / (point[0] - before[0])
            point = tuple(b + share * (p - b) for b, p in zip(before, point, strict=True))  # type: ignore[assignment]
        spread = max(point[2], 1e-6)
        worst = max(worst, 1 - NormalDist(point[1], spread).cdf(limit))
        if point[0] >= within_minutes:
            break
        before = point
    return worst


def minutes_to(limit: float, now: float, ahead: list[OccupancyForecast]) -> float | None:
    """Minutes until the mean forecast reaches the limit, or None where it does not within the last horizon.

    >>> minutes_to(110, 90, [OccupancyForecast(1, 94, 0, 0), OccupancyForecast(5, 110, 0, 0)])
    5.0
    """
    if now >= limit:
        return 0.0
    at, value = 0.0, now
    for one in ahead:
        if one.mean >= limit:
            return at + (one.minutes - at) * (limit - value) / (one.mean - value)
        at, value = float(one.minutes), one.mean
    return None
