"""Demand over any span ahead of one moment, and when a stock runs out.

The demand model forecasts to fixed horizons. Restocking needs it until a delivery can arrive, for the cover time and
until the bar closes: within the longest horizon a span is a share of the nearest one, beyond it the seasonal means
continue, scaled by the growth of the next hour against its season.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from processors.bars.conformal_interval import ConformalInterval
from processors.bars.demand import DemandModel
from processors.bars.demand_state import SlotForecast
from processors.bars.seasonality import ProductSeries
from schemas.ids import ProductId

MIN_SHAPE = 4.0
"""Units that the forecast weighs at least against those sold in the open slot: two early sales are no rush."""

RATE_MINUTES = 60.0
"""Minutes for which the rate of the open slot scales the forecast; a short rush says little about the later evening."""

LOOK_AHEAD = timedelta(hours=16)
"""Time within which a learnt closing hour is looked for."""

MIN_GROWTH, MAX_GROWTH = 0.25, 4.0
"""Bounds of the factor by which the next hour's forecast scales the season of the hours after it."""


class RestockOutlook:
    """Demand forecasts from one moment on, cached for repeated calls.

    Args:
        demand: demand model, advanced to the moment.
        at: the moment.
        closes: when the bar closes; learnt from its sales if None.
        forecasts: the model's forecasts at the moment, by product, where they are known.
    """

    def __init__(
        self,
        demand: DemandModel,
        at: datetime,
        closes: datetime | None = None,
        forecasts: Mapping[ProductId, Sequence[SlotForecast]] | None = None,
    ) -> None:
        self._demand = demand
        self._at = at
        self._closes = closes or _learnt_closing(demand, at)
        self._means = {(name, one.slots): one.mean for name, of in (forecasts or {}).items() for one in of}
        self._rate_factors: dict[ProductId, float] = {}
        self._seasonal: dict[ProductId, float] = {}
        self._later: dict[tuple[ProductId, int], float] = {}

    @property
    def minutes_open(self) -> float | None:
        """Minutes until the bar closes; None where no closing time is configured or learnt."""
        return None if self._closes is None else max(0.0, (self._closes - self._at).total_seconds() / 60)

    def open_minutes(self, minutes: float) -> float:
        """Return how many of the next minutes the bar is open."""
        left = self.minutes_open
        return minutes if left is None else min(minutes, left)

    def mean(self, product: ProductId, minutes: float) -> float:
        """Return the mean demand within `minutes`: an hour at the rate of the open slot, then by the season."""
        span, factor = self.open_minutes(minutes), self._rate_factors.get(product)
        if factor is None:
            factor = self._rate_factors[product] = self._rate_factor(product)
        near = self._within(product, min(span, RATE_MINUTES)) * factor
        return near if span <= RATE_MINUTES else near + self._within(product, span) - near / max(factor, 1e-9)

    def quantile(self, product: ProductId, minutes: float, probability: float) -> float:
        """Return the units that suffice for `minutes` with this probability."""
        mean = self.mean(product, minutes)
        return self._interval(minutes, mean).quantile(mean, probability) if mean > 0 else 0.0

    def run_out_probability(self, product: ProductId, stock: float, minutes: float) -> float:
        """Return the probability of a demand above `stock` within `minutes`."""
        if stock <= 0:
            return 1.0
        mean = self.mean(product, minutes)
        return self._interval(minutes, mean).exceeds(mean, stock) if mean > 0 else 0.0

    def shortfall(self, product: ProductId, stock: float, minutes: float) -> float:
        """Return the expected unmet demand within `minutes`, in units, if nothing is fetched."""
        mean = self.mean(product, minutes)
        return self._interval(minutes, mean).shortfall(mean, stock) if mean > 0 else 0.0

    def minutes_to_limit(self, product: ProductId, stock: float, limit: float, longest: float) -> float:
        """Return the minutes until the run-out probability reaches `limit`, at most `longest`; bisection to 1 min."""
        low, high = 0.0, longest
        while high - low > 1.0:
            middle = (low + high) / 2
            if self.run_out_probability(product, stock, middle) >= limit:
                high = middle
            else:
                low = middle
        return high

    def rest_of_day(self, product: ProductId) -> SlotForecast | None:
        """Return the demand until the bar closes; None where no closing time is configured or learnt.

        The rate of the open slot is left out, as in `demand_curve`: over a whole evening it misleads more often than it
        helps.
        """
        minutes = self.minutes_open
        if minutes is None:
            return None
        mean = self._within(product, minutes)
        interval = self._interval(minutes, mean)
        low, high = interval.ends(mean) if mean > 0 else (0.0, 0.0)
        middle = interval.quantile(mean, 0.5) if mean > 0 else 0.0
        slots = round(minutes * 60 / self._demand.slot_length.total_seconds())
        return SlotForecast(slots, mean, min(low, middle), middle, max(high, middle))

    def _rate_factor(self, product: ProductId) -> float:
        """Return the posterior mean of the demand rate, relative to the forecast.

        A negative binomial is a Poisson whose rate is drawn from a Gamma of shape 1/α. The units sold in the open slot
        are an observation of that rate, so the forecast is scaled by (shape + sold) ÷ (shape + expected).
        """
        series, slot = self._demand.series(product), self._demand.open_slot
        if series is None or slot is None:
            return 1.0
        elapsed = max(0.0, (self._at - self._demand.slot_start(slot)).total_seconds() / 60)
        expected = self._within(product, elapsed)
        shape = max(1 / self._interval(elapsed, expected).dispersion, MIN_SHAPE)
        return (shape + max(series.open_units, 0.0)) / (shape + expected)

    def _within(self, product: ProductId, minutes: float) -> float:
        """Return the mean units within `minutes`: of the nearest horizon, and beyond the longest by the season."""
        slots = minutes * 60 / self._demand.slot_length.total_seconds()
        longest = self._demand.horizons[-1]
        if slots <= longest:
            horizon = self._horizon(minutes)
            return self._mean(product, horizon) * slots / horizon
        series, first = self._demand.series(product), self._demand.open_slot
        if series is None or first is None:
            return 0.0
        mean = self._mean(product, longest)
        seasonal = self._seasonal.get(product)
        if seasonal is None:
            seasonal = seasonal_units(self._demand, series, first)
            self._seasonal[product] = seasonal
        growth = growth_factor(mean, seasonal)
        later = 0.0
        place = float(longest)
        while place < slots:
            later += self._season(product, series, first + int(place)) * min(1.0, slots - place)
            place += 1.0
        return mean + growth * later

    def _season(self, product: ProductId, series: ProductSeries, number: int) -> float:
        """Return the seasonal units of a slot, 0 where the bar is closed; cached, as every span adds the same slots."""
        units = self._later.get((product, number))
        if units is None:
            closed = self._demand.is_closed(number)
            units = self._later[product, number] = 0.0 if closed else series.season(self._demand.slot_start(number))
        return units

    def _mean(self, product: ProductId, horizon: int) -> float:
        mean = self._means.get((product, horizon))
        if mean is None:
            mean = self._means[product, horizon] = self._demand.mean(product, horizon)
        return mean

    def _interval(self, minutes: float, mean: float) -> ConformalInterval:
        return self._demand.interval(self._horizon(minutes), mean)

    def _horizon(self, minutes: float) -> int:
        slots = minutes * 60 / self._demand.slot_length.total_seconds()
        return min(self._demand.horizons, key=lambda horizon: abs(horizon - slots))


def seasonal_units(demand: DemandModel, series: ProductSeries, first: int) -> float:
    """Return the seasonal units of the slots from `first` to the longest horizon."""
    return sum(series.season(demand.slot_start(first + i)) for i in range(demand.horizons[-1]))


def growth_factor(mean: float, seasonal: float) -> float:
    """Return the bounded factor of a forecast against the season of the same slots; 1 without a season."""
    return min(max(mean / seasonal, MIN_GROWTH), MAX_GROWTH) if seasonal > 1e-6 else 1.0


def _learnt_closing(demand: DemandModel, at: datetime) -> datetime | None:
    first = demand.open_slot
    if first is None or demand.is_closed(first):
        return None
    for number in range(first + 1, first + 1 + int(LOOK_AHEAD / demand.slot_length)):
        if demand.is_closed(number):
            return max(at, demand.slot_start(number))
    return None
