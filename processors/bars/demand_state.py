"""What the demand model of one bar remembers, and what it says."""

from __future__ import annotations

from msgspec import Struct, field

from processors.bars.blend import Blend
from processors.bars.drift import DriftState
from processors.bars.interval import Interval
from processors.bars.regression import RegressionState
from processors.bars.series import Season, Series
from processors.bars.shared_season import SharedState
from processors.bars.surroundings import SurroundingsState


class Pending(Struct):
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
    series: dict[str, Series] = field(default_factory=dict)
    pending: dict[str, dict[int, list[Pending]]] = field(default_factory=dict)
    regressions: dict[int, RegressionState] = field(default_factory=dict)
    intervals: dict[int, Interval] = field(default_factory=dict)
    """by horizon, of all forecasts"""
    levels: dict[int, dict[int, Interval]] = field(default_factory=dict)
    """by horizon and class of the mean; a new class begins as the whole is"""
    opening: dict[int, Season] = field(default_factory=dict)
    """share of the slots in each hour of the day in which the bar was open"""
    context: dict[str, float] = field(default_factory=dict)
    """what was known of the surroundings last"""
    surroundings: SurroundingsState = field(default_factory=SurroundingsState)
    shared: SharedState = field(default_factory=SharedState)
    blends: dict[int, dict[int, Blend]] = field(default_factory=dict)
    """by horizon and class of the shared mean"""
    drift: DriftState = field(default_factory=DriftState)
    drifts: int = 0
    odd: int = 0
    censored: dict[str, int] = field(default_factory=dict)
    """last slot in which a product was sold out"""


class Forecast(Struct, frozen=True):
    """Units to be sold from the start of a slot to the horizon."""

    slots: int
    mean: float
    p05: float
    p50: float
    p95: float
