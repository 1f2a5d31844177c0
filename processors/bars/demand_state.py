"""State of a bar's demand model, part of the bar's row, and the forecasts that it gives."""

from __future__ import annotations

from msgspec import Struct, field

from processors.bars.adwin import AdwinState
from processors.bars.bayesian_regression import RegressionState
from processors.bars.conformal_interval import ConformalInterval
from processors.bars.context_features import ContextEffectsState
from processors.bars.evening_profile import EveningProfileState
from processors.bars.expert_mixture import ExpertMixture
from processors.bars.forecast_combination import BatesGrangerCombination
from processors.bars.seasonality import ProductSeries, SeasonalMean, SharedSeasonState


class PendingForecast(Struct):
    """A forecast whose slots are not closed yet.

    Attributes:
        slot: number of its first slot.
        features: features of the regression.
        seasonal_log: log(1 + seasonal forecast).
        mean: forecast, in units.
        bias_ratio: bias correction that was applied.
        own: forecast from the product's own past, in units; None in rows from before there was a combination.
        shared: forecast of the shared season, in units.
        online: forecast without the profile of the evening, in units.
        profile: forecast of the profile, in units; None without one.
        experts: all forecasts of the mixture, in units; empty in rows from before there was a mixture.
    """

    slot: int
    features: dict[str, float]
    seasonal_log: float = field(name="guess")
    mean: float
    bias_ratio: float = field(name="ratio")
    own: float | None = None
    shared: float = 0.0
    online: float = 0.0
    profile: float | None = None
    experts: dict[str, float] = field(default_factory=dict)


class DemandState(Struct):
    """State of the demand model, part of the bar's row.

    Attributes:
        open_slot: number of the open slot since 1970; None before the first sale.
        last_sale_slot: slot of the last sale.
        series: by product.
        pending: forecasts that are not due yet, by product and horizon.
        regressions: by horizon.
        intervals: by horizon, of all forecasts.
        class_intervals: by horizon and class of the mean; a new class begins as a copy of the whole.
        opening_hours: share of slots with sales, by hour of the day.
        context: latest context features.
        context_effects: effects of the context, for what-ifs.
        shared: shared season of the bar.
        combinations: by horizon and class of the shared mean.
        mixtures: by horizon and class of the mean.
        drift: detector of a rise of the errors.
        drift_count: number of rises.
        outliers: number of clipped lines.
        sold_out_slots: last slot in which each product was sold out.
        evenings: profile of the evenings of a festival.
    """

    open_slot: int | None = field(default=None, name="slot")
    last_sale_slot: int | None = field(default=None, name="last_sale")
    series: dict[str, ProductSeries] = field(default_factory=dict)
    pending: dict[str, dict[int, list[PendingForecast]]] = field(default_factory=dict)
    regressions: dict[int, RegressionState] = field(default_factory=dict)
    intervals: dict[int, ConformalInterval] = field(default_factory=dict)
    class_intervals: dict[int, dict[int, ConformalInterval]] = field(default_factory=dict, name="levels")
    opening_hours: dict[int, SeasonalMean] = field(default_factory=dict, name="opening")
    context: dict[str, float] = field(default_factory=dict)
    context_effects: ContextEffectsState = field(default_factory=ContextEffectsState, name="surroundings")
    shared: SharedSeasonState = field(default_factory=SharedSeasonState)
    combinations: dict[int, dict[int, BatesGrangerCombination]] = field(default_factory=dict, name="blends")
    mixtures: dict[int, dict[int, ExpertMixture]] = field(default_factory=dict)
    drift: AdwinState = field(default_factory=AdwinState)
    drift_count: int = field(default=0, name="drifts")
    outliers: int = field(default=0, name="odd")
    sold_out_slots: dict[str, int] = field(default_factory=dict, name="censored")
    evenings: EveningProfileState = field(default_factory=EveningProfileState)


class SlotForecast(Struct, frozen=True):
    """Units to be sold from the start of a slot to a horizon.

    Attributes:
        slots: length of the horizon.
        mean: expected units.
        p05: lower end of the 90 % interval.
        p50: median.
        p95: upper end of the 90 % interval.
    """

    slots: int
    mean: float
    p05: float
    p50: float
    p95: float
