"""Demand of one bar, learnt while it is predicted: closed slots teach a regression shared by all its products.

The forecast is a correction, learnt online by River's Bayesian regression in logarithms, of a seasonal guess; so a
bar without history begins with its running level, and the products of a bar learn from each other.
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
from processors.bars.forecast_combination import BatesGrangerCombination
from processors.bars.opening import learn_opening, usually_closed
from processors.bars.product_similarity import ProductTraits, share_prior
from processors.bars.seasonality import ProductSeries
from processors.bars.shared_season import SharedSeason

CLOSED_HOURS = 3.0
"""A bar without any sale for so long was closed: those slots are not zero demand."""

CLOSED_LEARNT_HOURS = 48.0
"""Of a longer pause only its end tells about opening hours; the rest is between festivals."""

ODD_FACTOR, ODD_LEAST = 20.0, 60.0
"""A line of more units than this many slow levels (and at least so many) is odd: it counts, but teaches little."""

TRUST = 20.0
"""Examples after which the regression's correction is taken for half of what it says."""

KNOWN_HOURS = 4.0
"""Hours after which a new product's own past is taken for half of what the blend makes of it."""

DOUBT = 2.0
"""how many times as unsure the regression is of what it learnt, when the errors have risen"""

CONTEXT = "context "
"""prefix of the features that tell of the surroundings"""


class DemandModel:
    """Online model of one bar.

    Args:
        slot: length of a slot.
        horizons: in slots.
        zone: for hours and weekdays.
        traits: what is known of the products, by which a new one finds its kin.
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
        self._slot = slot
        self._horizons = tuple(horizons)
        self._zone = zone
        self._traits = traits or {}
        self._regressions = {h: BayesianLinearRegression(self._state.regressions.get(h)) for h in self._horizons}
        self.surroundings = ContextEffects(self._state.surroundings)
        self.shared = SharedSeason(self._state.shared, slots_an_hour=3600 / slot.total_seconds())
        for horizon in self._horizons:
            self._state.intervals.setdefault(horizon, ConformalInterval())
        self._drift = AdwinDetector(self._state.drift)
        self._told = self._telling()

    @property
    def state(self) -> DemandState:
        """The row to store."""
        self._state.regressions = {h: regression.state() for h, regression in self._regressions.items()}
        self._state.surroundings = self.surroundings.state
        self._state.drift = self._drift.state()
        return self._state

    @property
    def slot(self) -> timedelta:
        """Length of a slot."""
        return self._slot

    @property
    def horizons(self) -> tuple[int, ...]:
        """In slots."""
        return self._horizons

    @property
    def open_slot(self) -> int | None:
        """Number of the slot that is not closed yet; None before the first sale."""
        return self._state.slot

    @property
    def products(self) -> list[str]:
        """Products sold so far."""
        return list(self._state.series)

    def slot_of(self, time: datetime) -> int:
        """Number of the slot that holds this time."""
        return int(time.timestamp() // self._slot.total_seconds())

    def advance(
        self, time: datetime, context: Mapping[str, float] | None = None, sold_out: Collection[str] = ()
    ) -> None:
        """Close all slots before `time`.

        Args:
            context: holds for the slots from there on.
            sold_out: products of which nothing is left, so that what is sold is not what was asked for.
        """
        state, now = self._state, self.slot_of(time)
        if now > (state.slot or 0):
            state.censored |= {name: now - 1 for name in sold_out if name in state.series}
        if state.slot is None:
            state.slot = now
        if now > state.slot and self._closed_between(now):
            # Closed meanwhile. Before that it stood open without a sale, which counts as no demand: else the end of an
            # evening would be known by the busy ones alone. Later slots teach only when the bar is closed.
            while state.slot + 1 < now and self._still_open(state.slot + 1):
                self._step()
            self._close()
            state.pending.clear()
            for slot in range(max(state.slot + 1, now - self._slots(CLOSED_LEARNT_HOURS)), now):
                self._opening(slot, sold=False)
            state.slot = now
        while state.slot < now:
            self._step()
        if context is not None:
            self._state.context = _named(context)
        self._told = self._telling()

    def sell(self, product: str, units: float, time: datetime) -> None:
        """Count a sale; a late one, of a slot that is closed, teaches nothing any more."""
        self.advance(time)
        series = self.welcome(product)
        if self.slot_of(time) < (self._state.slot or 0):
            return
        limit = max(ODD_LEAST, ODD_FACTOR * series.slow)
        if units > limit:
            self._state.odd += 1
            units = limit
        series.count = max(0.0, series.count + units)
        self._state.last_sale = self._state.slot

    def welcome(self, product: str) -> ProductSeries:
        """The series of a product; a new one begins with what its kin sell in a slot like this one."""
        series = self._state.series.get(product)
        if series is None:
            series = self._state.series[product] = ProductSeries()
            self.shared.join(product, share_prior(product, self._traits, self.shared.shares()))
            kin = self.shared.mean(product, [self.start(self._state.slot or 0)]) if self._state.slot else 0.0
            series.fast = series.slow = series.kin = kin
        return series

    def welcome_kin(self, products: Iterable[str]) -> None:
        """Begin the series of what is on offer and was not sold yet, where its kin tell something of it."""
        new = [name for name in products if name not in self._state.series]
        if new and self.shared.shares():
            for name in new:
                self.welcome(name)

    def hear(self, elsewhere: Mapping[str, float]) -> None:
        """What the mean bar around sells in a slot now, by product."""
        self.shared.state.elsewhere = dict(elsewhere)

    def forecast(self, product: str) -> list[SlotForecast]:
        """Units from the start of the open slot to each horizon."""
        series = self._state.series.get(product)
        if series is None or self._state.slot is None:
            return [SlotForecast(h, 0.0, 0.0, 0.0, 0.0) for h in self._horizons]
        found = []
        for horizon in self._horizons:
            mean = self._predict(product, series, horizon).mean
            interval = self.interval(horizon, mean)
            low, high = interval.ends(mean)
            found.append(SlotForecast(horizon, mean, low, interval.quantile(mean, 0.5), max(high, low)))
        return found

    def known(self, product: str) -> ProductSeries | None:
        """What is remembered of a product."""
        return self._state.series.get(product)

    def interval(self, horizon: int, mean: float) -> ConformalInterval:
        """Spread of the errors of forecasts like this one."""
        return self._state.levels.get(horizon, {}).get(mean_class(mean), self._state.intervals[horizon])

    @property
    def context(self) -> dict[str, float]:
        """What is known of the surroundings, by feature."""
        return {name.removeprefix(CONTEXT): value for name, value in self._state.context.items()}

    def mean(self, product: str, horizon: int, *, usual_pace: bool = False) -> float:
        """Mean units from the start of the open slot to a horizon.

        Args:
            usual_pace: as if the last slots had been what the season says.
        """
        series = self._state.series.get(product)
        if series is None or self._state.slot is None:
            return 0.0
        if usual_pace:
            season = series.season(self.start(self._state.slot - 1))
            series = replace(series, recent=[season] * len(series.recent), fast=series.slow)
        return self._predict(product, series, horizon).mean

    def _slots(self, hours: float) -> int:
        return max(1, round(hours * 3600 / self._slot.total_seconds()))

    def _opening(self, slot: int, *, sold: bool) -> None:
        learn_opening(self._state.opening, self.start(slot).hour, sold=sold, slots_an_hour=self._slots(1))

    def is_closed(self, slot: int) -> bool:
        """Whether the bar is usually closed in a slot."""
        now, last = self._state.slot or 0, self._state.last_sale
        if last is not None and now - last <= 1 and slot - now <= 1:
            return False  # whoever sells now is open for a while, whatever the hour
        return usually_closed(self._state.opening, self.start(slot).hour, self._slots(1))

    def start(self, slot: int) -> datetime:
        """When a slot begins, in local time."""
        return datetime.fromtimestamp(slot * self._slot.total_seconds(), self._zone)

    def _step(self) -> None:
        self._close()
        self._state.slot = (self._state.slot or 0) + 1
        self._told = self._telling()
        self._predict_all()

    def _still_open(self, slot: int) -> bool:
        since = slot - (self._state.last_sale or slot)
        return since <= self._slots(CLOSED_HOURS) and not usually_closed(
            self._state.opening, self.start(slot).hour, self._slots(1)
        )

    def _closed_between(self, now: int) -> bool:
        last = self._state.last_sale
        return last is not None and (now - last) * self._slot.total_seconds() > CLOSED_HOURS * 3600

    def _own(
        self, series: ProductSeries, horizon: int, open_slots: Sequence[int]
    ) -> tuple[dict[str, float], float, float]:
        """What the regression says: its features, the logarithm of the seasonal guess, and the mean, as yet biased."""
        slot = self._state.slot or 0
        start = self.start(slot)
        features = {**series.features(start, self.start(slot - 1)), **self._told}
        seasonal = sum(series.season(self.start(number)) for number in open_slots)
        guess = math.log1p(seasonal if series.slots or series.kin else series.count)
        seen = self._state.intervals[horizon].seen
        correction = self._regressions[horizon].predict(features) if series.slots else 0.0
        correction *= seen / (seen + TRUST)  # a line through two points leads anywhere
        # No forecast may run away: at most a factor e² from the seasonal guess and the recent level.
        highest = math.log1p(max(seasonal, horizon * max(series.fast, series.slow, *series.recent, 0.0))) + 2.0
        return features, guess, math.expm1(min(max(guess + correction, 0.0), highest))

    def _telling(self) -> dict[str, float]:
        return _named(self.surroundings.telling(self.context))

    def _predict(self, product: str, series: ProductSeries, horizon: int) -> PendingForecast:
        slot = self._state.slot or 0
        open_slots = [slot + i for i in range(horizon) if not self.is_closed(slot + i)]
        if not open_slots:
            return PendingForecast(slot, {}, 0.0, 0.0, 1.0)
        features, guess, plain = self._own(series, horizon, open_slots)
        ratio = self.interval(horizon, plain).ratio
        own = plain * ratio
        shared = self.shared.mean(product, (self.start(number) for number in open_slots))
        # What a product's own past says counts for nothing before there is one.
        known = series.slots / (series.slots + self._slots(KNOWN_HOURS)) if series.kin else 1.0
        mean = shared + known * (self._blend(horizon, shared).mean(own, shared) - shared)
        return PendingForecast(slot, features, guess, mean, ratio, own, shared)

    def _blend(self, horizon: int, mean: float) -> BatesGrangerCombination:
        return self._state.blends.setdefault(horizon, {}).setdefault(mean_class(mean), BatesGrangerCombination())

    def _predict_all(self) -> None:
        state = self._state
        for product, series in state.series.items():
            waiting = state.pending.setdefault(product, {})
            for horizon in self._horizons:
                if all(self.is_closed((state.slot or 0) + i) for i in range(horizon)):
                    continue
                waiting.setdefault(horizon, []).append(self._predict(product, series, horizon))

    def _close(self) -> None:
        """Close the open slot: every product learns what it sold, and forecasts that are due are judged."""
        state = self._state
        slot = state.slot or 0
        start = self.start(slot)
        slots_an_hour = max(1.0, 3600 / self._slot.total_seconds())
        self._opening(slot, sold=any(series.count for series in state.series.values()))
        error = 0.0
        context = self.context
        self.surroundings.meet(context)
        units: dict[str, float] = {}
        for product, series in state.series.items():
            waiting = state.pending.setdefault(product, {})
            sold_out = state.censored.get(product, -1)
            if sold_out >= slot:
                nearest = waiting.get(self._horizons[0], [])
                series.count = max(series.count, nearest[-1].mean if nearest else series.slow)
            elif context and series.slots:
                target = math.log1p(series.count) - math.log1p(series.season(start))
                self.surroundings.learn(product, context, target)
            units[product] = series.close(start, slots_an_hour)
            for horizon in self._horizons:
                queue = waiting.get(horizon, [])
                while queue and queue[0].slot + horizon <= slot + 1:
                    due = queue.pop(0)
                    if due.slot + horizon < slot + 1 or len(series.recent) < horizon or sold_out >= due.slot:
                        continue
                    value = sum(series.recent[:horizon])
                    self._regressions[horizon].learn(due.features, math.log1p(value) - due.guess)
                    self._judge(horizon, due, value)
                    error += abs(math.log1p(value) - math.log1p(due.mean)) if horizon == self._horizons[0] else 0.0
        if units:
            self.shared.close(start, units)
        if state.series and self._drift.update(error / len(state.series)):
            state.drifts += 1
            for regression in self._regressions.values():
                regression.doubt(DOUBT)

    def _judge(self, horizon: int, due: PendingForecast, value: float) -> None:
        whole, series = self._state.intervals[horizon], len(self._state.series)
        levels = self._state.levels.setdefault(horizon, {})
        own = due.mean if due.own is None else due.own
        plain = own / due.ratio
        for one in {mean_class(due.mean), mean_class(plain)} - levels.keys():
            levels[one] = replace(whole, seen=0)
        if due.own is not None:
            interval = levels[mean_class(due.mean)]
            variance = max(due.mean, 0.1) * (1 + interval.dispersion * due.mean)
            self._blend(horizon, due.shared).learn(own, due.shared, value, variance, series)
        for interval in (whole, levels[mean_class(plain)]):
            interval.learn_ratio(plain, value, due.mean, series)
        for interval in (whole, levels[mean_class(due.mean)]):
            interval.learn(due.mean, value, series)


def _named(context: Mapping[str, float]) -> dict[str, float]:
    return {f"{CONTEXT}{name}": value for name, value in context.items()}
