"""Bars: tickets, stock movements and demand forecasts; their topics; the bars of the venue file."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from msgspec import Meta, Struct
from pydantic import Field, model_validator

from schemas.fields import Count, Identifier, Instant, NonNegative, Probability
from schemas.topic import DAY, Topic
from schemas.venue_parts import Name, Part, Share

Quantity = Annotated[float, Meta(ge=-100_000, le=100_000, description="units; negative takes a sale back")]


class SaleLine(Struct, frozen=True, kw_only=True):
    """One product on a ticket."""

    product: Identifier
    quantity: Quantity
    unit_price: NonNegative = 0.0


class Ticket(Struct, frozen=True, kw_only=True):
    """A till's receipt: what one customer bought, in one event."""

    id: Identifier
    bar: Identifier
    till: Identifier
    time: Instant
    lines: Annotated[tuple[SaleLine, ...], Meta(min_length=1, max_length=200)]


StockKind = Literal["opening", "delivery", "transfer", "waste", "count", "on-its-way"]


class StockMovement(Struct, frozen=True, kw_only=True):
    """What a person reports of a bar's stock, in units of the product.

    opening and count say what is there at that time; a delivery adds; waste takes away; a transfer goes from `bar` to
    `other`; on-its-way says that somebody fetches it. A delivery that names `other` came out of that bar's stock.
    """

    id: Identifier
    bar: Identifier
    product: Identifier
    kind: StockKind
    quantity: Annotated[float, Meta(ge=0, le=100_000, description="units")]
    time: Instant
    by: Identifier
    other: Identifier | None = None
    note: Annotated[str, Meta(max_length=2_000)] = ""
    counterpart: bool = False
    """written by the bars worker for the other bar, where the same movement has the opposite direction"""


STORE = "store"
"""where a bar fetches from when no other bar has it"""


class HorizonDemand(Struct, frozen=True, kw_only=True):
    """Units that will be sold from now to the horizon."""

    minutes: Count
    mean: NonNegative
    p05: NonNegative
    p50: NonNegative
    p95: NonNegative


class ProductDemand(Struct, frozen=True, kw_only=True):
    """One product of one bar."""

    product: Identifier
    sold: float
    """units since the bar's first ticket, refunds taken off"""
    stock: float | None = None
    horizons: tuple[HorizonDemand, ...] = ()
    run_out_probability: Probability | None = None
    """chance of running out before a delivery ordered now arrives"""
    minutes_to_empty: NonNegative | None = None
    fetch: NonNegative | None = None
    """units to fetch now; None when nothing is needed"""
    fetch_from: Identifier | None = None
    """`STORE`, or the neighbouring bar that has them to spare"""
    fetch_by: Instant | None = None
    """when the chance of running out reaches the bar's limit"""
    along: bool = False
    """not urgent by itself: fetched because somebody goes anyway"""
    oversold: NonNegative = 0.0
    """units sold beyond what the ledger knew of: the product wants counting"""
    coming: NonNegative = 0.0
    """units that somebody is fetching"""
    coming_from: Identifier | None = None
    """the bar that they come from; None for the store"""
    missing: float = 0.0
    """units that counts found missing so far; negative: found beyond what was known"""
    expected_loss: NonNegative = 0.0
    """mean units asked for in vain if somebody goes only one lead time later"""
    surplus: NonNegative | None = None
    """units that the bar can spare until it closes"""
    rest_of_day: HorizonDemand | None = None
    """until the bar closes, where that is known"""


class DemandForecast(Struct, frozen=True, kw_only=True):
    """What a bar will need."""

    event_id: Identifier
    bar: Identifier
    time: Instant
    tickets: Count
    """applied so far, each once"""
    products: tuple[ProductDemand, ...]
    model: str
    drifts: Count = 0
    """times that the errors changed their level (ADWIN)"""


class ProductSettings(Part):
    """A drink or dish of a bar."""

    id: Name
    title: str = ""
    opening_stock: float | None = Field(default=None, ge=0, description="units at the start; no stock-out without")
    shelf: float | None = Field(default=None, gt=0, description="units the bar has room for")
    package: float | None = Field(default=None, gt=0, description="units that come together: a keg, a crate")
    category: Name | None = Field(default=None, description="beer, spirits, soft, food: what a new product is kin of")
    price: float | None = Field(default=None, gt=0, description="of one unit; tells a new product its kin")
    alcohol: float | None = Field(default=None, ge=0, le=100, description="percent by volume; tells its kin")
    size: float | None = Field(default=None, gt=0, description="millilitres or grams of one unit; tells its kin")
    recipe: dict[Name, Annotated[float, Field(gt=0, le=1000)]] = Field(
        default_factory=dict, description="what one unit takes from the stock of other products of this bar"
    )


class BarSettings(Part):
    """A bar and what it sells."""

    id: Name
    zone: Name | None = None
    lead_time_minutes: float = Field(default=20, gt=0, le=24 * 60, description="from the call to the delivery")
    run_out_limit: Share = Field(default=0.2, description="chance of running out that calls for a delivery")
    cover_minutes: float = Field(
        default=240, gt=0, le=24 * 60, description="a delivery should last so long, or until the bar closes"
    )
    trip_worth_units: float = Field(
        default=1,
        ge=0,
        description="sales that would be lost by waiting for another lead time, to make a trip worth it",
    )
    closes: str | None = Field(
        default=None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="local time, HH:MM; learnt if left out"
    )
    neighbours: list[Name] = Field(default_factory=list, description="bars whose surplus may be fetched")
    products: list[ProductSettings] = Field(default_factory=list)

    @model_validator(mode="after")
    def _recipes_draw_on_stock(self) -> Self:
        held = {product.id for product in self.products if not product.recipe}
        for product in self.products:
            for name in product.recipe:
                if name not in held:
                    raise ValueError(
                        f"the recipe of {product.id} takes {name!r}, which is no product of this bar with a stock of "
                        f"its own: {', '.join(sorted(held)) or 'none'}"
                    )
            if product.recipe and product.opening_stock is not None:
                raise ValueError(f"{product.id} has a recipe, so it has no stock of its own: remove opening_stock")
        return self


class TillServerSettings(Part):
    """The HTTP endpoint that tills send tickets to. The token comes from PULSO_TILL_TOKEN."""

    port: int = Field(default=8090, ge=0, le=65535, description="0 takes any free port")


SALES = Topic("pos.sales", "bar", Ticket, "pulso.ticket.v1", "One receipt of a till.", retention_ms=30 * DAY)


STOCK = Topic(
    "bar.stock",
    "bar",
    StockMovement,
    "pulso.stock.movement.v1",
    "What staff report of a bar's stock: deliveries, transfers, waste, counts.",
    partitions=SALES.partitions,  # a bar's tickets and movements share one row of state
    retention_ms=30 * DAY,
)


DEMAND = Topic("demand.forecasts", "bar", DemandForecast, "pulso.demand.forecast.v1", "What a bar will need.")
