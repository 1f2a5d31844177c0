"""What the demand model of one bar remembers, and what it says."""

from __future__ import annotations

from msgspec import Struct, field

from processors.bars.adwin import AdwinState
from processors.bars.bayesian_regression import RegressionState
from processors.bars.conformal_interval import ConformalInterval
from processors.bars.context_features import ContextEffectsState
from processors.bars.forecast_combination import BatesGrangerCombination
from processors.bars.seasonality import ProductSeries, SeasonalMean
from processors.bars.shared_season import SharedSeasonState


class PendingForecast(Struct):
    """Forecasts that wait for their truth."""

    slot: int
    features: dict[str, float]
    guess: float
    mean: float
    ratio: float
    own: float | None = None
    """what the product's own past says, in units; None in rows from before there was a blend"""
    shared: float = 0.0
    """what the season of the whole bar says"""


class DemandState(Struct):
    """Everything that a forecast depends on, as one row of JSON."""

    slot: int | None = None
    """number of the open slot since 1970"""
    last_sale: int | None = None
    series: dict[str, ProductSeries] = field(default_factory=dict)
    pending: dict[str, dict[int, list[PendingForecast]]] = field(default_factory=dict)
    regressions: dict[int, RegressionState] = field(default_factory=dict)
    intervals: dict[int, ConformalInterval] = field(default_factory=dict)
    """by horizon, of all forecasts"""
    levels: dict[int, dict[int, ConformalInterval]] = field(default_factory=dict)
    """by horizon and class of the mean; a new class begins as the whole is"""
    opening: dict[int, SeasonalMean] = field(default_factory=dict)
    """share of the slots in each hour of the day in which the bar was open"""
    context: dict[str, float] = field(default_factory=dict)
    """what was known of the surroundings last"""
    surroundings: ContextEffectsState = field(default_factory=ContextEffectsState)
    shared: SharedSeasonState = field(default_factory=SharedSeasonState)
    blends: dict[int, dict[int, BatesGrangerCombination]] = field(default_factory=dict)
    """by horizon and class of the shared mean"""
    drift: AdwinState = field(default_factory=AdwinState)
    drifts: int = 0
    odd: int = 0
    censored: dict[str, int] = field(default_factory=dict)
    """last slot in which a product was sold out"""


class SlotForecast(Struct, frozen=True):
    """Units to be sold from the start of a slot to the horizon."""

    slots: int
    mean: float
    p05: float
    p50: float
    p95: float
