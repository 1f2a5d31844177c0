"""Forecast of the people in a zone in 1, 5 and 15 minutes, by recursive ridge regression with conformal intervals.

The forecast is the count now plus shares of the growth that the recent trend and the measured inflow would give. The
shares are estimated per zone and horizon by ridge regression with exponential forgetting; the 90 % interval follows its
misses by adaptive conformal inference. Formulas and sources of the constants: docs/models/zone-forecast.md.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from msgspec import Struct, field

BUCKET_SECONDS = 10.0
"""Seconds of counts that are averaged into one value of the history."""

HORIZONS = (1, 5, 15)
"""Forecast horizons in minutes."""

TREND_BUCKETS = 12
"""Buckets, two minutes, of the least-squares trend."""

INFLOW_BUCKETS = 6
"""Buckets, one minute, over which the inflow is averaged."""

MAX_BUCKETS = HORIZONS[-1] * 6 + TREND_BUCKETS + 1
"""Buckets of history: enough to learn from a forecast of the longest horizon when its time has come."""

MIN_BUCKETS = 6
"""Buckets before the first forecast."""

MAX_GAP = 60.0
"""Seconds without a count after which the history starts anew."""

PRIOR_SHARES = {1: (0.8, 0.0), 5: (0.45, 0.0), 15: (0.25, 0.0)}
"""Prior shares of the trend and of the inflow by horizon; lower at longer horizons, since no rush lasts."""

MAX_SHARES = {1: 1.2, 5: 0.8, 15: 0.3}
"""Upper bounds of the shares of the trend and of the inflow by horizon: a zone fills up only once."""

PRIOR_STRENGTH = 0.5
"""Ridge of the least squares, in squared relative growth: how much evidence equals the prior shares."""

DIFFUSION_SCALE, TREND_SCALE = 0.05, 0.6
"""Scale of the relative error: a part that grows with the square root of the minutes, and a share of the growth that
the trend alone would give, since a rush may end or go on."""

PRIOR_HALF_WIDTHS = {1: 1.6, 5: 1.8, 15: 2.4}
"""Half widths of the 90 % interval in units of that scale, before anything was learnt."""

CONFORMAL_RATE = 0.03
"""Learning rate of the interval ends (adaptive conformal inference; Gibbs and Candès, 2021)."""

TAIL_PROBABILITY = 0.05
"""Probability beyond each end of the 90 % interval."""

MIN_HALF_WIDTH = 0.1
"""Half width of the interval in units of the error scale, at least."""

FORGETTING_FACTOR = 0.999
"""Weight of the past sums at each new bucket."""

MIN_SCALE_PERSONS = 20.0
"""Relative growth is computed for this many people at least."""

INTERVAL_SIGMAS = 1.645
"""Half width of a 90 % interval of the normal distribution in standard deviations."""


class HorizonModel(Struct):
    """Learnt state of one horizon: sums of the least squares, and the interval ends in units of the error scale."""

    minutes: int
    trend_trend: float = 0.0
    trend_inflow: float = 0.0
    inflow_inflow: float = 0.0
    trend_growth: float = field(default=0.0, name="trend_grew")
    inflow_growth: float = field(default=0.0, name="inflow_grew")
    below: float = 0.0
    above: float = 0.0

    @classmethod
    def of(cls, minutes: int) -> HorizonModel:
        """Return the prior of a horizon."""
        return cls(minutes, below=-PRIOR_HALF_WIDTHS[minutes], above=PRIOR_HALF_WIDTHS[minutes])

    def growth(self, trend: float, inflow: float) -> float:
        """Return the relative growth until the horizon.

        Args:
            trend: relative growth that the trend alone would give.
            inflow: relative growth that the inflow alone would give.
        """
        prior_trend, prior_inflow = PRIOR_SHARES[self.minutes]
        a, b, c = self.trend_trend + PRIOR_STRENGTH, self.trend_inflow, self.inflow_inflow + PRIOR_STRENGTH
        p, q = self.trend_growth + PRIOR_STRENGTH * prior_trend, self.inflow_growth + PRIOR_STRENGTH * prior_inflow
        determinant = a * c - b * b
        max_share = MAX_SHARES[self.minutes]
        share_trend = min(max((p * c - q * b) / determinant, 0.0), max_share)
        share_inflow = min(max((q * a - p * b) / determinant, 0.0), max_share)
        return share_trend * trend + share_inflow * inflow

    def error_scale(self, trend: float) -> float:
        """Return the scale of the relative error: small while little changes, as large as the trend in a rush."""
        return DIFFUSION_SCALE * math.sqrt(self.minutes) + TREND_SCALE * abs(trend)

    def learn(self, trend: float, inflow: float, growth: float) -> None:
        """Update with the growth until the time that was forecast."""
        error = (growth - self.growth(trend, inflow)) / self.error_scale(trend)
        rate = CONFORMAL_RATE
        self.below = min(-MIN_HALF_WIDTH, self.below + rate * -self.below * (TAIL_PROBABILITY - (error < self.below)))
        self.above = max(MIN_HALF_WIDTH, self.above + rate * self.above * ((error > self.above) - TAIL_PROBABILITY))
        self.trend_trend = FORGETTING_FACTOR * self.trend_trend + trend * trend
        self.trend_inflow = FORGETTING_FACTOR * self.trend_inflow + trend * inflow
        self.inflow_inflow = FORGETTING_FACTOR * self.inflow_inflow + inflow * inflow
        self.trend_growth = FORGETTING_FACTOR * self.trend_growth + trend * growth
        self.inflow_growth = FORGETTING_FACTOR * self.inflow_growth + inflow * growth


class OccupancyForecast(Struct, frozen=True):
    """Mean and 90 % interval of the people in the zone, so many minutes ahead."""

    minutes: int
    mean: float
    low: float
    high: float


class ZoneForecaster(Struct):
    """History of one zone and the models learnt from it; plain data, about 2 kB of JSON.

    >>> zone = ZoneForecaster()
    >>> for second in range(0, 300, 1):
    ...     zone.add(100 + second / 3, 0.3, float(second))
    >>> [round(ahead.mean) for ahead in zone.forecast()][0] > 205
    True

    Attributes:
        persons: mean count of each bucket.
        inflow: mean inflow of each bucket, people per second.
        bucket_start: start of the last bucket, seconds.
        bucket_counts: counts in the last bucket.
        time: time of the last count, seconds.
        level: last count.
        horizons: learnt models by horizon.
    """

    persons: list[float] = field(default_factory=list)
    inflow: list[float] = field(default_factory=list)
    bucket_start: float = field(default=0.0, name="begun")
    bucket_counts: int = field(default=0, name="number")
    time: float = 0.0
    level: float = 0.0
    horizons: list[HorizonModel] = field(default_factory=lambda: [HorizonModel.of(minutes) for minutes in HORIZONS])

    def add(self, persons: float, inflow: float, time: float) -> None:
        """Add a smoothed count. A time before the last one, or long after it, starts a new history; models are kept.

        Args:
            persons: people in the zone.
            inflow: people per second who enter, minus those who leave.
            time: seconds.
        """
        if not self.persons or not 0 <= time - self.time <= MAX_GAP:
            self.persons, self.inflow, self.bucket_start, self.bucket_counts = [persons], [inflow], time, 0
        while time - self.bucket_start >= BUCKET_SECONDS:
            self._learn()
            self.bucket_start += BUCKET_SECONDS
            self.persons.append(self.level)
            self.inflow.append(self.inflow[-1])
            self.bucket_counts = 0
        self.bucket_counts += 1
        self.persons[-1] += (persons - self.persons[-1]) / self.bucket_counts
        self.inflow[-1] += (inflow - self.inflow[-1]) / self.bucket_counts
        self.level, self.time = persons, time
        if len(self.persons) > MAX_BUCKETS:
            self.persons, self.inflow = self.persons[-MAX_BUCKETS:], self.inflow[-MAX_BUCKETS:]

    def forecast(self) -> list[OccupancyForecast]:
        """Return the forecasts of all horizons; none in the first minute."""
        if len(self.persons) < MIN_BUCKETS:
            return []
        trend, inflow = self._growth_per_minute(len(self.persons))
        scale = max(self.level, MIN_SCALE_PERSONS)
        forecasts = []
        for horizon in self.horizons:
            by_trend, by_inflow = trend * horizon.minutes / scale, inflow * horizon.minutes / scale
            grown, unit = horizon.growth(by_trend, by_inflow), horizon.error_scale(by_trend)
            ends = [max(0.0, self.level + scale * (grown + off * unit)) for off in (0.0, horizon.below, horizon.above)]
            forecasts.append(OccupancyForecast(horizon.minutes, *ends))
        return forecasts

    def _growth_per_minute(self, end: int) -> tuple[float, float]:
        """Return the growth per minute by the least-squares trend and by the inflow, as of the first `end` buckets."""
        recent = self.persons[max(0, end - TREND_BUCKETS) : end]
        middle = (len(recent) - 1) / 2
        squares = sum((place - middle) ** 2 for place in range(len(recent)))
        slope = sum((place - middle) * value for place, value in enumerate(recent)) / squares if squares else 0.0
        flow = self.inflow[max(0, end - INFLOW_BUCKETS) : end]
        return slope * 60 / BUCKET_SECONDS, 60 * sum(flow) / max(1, len(flow))

    def _learn(self) -> None:
        """Update each horizon with the bucket that was just filled."""
        for horizon in self.horizons:
            then = len(self.persons) - round(horizon.minutes * 60 / BUCKET_SECONDS)
            if then < MIN_BUCKETS:
                continue
            trend, inflow = self._growth_per_minute(then)
            scale = max(self.persons[then - 1], MIN_SCALE_PERSONS)
            growth = (self.persons[-1] - self.persons[then - 1]) / scale
            horizon.learn(trend * horizon.minutes / scale, inflow * horizon.minutes / scale, growth)


def chance_to_reach(limit: float, within_minutes: float, now: float, ahead: list[OccupancyForecast]) -> float:
    """Return the probability that a zone holds `limit` people or more within so many minutes.

    Mean and interval are interpolated linearly between the horizons, and errors are assumed to be normal. The result is
    the highest probability of any moment up to then.

    Args:
        limit: people.
        within_minutes: time from now.
        now: people now.
        ahead: forecasts, in the order of their horizons.

    >>> ends = ((1, 92, 90, 94), (5, 100, 90, 110), (15, 110, 80, 140))
    >>> round(chance_to_reach(100, 5, 90, [OccupancyForecast(*end) for end in ends]), 2)
    0.5
    """
    if now >= limit:
        return 1.0
    worst = 0.0
    before = (0.0, now, 0.0)
    for one in ahead:
        point = (float(one.minutes), one.mean, (one.high - one.low) / (2 * INTERVAL_SIGMAS))
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
    """Return the minutes until the mean forecast reaches the limit, or None beyond the last horizon.

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
