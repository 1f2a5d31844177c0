"""Bars: tickets, stock movements and demand forecasts; their topics; the bars of the venue file."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from msgspec import Meta, Raw, Struct
from pydantic import Field, model_validator

from schemas.fields import NAMED, Count, Identifier, Instant, NonNegative, Probability
from schemas.ids import BarId, EventId, ProductId, ZoneId
from schemas.topic import DAY, MEDIA_BYTES, Topic
from schemas.venue_parts import CLOCK_PATTERN, NAME, Name, Part, Share

MAX_LINE_UNITS = 100_000
"""Units of one line of a ticket, sold or taken back."""

Quantity = Annotated[
    float, Meta(ge=-MAX_LINE_UNITS, le=MAX_LINE_UNITS, description="units; negative takes a sale back")
]


class SaleLine(Struct, frozen=True, kw_only=True):
    """Line of a ticket: one product, in units."""

    product: Annotated[ProductId, NAMED]
    quantity: Quantity
    unit_price: NonNegative = 0.0


class Ticket(Struct, frozen=True, kw_only=True):
    """Receipt of a till: the purchase of one customer."""

    id: Identifier
    bar: Annotated[BarId, NAMED]
    till: Identifier
    time: Instant
    lines: Annotated[tuple[SaleLine, ...], Meta(min_length=1, max_length=200)]


StockKind = Literal["opening", "delivery", "transfer", "waste", "count", "on-its-way"]


class StockMovement(Struct, frozen=True, kw_only=True):
    """Report of a person about a bar's stock, in units of the product.

    opening and count give the stock at that time; a delivery adds to it; waste reduces it; a transfer goes from `bar`
    to `other`; on-its-way reports units in transit. A delivery that names `other` came out of that bar's stock.
    """

    id: Identifier
    bar: Annotated[BarId, NAMED]
    product: Annotated[ProductId, NAMED]
    kind: StockKind
    quantity: Annotated[float, Meta(ge=0, le=100_000, description="units")]
    time: Instant
    by: Identifier
    other: Annotated[BarId, NAMED] | None = None
    note: Annotated[str, Meta(max_length=2_000)] = ""
    counterpart: bool = False
    """True where the bars worker wrote it for the other bar, at which the movement has the opposite direction."""


STORE = "store"
"""Source of units that no other bar can spare."""


class HorizonDemand(Struct, frozen=True, kw_only=True):
    """Forecast of the units sold from now to a horizon: mean and quantiles."""

    minutes: Count
    mean: NonNegative
    p05: NonNegative
    p50: NonNegative
    p95: NonNegative


class ProductDemand(Struct, frozen=True, kw_only=True):
    """Demand forecast and restock advice for one product of a bar."""

    product: Annotated[ProductId, NAMED]
    sold: float
    """Units since the bar's first ticket, refunds subtracted."""
    stock: float | None = None
    horizons: tuple[HorizonDemand, ...] = ()
    run_out_probability: Probability | None = None
    """Probability of running out before a delivery ordered now arrives."""
    minutes_to_empty: NonNegative | None = None
    fetch: NonNegative | None = None
    """Units to fetch now; None where nothing is needed."""
    fetch_from: Identifier | None = None
    """`STORE`, or the neighbouring bar with enough surplus."""
    fetch_by: Instant | None = None
    """Time at which the probability of running out reaches the bar's limit."""
    along: bool = False
    """True where the product is not urgent by itself, but fetched on the same trip."""
    oversold: NonNegative = 0.0
    """Units sold beyond the booked stock, which a count should correct."""
    coming: NonNegative = 0.0
    """Units in transit to the bar."""
    coming_from: Identifier | None = None
    """Bar that the units in transit come from; None for the store."""
    missing: float = 0.0
    """Units that counts found missing so far; negative where they found more than booked."""
    expected_loss: NonNegative = 0.0
    """Expected unmet demand in units if the trip is made one lead time later."""
    surplus: NonNegative | None = None
    """Units that the bar can spare until it closes."""
    rest_of_day: HorizonDemand | None = None
    """Demand until the bar closes, where a closing time is configured or learnt."""


class TillClock(Struct, frozen=True, kw_only=True):
    """Clock of a till, compared with the times at which Pulso received its tickets."""

    till: Identifier
    ahead_seconds: float
    """Time by which the clock is ahead; negative where it is behind, 0 where it is right again."""
    corrected: Count = 0
    """Tickets that were booked at another time than the till gave."""


class DemandForecast(Struct, frozen=True, kw_only=True):
    """Demand forecast of a bar, with restock advice for each product."""

    event_id: Annotated[EventId, NAMED]
    bar: Annotated[BarId, NAMED]
    time: Instant
    tickets: Count
    """Number of tickets applied, each once."""
    products: tuple[ProductDemand, ...]
    model: str
    drifts: Count = 0
    """Number of times that the forecast errors have risen (ADWIN)."""
    clocks: tuple[TillClock, ...] = ()
    """Tills whose clock is or was wrong."""
    repeated: Count = 0
    """Tickets that came again and were not counted again."""
    renumbered: Count = 0
    """Tickets that were counted although their number had been used for another within a day."""
    blind: tuple[str, ...] = ()
    """Keys of the sources that are silent and that it rests on: sales since then are not counted."""


class BarSnapshot(Struct, frozen=True, kw_only=True):
    """The whole state of a bar, as the bars worker stores it."""

    bar: Annotated[BarId, NAMED]
    time: Instant
    """Time of the bar's latest forecast."""
    state: Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
    """JSON of the state; its layout belongs to the bars worker and changes with its versions."""


class ProductSettings(Part):
    """Product of a bar: a drink or dish."""

    id: Annotated[ProductId, NAME]
    title: str = Field(default="", description="name on pages; the id if empty")
    opening_stock: float | None = Field(
        default=None, ge=0, description="units at the start; without it no run-out is forecast"
    )
    shelf: float | None = Field(default=None, gt=0, description="units the bar has room for")
    package: float | None = Field(default=None, gt=0, description="units that come together: a keg, a crate")
    category: Name | None = Field(
        default=None,
        description="for example beer, spirits, soft, food; a new product is first forecast like similar ones",
    )
    price: float | None = Field(default=None, gt=0, description="of one unit; determines which products are similar")
    alcohol: float | None = Field(
        default=None, ge=0, le=100, description="percent by volume; determines which products are similar"
    )
    size: float | None = Field(
        default=None, gt=0, description="millilitres or grams of one unit; determines which products are similar"
    )
    recipe: dict[Annotated[ProductId, NAME], Annotated[float, Field(gt=0, le=1000)]] = Field(
        default_factory=dict, description="units of other products of this bar that one unit uses"
    )


class BarSettings(Part):
    """Bar and its products."""

    id: Annotated[BarId, NAME]
    zone: Annotated[ZoneId, NAME] | None = Field(
        default=None, description="id of the zone that the bar is in; its occupancy influences demand"
    )
    lead_time_minutes: float = Field(default=20, gt=0, le=24 * 60, description="from the call to the delivery")
    run_out_limit: Share = Field(default=0.2, description="probability of running out that calls for a delivery")
    cover_minutes: float = Field(
        default=240, gt=0, le=24 * 60, description="minutes that a delivery should last, or until the bar closes"
    )
    trip_worth_units: float = Field(
        default=1,
        ge=0,
        description="sales lost by waiting for another lead time from which a trip is worthwhile",
    )
    closes: str | None = Field(default=None, pattern=CLOCK_PATTERN, description="local time, HH:MM; learnt if left out")
    neighbours: list[Annotated[BarId, NAME]] = Field(
        default_factory=list, description="bars whose surplus may be fetched"
    )
    products: list[ProductSettings] = Field(default_factory=list, description="what the bar sells")

    @model_validator(mode="after")
    def _recipes_draw_on_stock(self) -> Self:
        held = {product.id for product in self.products if not product.recipe}
        for product in self.products:
            for name in product.recipe:
                if name not in held:
                    raise ValueError(
                        f"the recipe of {product.id} uses {name!r}, which is not a product of this bar with a stock of "
                        f"its own: {', '.join(sorted(held)) or 'none'}"
                    )
            if product.recipe and product.opening_stock is not None:
                raise ValueError(f"{product.id} has a recipe, so it has no stock of its own: remove opening_stock")
        return self


class TillServerSettings(Part):
    """HTTP endpoint that tills send tickets to. The token comes from PULSO_TILL_TOKEN."""

    port: int = Field(default=8090, ge=0, le=65535, description="0 takes any free port")


SALES = Topic(
    "pos.sales",
    "bar",
    Ticket,
    "pulso.ticket.v1",
    "Receipt of a till.",
    retention_ms=30 * DAY,
    from_source=True,
)


STOCK = Topic(
    "bar.stock",
    "bar",
    StockMovement,
    "pulso.stock.movement.v1",
    "Stock movements that staff report: deliveries, transfers, waste, counts.",
    partitions=SALES.partitions,  # a bar's tickets and movements share one row of state
    retention_ms=30 * DAY,
    from_source=True,
)


DEMAND = Topic(
    "demand.forecasts",
    "bar",
    DemandForecast,
    "pulso.demand.forecast.v1",
    "Demand forecast of a bar, with restock advice.",
)


LATEST_DEMAND = Topic(
    "demand.latest",
    "bar",
    DemandForecast,
    DEMAND.event_type,
    "The latest forecast of each bar, also of one that has been silent for long.",
    compacted=True,
)


BAR_STATES = Topic(
    "bar.states",
    "bar",
    BarSnapshot,
    "pulso.bar.state.v1",
    "The state of each bar at its latest forecast, from which `pulso forecast` computes the evening ahead.",
    compacted=True,
    max_bytes=MEDIA_BYTES,
)
