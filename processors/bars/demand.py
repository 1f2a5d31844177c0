"""Online demand model of one bar: seasonal forecast, regression correction, combination and conformal interval.

A bar's time is cut into slots of equal length. At the start of each slot the model forecasts, for each product and
horizon h, the units from there to the end of the h-th slot:

1. Seasonal forecast s: the sum of the product's seasonal means over the open slots (`seasonality.ProductSeries`).
2. Regression: log(1 + units) = log(1 + s) + wᵀx, with a Bayesian linear regression that all products of the bar share
   (`bayesian_regression`); its correction is shrunk until the horizon has enough examples. A bar without history so
   begins with its running level, and the products of a bar learn from each other.
3. Bias correction: the mean of logarithms falls short of the mean of units, so it is multiplied by the ratio of sold to
   forecast units of its class of means (`conformal_interval`).
4. Combination with the shared season of the bar (`seasonality.SharedSeason`) by Bates–Granger weights
   (`forecast_combination`).
5. Negative binomial distribution with adaptive conformal ends around the mean (`conformal_interval`).

When a slot closes, forecasts that have become due are scored and every part learns from them. ADWIN watches the errors
(`adwin`); when they rise, the regressions' covariance is inflated. docs/models/bar-demand-forecast.md has the formulas.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec.structs import replace

from processors.bars.adwin import AdwinDetector
from processors.bars.bayesian_regression import BayesianLinearRegression
from processors.bars.conformal_interval import ConformalInterval, mean_class
from processors.bars.context_features import ContextEffects
from processors.bars.demand_state import DemandState, PendingForecast, SlotForecast
from processors.bars.evening_profile import EveningProfile, StageSets
from processors.bars.expert_mixture import BASE, ExpertMixture
from processors.bars.forecast_combination import BatesGrangerCombination
from processors.bars.product_similarity import ProductTraits, share_prior
from processors.bars.seasonality import ProductSeries, SeasonalMean, SharedSeason
from processors.bars.week_profile import slot_number

CLOSED_HOURS = 3.0
"""Hours without any sale after which the bar counts as closed: those slots are not zero demand."""

CLOSED_LEARNT_HOURS = 48.0
"""Hours before the next sale of which a longer pause teaches opening hours; the rest is between festivals."""

OUTLIER_FACTOR, MIN_OUTLIER_UNITS = 20.0, 60.0
"""A line of more units than this multiple of the slow level, and at least so many, is an outlier: it is counted in the
totals, but clipped for the model."""

CORRECTION_PRIOR_COUNT = 20.0
"""Number of examples at which the regression's correction is shrunk to one half."""

OWN_PAST_HOURS = 4.0
"""Hours after which the weight of a new product's own past is one half of what the combination gives it."""

DRIFT_INFLATION = 2.0
"""Factor on the regressions' covariance when the errors have risen."""

MAX_LOG_GROWTH = 2.0
"""Bound of log(forecast ÷ seasonal forecast or recent level): no forecast may run away by more than e² = 7.4."""

OPENING_MEMORY_DAYS = 30.0
"""Number of days over which the share of open slots in an hour of the day is averaged."""

CLOSED_SHARE = 0.05
"""An hour of the day with a smaller share of slots with sales counts as closed."""

MIN_OPENING_DAYS = 3
"""Days after which opening hours count as learnt."""

MAX_CACHED_STARTS = 256
"""Slots whose local start is kept: a conversion of time zones takes longer than a forecast needs it for."""

CONTEXT_PREFIX = "context "
"""Prefix of the regression's features that come from the context."""


class DemandModel:
    """Online demand model of one bar.

    Args:
        state: as `state` returned it; None to begin anew.
        slot: length of a slot.
        horizons: in slots.
        zone: time zone of hours and weekdays.
        traits: traits of the products, by which a new one finds similar products.

    Attributes:
        context_effects: effects of the context, for what-ifs.
        shared: shared season of the bar.
    """

    def __init__(
        self,
        state: DemandState | None = None,
        *,
        slot: timedelta = timedelta(minutes=15),
        horizons: Sequence[int] = (1, 2, 4),
        zone: tzinfo = UTC,
        traits: Mapping[str, ProductTraits] | None = None,
    ) -> None:
        self._state = state or DemandState()
        self._slot_length = slot
        self._seconds = slot.total_seconds()
        self._slots_per_day = max(1, round(timedelta(days=1) / slot))
        self._forecasts: dict[tuple[int | None, int | None, str, int], PendingForecast] = {}
        self._starts: dict[int, datetime] = {}
        self._local_numbers: dict[int, int] = {}
        self._horizons = tuple(horizons)
        self._zone = zone
        self._traits = traits or {}
        self._regressions = {h: BayesianLinearRegression(self._state.regressions.get(h)) for h in self._horizons}
        self.context_effects = ContextEffects(self._state.context_effects)
        self.shared = SharedSeason(self._state.shared, slots_per_hour=3600 / slot.total_seconds())
        for horizon in self._horizons:
            self._state.intervals.setdefault(horizon, ConformalInterval())
        self._evenings = EveningProfile(self._state.evenings, slot)
        self._stages: StageSets | None = None
        self._drift = AdwinDetector(self._state.drift)
        self._context_inputs = self._select_context()

    @property
    def state(self) -> DemandState:
        """State to store."""
        self._state.regressions = {h: regression.state() for h, regression in self._regressions.items()}
        self._state.context_effects = self.context_effects.state
        self._state.drift = self._drift.state()
        return self._state

    @property
    def slot_length(self) -> timedelta:
        """Length of a slot."""
        return self._slot_length

    @property
    def horizons(self) -> tuple[int, ...]:
        """Horizons in slots."""
        return self._horizons

    @property
    def open_slot(self) -> int | None:
        """Number of the slot that is not closed yet; None before the first sale."""
        return self._state.open_slot

    @property
    def products(self) -> list[str]:
        """Products with a series."""
        return list(self._state.series)

    @property
    def context(self) -> dict[str, float]:
        """Latest context features by name."""
        return {name.removeprefix(CONTEXT_PREFIX): value for name, value in self._state.context.items()}

    def slot_of(self, time: datetime) -> int:
        """Return the number of the slot that holds this time."""
        return int(time.timestamp() // self._seconds)

    def slot_start(self, slot: int) -> datetime:
        """Return the local time at which a slot begins."""
        start = self._starts.get(slot)
        if start is None:
            if len(self._starts) >= MAX_CACHED_STARTS:
                self._starts.clear()
                self._local_numbers.clear()
            start = datetime.fromtimestamp(slot * self._seconds, self._zone)
            self._starts[slot] = start
        return start

    def advance(
        self, time: datetime, context: Mapping[str, float] | None = None, sold_out: Collection[str] = ()
    ) -> None:
        """Close all slots before `time`.

        Args:
            time: of the newest event; an earlier one than the open slot changes nothing.
            context: features that hold from there on; None for no change.
            sold_out: products without stock, whose sales are no measure of demand.
        """
        state, now = self._state, self.slot_of(time)
        if now > (state.open_slot or 0):
            state.sold_out_slots |= {name: now - 1 for name in sold_out if name in state.series}
        if state.open_slot is None:
            state.open_slot = now
        if now > state.open_slot and self._closed_between(now):
            # Closed meanwhile. Before that it stood open without a sale, which counts as no demand: else the end of an
            # evening would be learnt from the busy ones alone. Later slots teach only when the bar is closed.
            while state.open_slot + 1 < now and self._still_open(state.open_slot + 1):
                self._step()
            self._close_slot()
            self._forecasts.clear()
            state.pending.clear()
            for slot in range(max(state.open_slot + 1, now - self._slots(CLOSED_LEARNT_HOURS)), now):
                self._learn_opening(slot, sold=False)
            state.open_slot = now
        while state.open_slot < now:
            self._step()
        if context is not None:
            self._state.context = _prefixed(context)
        inputs = self._select_context()
        if inputs != self._context_inputs:
            self._context_inputs = inputs
            self._forecasts.clear()

    def add_sale(self, product: str, units: float, time: datetime) -> None:
        """Count a sale; one of a slot that is closed already teaches nothing any more."""
        self.advance(time)
        series = self.add_series(product)
        if self.slot_of(time) < (self._state.open_slot or 0):
            return
        limit = max(MIN_OUTLIER_UNITS, OUTLIER_FACTOR * series.slow_level)
        if units > limit:
            self._state.outliers += 1
            units = limit
        series.open_units = max(0.0, series.open_units + units)
        self._state.last_sale_slot = self._state.open_slot

    def add_series(self, product: str) -> ProductSeries:
        """Return the series of a product; a new one begins with the rate of similar products in this slot."""
        series = self._state.series.get(product)
        if series is None:
            self._forecasts.clear()
            series = self._state.series[product] = ProductSeries()
            self.shared.add_product(product, share_prior(product, self._traits, self.shared.shares()))
            slot = self._state.open_slot
            rate = self.shared.mean(product, [self.slot_start(slot)]) if slot else 0.0
            series.fast_level = series.slow_level = series.initial_rate = rate
        return series

    def add_offered_products(self, products: Iterable[str]) -> None:
        """Add the series of products on offer that were not sold yet, where similar products give a prior."""
        new = [name for name in products if name not in self._state.series]
        if new and self.shared.shares():
            for name in new:
                self.add_series(name)

    def set_neighbour_rates(self, rates: Mapping[str, float]) -> None:
        """Set the current sales rates of the mean neighbouring bar, in units/hour by product."""
        hours = self._seconds / 3600
        units = {name: rate * hours for name, rate in rates.items()}
        if units != self.shared.state.neighbour_units:
            self.shared.state.neighbour_units = units
            self._forecasts.clear()

    def set_programme(self, stages: StageSets) -> None:
        """Set the sets of the festival day on the stages that matter to the bar, as they are known now."""
        if (slot := self._state.open_slot) is not None and (stages or self._state.evenings.current is not None):
            self._evenings.set_programme(stages, slot, self.slot_start(slot))
            if stages != self._stages:
                self._stages = stages
                self._forecasts.clear()

    def forecast(self, product: str) -> list[SlotForecast]:
        """Return the units from the start of the open slot to each horizon."""
        series = self._state.series.get(product)
        if series is None or self._state.open_slot is None:
            return [SlotForecast(h, 0.0, 0.0, 0.0, 0.0) for h in self._horizons]
        forecasts = []
        for horizon in self._horizons:
            mean = self._predict(product, series, horizon).mean
            interval = self.interval(horizon, mean)
            low, high = interval.ends(mean)
            forecasts.append(SlotForecast(horizon, mean, low, interval.quantile(mean, 0.5), max(high, low)))
        return forecasts

    def series(self, product: str) -> ProductSeries | None:
        """Return the series of a product; None where it has none."""
        return self._state.series.get(product)

    def interval(self, horizon: int, mean: float) -> ConformalInterval:
        """Return the spread of the errors of forecasts of this horizon and class of the mean."""
        of_class = self._state.class_intervals.get(horizon, {}).get(mean_class(mean))
        return of_class or self._state.intervals[horizon]

    def mean(self, product: str, horizon: int, *, seasonal_rate: bool = False) -> float:
        """Return the mean units from the start of the open slot to a horizon.

        Args:
            product: its id; one without a series has the mean 0.
            horizon: in slots.
            seasonal_rate: forecast as if the last slots had been as the season says.
        """
        series = self._state.series.get(product)
        if series is None or self._state.open_slot is None:
            return 0.0
        if seasonal_rate:
            season = series.season(self.slot_start(self._state.open_slot - 1))
            series = replace(series, recent=[season] * len(series.recent), fast_level=series.slow_level)
        return self._predict(product, series, horizon).mean

    def is_closed(self, slot: int) -> bool:
        """Report a slot in which the bar is usually closed."""
        now, last = self._state.open_slot or 0, self._state.last_sale_slot
        if last is not None and now - last <= 1 and slot - now <= 1:
            return False  # a bar that sells now is open for a while, whatever the hour
        return self._usually_closed(slot)

    def _local_number(self, slot: int) -> int:
        number = self._local_numbers.get(slot)
        if number is None:
            number = slot_number(self.slot_start(slot), self._slots_per_day)
            self._local_numbers[slot] = number
        return number

    def _slots(self, hours: float) -> int:
        return max(1, round(hours * 3600 / self._seconds))

    def _learn_opening(self, slot: int, *, sold: bool) -> None:
        season = self._state.opening_hours.setdefault(self.slot_start(slot).hour, SeasonalMean())
        season.add(float(sold), OPENING_MEMORY_DAYS * self._slots(1))

    def _usually_closed(self, slot: int) -> bool:
        season = self._state.opening_hours.get(self.slot_start(slot).hour)
        return season is not None and season.count >= MIN_OPENING_DAYS * self._slots(1) and season.mean < CLOSED_SHARE

    def _still_open(self, slot: int) -> bool:
        since = slot - (self._state.last_sale_slot or slot)
        return since <= self._slots(CLOSED_HOURS) and not self._usually_closed(slot)

    def _closed_between(self, now: int) -> bool:
        last = self._state.last_sale_slot
        return last is not None and (now - last) * self._seconds > CLOSED_HOURS * 3600

    def _step(self) -> None:
        self._close_slot()
        self._forecasts.clear()
        self._state.open_slot = (self._state.open_slot or 0) + 1
        self._context_inputs = self._select_context()
        self._predict_all()

    def _select_context(self) -> dict[str, float]:
        return _prefixed(self.context_effects.varied_features(self.context))

    def _predict_own(
        self, series: ProductSeries, horizon: int, open_slots: Sequence[int]
    ) -> tuple[dict[str, float], float, float]:
        """Return the features, log(1 + seasonal forecast), and the regression's mean before the bias correction."""
        slot = self._state.open_slot or 0
        start = self.slot_start(slot)
        numbers = [self._local_number(number) for number in open_slots]
        features = {
            **series.features(start, self.slot_start(slot - 1)),
            **series.lags(self._local_number(slot), numbers, 7 * self._slots_per_day),
            **self._context_inputs,
        }
        seasonal = sum(series.season(self.slot_start(number)) for number in open_slots)
        seasonal_log = math.log1p(seasonal if series.closed_slots or series.initial_rate else series.open_units)
        count = self._state.intervals[horizon].count
        correction = self._regressions[horizon].predict(features) if series.closed_slots else 0.0
        correction *= count / (count + CORRECTION_PRIOR_COUNT)  # a line through two points extrapolates anywhere
        level = horizon * max(series.fast_level, series.slow_level, *series.recent, 0.0)
        highest = math.log1p(max(seasonal, level)) + MAX_LOG_GROWTH
        return features, seasonal_log, math.expm1(min(max(seasonal_log + correction, 0.0), highest))

    def _predict(self, product: str, series: ProductSeries, horizon: int) -> PendingForecast:
        """Return the forecast from the start of the open slot; nothing that it depends on changes before it closes."""
        if series.closed_slots == 0 or series is not self._state.series.get(product):
            return self._new_forecast(product, series, horizon)
        key = (self._state.open_slot, self._state.last_sale_slot, product, horizon)
        forecast = self._forecasts.get(key)
        if forecast is None:
            forecast = self._forecasts[key] = self._new_forecast(product, series, horizon)
        return forecast

    def _new_forecast(self, product: str, series: ProductSeries, horizon: int) -> PendingForecast:
        slot = self._state.open_slot or 0
        open_slots = [slot + i for i in range(horizon) if not self.is_closed(slot + i)]
        if not open_slots:
            return PendingForecast(slot, {}, 0.0, 0.0, 1.0)
        features, seasonal_log, uncorrected = self._predict_own(series, horizon, open_slots)
        ratio = self.interval(horizon, uncorrected).ratio
        own = uncorrected * ratio
        shared = self.shared.mean(product, (self.slot_start(number) for number in open_slots))
        # The own past of a new product has no weight before there is one.
        closed = series.closed_slots
        own_weight = closed / (closed + self._slots(OWN_PAST_HOURS)) if series.initial_rate else 1.0
        base = shared + own_weight * (self._combination(horizon, shared).mean(own, shared) - shared)
        experts = {BASE: round(base, 3), **self._seasonal_experts(series, open_slots, shared)}
        online = base + own_weight * (self._mixture(horizon, base).mean(experts) - base)
        profile = self._evenings.units(product, open_slots)
        mean = self._evenings.blend(horizon, profile, online)
        return PendingForecast(slot, features, seasonal_log, mean, ratio, own, shared, online, profile, experts)

    def _seasonal_experts(self, series: ProductSeries, open_slots: Sequence[int], shared: float) -> dict[str, float]:
        """Return the forecasts of the mixture beside its base, in units."""
        seasons = self._seasons(series, open_slots, shared)
        experts = {**seasons, **series.ratios.forecasts(seasons, series.slow_level)}
        return {name: round(units, 3) for name, units in experts.items() if name != "shared"}

    def _seasons(self, series: ProductSeries, open_slots: Sequence[int], shared: float) -> dict[str, float]:
        """Return the units that each season expects in these slots, `shared` of them that of the bar."""
        numbers = [self._local_number(slot) for slot in open_slots]
        return {"shared": shared} | series.week.seasons(numbers, 7 * self._slots_per_day)

    def _mixture(self, horizon: int, mean: float) -> ExpertMixture:
        return self._state.mixtures.setdefault(horizon, {}).setdefault(mean_class(mean), ExpertMixture())

    def _combination(self, horizon: int, mean: float) -> BatesGrangerCombination:
        of_horizon = self._state.combinations.setdefault(horizon, {})
        return of_horizon.setdefault(mean_class(mean), BatesGrangerCombination())

    def _predict_all(self) -> None:
        state = self._state
        for product, series in state.series.items():
            pending = state.pending.setdefault(product, {})
            for horizon in self._horizons:
                if all(self.is_closed((state.open_slot or 0) + i) for i in range(horizon)):
                    continue
                pending.setdefault(horizon, []).append(self._predict(product, series, horizon))

    def _close_slot(self) -> None:
        """Close the open slot: update every series, and score and learn from the forecasts that are due."""
        state = self._state
        slot = state.open_slot or 0
        start = self.slot_start(slot)
        number = self._local_number(slot)
        slots_per_hour = max(1.0, 3600 / self._seconds)
        self._learn_opening(slot, sold=any(series.open_units for series in state.series.values()))
        error = 0.0
        context = self.context
        self.context_effects.observe(context)
        units: dict[str, float] = {}
        for product, series in state.series.items():
            pending = state.pending.setdefault(product, {})
            sold_out = state.sold_out_slots.get(product, -1)
            if sold_out >= slot:
                nearest = pending.get(self._horizons[0], [])
                series.open_units = max(series.open_units, nearest[-1].mean if nearest else series.slow_level)
            elif context and series.closed_slots:
                target = math.log1p(series.open_units) - math.log1p(series.season(start))
                self.context_effects.learn(product, context, target)
            seasons = self._seasons(series, (slot,), self.shared.mean(product, (start,))) if series.closed_slots else {}
            units[product] = series.close_slot(start, slots_per_hour)
            if seasons:
                series.ratios.add(units[product], seasons)
            series.week.add(number, units[product], 7 * self._slots_per_day)
            for horizon in self._horizons:
                queue = pending.get(horizon, [])
                while queue and queue[0].slot + horizon <= slot + 1:
                    due = queue.pop(0)
                    if due.slot + horizon < slot + 1 or len(series.recent) < horizon or sold_out >= due.slot:
                        continue
                    value = sum(series.recent[:horizon])
                    self._regressions[horizon].learn(due.features, math.log1p(value) - due.seasonal_log)
                    self._score(horizon, due, value)
                    error += abs(math.log1p(value) - math.log1p(due.mean)) if horizon == self._horizons[0] else 0.0
        if units:
            self.shared.close_slot(start, units)
            self._evenings.close_slot(slot, start, units)
        if state.series and self._drift.update(error / len(state.series)):
            state.drift_count += 1
            for regression in self._regressions.values():
                regression.inflate_covariance(DRIFT_INFLATION)

    def _score(self, horizon: int, due: PendingForecast, value: float) -> None:
        """Update intervals, bias ratios and combination weights with a forecast that is due."""
        whole, series = self._state.intervals[horizon], len(self._state.series)
        classes = self._state.class_intervals.setdefault(horizon, {})
        own = due.mean if due.own is None else due.own
        uncorrected = own / due.bias_ratio
        for new_class in {mean_class(due.mean), mean_class(uncorrected)} - classes.keys():
            classes[new_class] = replace(whole, count=0)
        if due.own is not None:
            interval = classes[mean_class(due.mean)]
            variance = max(due.mean, 0.1) * (1 + interval.dispersion * due.mean)
            self._combination(horizon, due.shared).learn(own, due.shared, value, variance, series)
            if due.profile is not None:
                self._evenings.learn(horizon, due.profile, due.online, value, variance, series)
            if base := due.experts.get(BASE):
                self._mixture(horizon, base).learn(due.experts, value, variance, series)
        for interval in (whole, classes[mean_class(uncorrected)]):
            interval.learn_ratio(uncorrected, value, due.mean, series)
        for interval in (whole, classes[mean_class(due.mean)]):
            interval.learn(due.mean, value, series)


def _prefixed(context: Mapping[str, float]) -> dict[str, float]:
    return {f"{CONTEXT_PREFIX}{name}": value for name, value in context.items()}
