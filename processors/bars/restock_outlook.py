"""What the forecast says of any span ahead: until a delivery can be there, for the next hours, until the bar closes."""

from __future__ import annotations

from datetime import datetime, timedelta

from processors.bars.conformal_interval import ConformalInterval
from processors.bars.demand import DemandModel
from processors.bars.demand_state import SlotForecast
from processors.bars.seasonality import ProductSeries

LEAST_SHAPE = 4.0
"""Units that the forecast weighs at least, beside those sold in the open slot: the first two sales are no rush."""

PACE_MINUTES = 60.0
"""A rush of a few minutes tells of the next hour, and hardly of the rest of the evening."""

LOOK_AHEAD = timedelta(hours=16)
"""A bar that does not seem to close within this is not known to close at all."""

GROWTH = (0.25, 4.0)
"""how far the pace of the next hour may scale the season of the hours after it"""


class RestockOutlook:
    """Questions about one moment; the forecasts behind them are computed once.

    Args:
        at: the moment.
        closes: when the bar closes, where that is known; learnt from its sales if None.
    """

    def __init__(self, demand: DemandModel, at: datetime, closes: datetime | None = None) -> None:
        self._demand = demand
        self._at = at
        self._closes = closes or _learnt_close(demand, at)
        self._means: dict[tuple[str, int], float] = {}
        self._paces: dict[str, float] = {}
        self._usual: dict[str, float] = {}
        self._later: dict[tuple[str, int], float] = {}

    @property
    def minutes_open(self) -> float | None:
        """Until the bar closes; None where nobody knows."""
        return None if self._closes is None else max(0.0, (self._closes - self._at).total_seconds() / 60)

    def open_for(self, minutes: float) -> float:
        """How many of the next minutes the bar is open."""
        left = self.minutes_open
        return minutes if left is None else min(minutes, left)

    def mean(self, product: str, minutes: float) -> float:
        """Mean units asked for within `minutes`: an hour at the pace of the open slot, then as the season goes."""
        span, pace = self.open_for(minutes), self._paces.get(product)
        if pace is None:
            pace = self._paces[product] = self._pace(product)
        near = self._within(product, min(span, PACE_MINUTES)) * pace
        return near if span <= PACE_MINUTES else near + self._within(product, span) - near / max(pace, 1e-9)

    def quantile(self, product: str, minutes: float, probability: float) -> float:
        """Units that with this probability are enough for `minutes`."""
        mean = self.mean(product, minutes)
        return self._interval(minutes, mean).quantile(mean, probability) if mean > 0 else 0.0

    def run_out(self, product: str, stock: float, minutes: float) -> float:
        """Chance that more than `stock` units are asked for within `minutes`."""
        if stock <= 0:
            return 1.0
        mean = self.mean(product, minutes)
        return self._interval(minutes, mean).exceeds(mean, stock) if mean > 0 else 0.0

    def shortfall(self, product: str, stock: float, minutes: float) -> float:
        """Mean units asked for in vain within `minutes`, when nothing is fetched."""
        mean = self.mean(product, minutes)
        return self._interval(minutes, mean).shortfall(mean, stock) if mean > 0 else 0.0

    def lasts(self, product: str, stock: float, limit: float, longest: float) -> float:
        """Minutes until the chance of running out reaches `limit`, at most `longest`; to the minute."""
        low, high = 0.0, longest
        while high - low > 1.0:
            middle = (low + high) / 2
            if self.run_out(product, stock, middle) >= limit:
                high = middle
            else:
                low = middle
        return high

    def rest_of_day(self, product: str) -> SlotForecast | None:
        """Until the bar closes; None where nobody knows when that is.

        The sales rate of the open slot is left out, as in `demand_curve`: over a whole evening it misleads more often
        than it helps.
        """
        minutes = self.minutes_open
        if minutes is None:
            return None
        mean = self._within(product, minutes)
        interval = self._interval(minutes, mean)
        low, high = interval.ends(mean) if mean > 0 else (0.0, 0.0)
        middle = interval.quantile(mean, 0.5) if mean > 0 else 0.0
        slots = round(minutes * 60 / self._demand.slot.total_seconds())
        return SlotForecast(slots, mean, min(low, middle), middle, max(high, middle))

    def _pace(self, product: str) -> float:
        """What was sold in the open slot ÷ what was expected so far.

        A negative binomial is a Poisson whose rate is drawn from a Gamma. What was sold in the open slot tells of
        that rate: its posterior mean scales the forecast, so a rush is believed as it comes, and not before.
        """
        series, slot = self._demand.known(product), self._demand.open_slot
        if series is None or slot is None:
            return 1.0
        elapsed = max(0.0, (self._at - self._demand.start(slot)).total_seconds() / 60)
        expected = self._within(product, elapsed)
        shape = max(1 / self._interval(elapsed, expected).dispersion, LEAST_SHAPE)
        return (shape + max(series.count, 0.0)) / (shape + expected)

    def _within(self, product: str, minutes: float) -> float:
        """Mean units in so many minutes: of the nearest horizon, and beyond the longest as the season goes on."""
        slots = minutes * 60 / self._demand.slot.total_seconds()
        longest = self._demand.horizons[-1]
        if slots <= longest:
            horizon = self._horizon(minutes)
            return self._mean(product, horizon) * slots / horizon
        series, first = self._demand.known(product), self._demand.open_slot
        if series is None or first is None:
            return 0.0
        mean = self._mean(product, longest)
        usual = self._usual.get(product)
        if usual is None:
            usual = sum(series.season(self._demand.start(first + i)) for i in range(longest))
            self._usual[product] = usual
        growth = min(max(mean / usual, GROWTH[0]), GROWTH[1]) if usual > 1e-6 else 1.0
        later = 0.0
        place = float(longest)
        while place < slots:
            later += self._season(product, series, first + int(place)) * min(1.0, slots - place)
            place += 1.0
        return mean + growth * later

    def _season(self, product: str, series: ProductSeries, number: int) -> float:
        """Units usual in a slot; none where the bar is closed. Every span asked for adds up the same slots."""
        found = self._later.get((product, number))
        if found is None:
            closed = self._demand.is_closed(number)
            found = self._later[product, number] = 0.0 if closed else series.season(self._demand.start(number))
        return found

    def _mean(self, product: str, horizon: int) -> float:
        found = self._means.get((product, horizon))
        if found is None:
            found = self._means[product, horizon] = self._demand.mean(product, horizon)
        return found

    def _interval(self, minutes: float, mean: float) -> ConformalInterval:
        return self._demand.interval(self._horizon(minutes), mean)

    def _horizon(self, minutes: float) -> int:
        slots = minutes * 60 / self._demand.slot.total_seconds()
        return min(self._demand.horizons, key=lambda horizon: abs(horizon - slots))


def _learnt_close(demand: DemandModel, at: datetime) -> datetime | None:
    first = demand.open_slot
    if first is None or demand.is_closed(first):
        return None
    for number in range(first + 1, first + 1 + int(LOOK_AHEAD / demand.slot)):
        if demand.is_closed(number):
            return max(at, demand.start(number))
    return None
