"""Ticket sales: orders, what production decides, and forecasts; their topics, and the section of the venue file.

No record names a buyer: an order is an id of the shop, what was bought, when and through which channel.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Literal, NewType

from msgspec import Meta, Struct
from pydantic import AwareDatetime, Field

from schemas.fields import NAMED, Count, Identifier, Instant, NonNegative, repeated
from schemas.ids import EventId
from schemas.topic import DAY, Topic
from schemas.venue import Venue
from schemas.venue_parts import NAME, Part
from schemas.venue_section import VenueSection

SaleEventId = NewType("SaleEventId", str)
"""Id of an event whose tickets are sold, in the venue file."""

TicketTypeId = NewType("TicketTypeId", str)
"""Id of a type of ticket of one event."""

Cents = Annotated[int, Meta(ge=0, le=10_000_000, description="hundredths of the currency")]
Currency = Annotated[str, Meta(min_length=3, max_length=3, pattern="^[A-Z]{3}$", description="ISO 4217 code")]
Quantity = Annotated[int, Meta(ge=-10_000, le=10_000)]


class TicketOrder(Struct, frozen=True, kw_only=True):
    """Tickets of one type that were bought or given back, without who did.

    Attributes:
        id: of the shop; a record that comes again with the same content counts once.
        quantity: tickets; negative for a refund.
        price_cents: paid for one ticket.
        channel: shop, box office, …
    """

    id: Identifier
    event: Annotated[SaleEventId, NAMED]
    type: Annotated[TicketTypeId, NAMED]
    quantity: Quantity
    price_cents: Cents
    currency: Currency
    time: Instant
    channel: Annotated[str, Meta(max_length=60)] = ""


class TicketForecast(Struct, frozen=True, kw_only=True):
    """Final number of tickets of one event and type, as forecast some days before it.

    Attributes:
        days_before: days until the event.
        sold: tickets sold so far, refunds taken off.
        final: expected final number.
        low: lower bound of the 90 % interval.
        high: upper bound.
        pace: tickets sold so far, divided by those of a usual like event at the same time; None if that had none.
        like_events: past events that it is compared with.
        capacity: tickets that exist; None if unknown.
        sell_out_chance: 0 to 1; None without capacity.
        sell_out_days_before: days before the event on which they are expected to be sold out; None if not expected.
    """

    event: str
    type: str
    days_before: int
    sold: float
    final: float
    low: float
    high: float
    pace: float | None
    like_events: int
    capacity: float | None
    sell_out_chance: float | None
    sell_out_days_before: int | None


class CurvePoint(Struct, frozen=True, array_like=True):
    """Tickets sold until the end of a day."""

    days_before: int
    sold: float


class CoursePoint(Struct, frozen=True, array_like=True):
    """Tickets that are expected to be sold until the end of a day, with a 90 % band."""

    days_before: int
    expected: float
    low: float
    high: float


MarkKind = Literal["announcement", "price_phase", "weather", "other"]


class TicketMark(Struct, frozen=True, kw_only=True):
    """Something that people note because it may move sales.

    Attributes:
        before_per_day: mean number of tickets per day in the seven days before; None without such days.
        after_per_day: the same of its day and the two after it; None until these are over.
    """

    id: Identifier
    kind: MarkKind
    day: date
    text: Annotated[str, Meta(max_length=120)] = ""
    before_per_day: float | None = None
    after_per_day: float | None = None


class GateCount(Struct, frozen=True, kw_only=True):
    """People at the gates on the day of an event that is over.

    Attributes:
        sold: tickets of the event, net of refunds.
        entered: entries by all gates; who comes again counts again.
        peak: most people in the venue at once.
    """

    event: Annotated[SaleEventId, NAMED]
    sold: Count
    entered: NonNegative
    peak: NonNegative


class TypeSales(Struct, frozen=True, kw_only=True):
    """Sales of one event and type, and their forecast: key `event/type`.

    Attributes:
        date: of the event.
        sold: net of refunds, the day in progress included.
        refunded: tickets given back.
        revenue_cents: net of refunds.
        capacity: tickets that exist; None if not declared.
        forecast: by the last complete day; None where `lacking` says why.
        lacking: `no_history`: `pulso tickets learn` has kept fewer than three past events; `no_day`: no day of sale
            is complete yet; `over`: the event has begun.
        demand: 19 quantiles, .05 to .95, of the final number if there were tickets without end.
        curve: sold until the end of each complete day, the earliest first.
        course: expected from then on, to the event.
        marks: of the whole event.
        gates: of the last event that is over; None where no gate has counted one.
        expected_peak: tickets of this type that are expected in the end, times the share of people that were in the
            venue at once at that event; None without it.
    """

    event_id: Annotated[EventId, NAMED]
    event: Annotated[SaleEventId, NAMED]
    type: Annotated[TicketTypeId, NAMED]
    time: Instant
    date: date
    days_before: int
    sold: int
    refunded: Count
    revenue_cents: int
    currency: Currency
    capacity: int | None = None
    forecast: TicketForecast | None = None
    lacking: Literal["no_history", "no_day", "over"] | None = None
    demand: tuple[NonNegative, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    course: tuple[CoursePoint, ...] = ()
    marks: tuple[TicketMark, ...] = ()
    gates: GateCount | None = None
    expected_peak: NonNegative | None = None


TicketActionKind = Literal["approve", "decline", "mark", "unmark", "time"]


class TicketAction(Struct, frozen=True, kw_only=True):
    """An action of production on one event, or the time, which the worker writes every quarter of an hour.

    Attributes:
        by: account of the person.
        type: approve, decline: whose price it is.
        proposal: approve, decline: id of the proposal that the person saw.
        mark: mark: what to note; unmark: id of the mark.
    """

    id: Identifier
    event: Annotated[SaleEventId, NAMED]
    kind: TicketActionKind
    time: Instant
    by: Annotated[str, Meta(max_length=100)] = ""
    type: Annotated[TicketTypeId, NAMED] | None = None
    proposal: Identifier | None = None
    mark: TicketMark | None = None


PriceReason = Literal["start", "more_demand", "less_demand"]


class PriceStep(Struct, frozen=True, kw_only=True):
    """A price, from a time on."""

    begin: Instant
    cents: Cents
    reason: PriceReason


class PriceProposal(Struct, frozen=True, kw_only=True):
    """A step that the forecast suggests, until somebody approves or declines it.

    Attributes:
        expected_final: tickets that are expected to be sold at the present price.
        gain_cents: expected gain in revenue, by the elasticity of the venue file.
    """

    id: Identifier
    time: Instant
    cents: Cents
    reason: PriceReason
    expected_final: float
    gain_cents: int


class TicketPrice(Struct, frozen=True, kw_only=True):
    """Prices of one event and type: key `event/type`.

    Attributes:
        steps: in the order of their times; the last ones may lie ahead, and are announced.
    """

    event_id: Annotated[EventId, NAMED]
    event: Annotated[SaleEventId, NAMED]
    type: Annotated[TicketTypeId, NAMED]
    time: Instant
    currency: Currency
    steps: tuple[PriceStep, ...]
    proposal: PriceProposal | None = None


ORDERS = Topic(
    "tickets.orders",
    "event",
    TicketOrder,
    "pulso.tickets.order.v1",
    "Tickets that were bought or given back, without who did.",
    partitions=1,  # rows of an event's orders are found by their ids
    retention_ms=30 * DAY,
    from_source=True,
)
TICKET_ACTIONS = Topic(
    "tickets.actions",
    "event",
    TicketAction,
    "pulso.tickets.action.v1",
    "Prices that production approves or declines, marks, and the time.",
    partitions=ORDERS.partitions,  # they share the state of an event
    retention_ms=30 * DAY,
)
TICKET_FORECASTS = Topic(
    "tickets.forecasts",
    "event/type",
    TypeSales,
    "pulso.tickets.sales.v1",
    "Sales of an event and type so far, and the forecast of their final number.",
    partitions=1,
    compacted=True,
)
TICKET_PRICES = Topic(
    "tickets.prices",
    "event/type",
    TicketPrice,
    "pulso.tickets.price.v1",
    "Prices of an event and type: past, present, announced and proposed.",
    partitions=1,
    compacted=True,
)


class OrderServerSettings(Part):
    """The HTTP endpoint that ticket shops send orders to. Its token is read from PULSO_ORDERS_TOKEN."""

    port: int = Field(default=8092, ge=0, le=65535, description="TCP port; 0 for any free port")


class PriceSettings(Part):
    """Limits of a price. Without them a price is neither proposed nor published."""

    ladder_cents: list[int] = Field(
        min_length=2, max_length=40, description="declared prices, rising; sales begin with `start_cents`"
    )
    start_cents: int = Field(description="price at the begin of the sale; one of the ladder")
    floor_cents: int = Field(ge=0, description="lowest price")
    ceiling_cents: int = Field(le=10_000_000, description="highest price")
    largest_step_cents: int = Field(gt=0, description="largest change at once")
    notice_hours: float = Field(
        default=24, ge=1, le=720, description="time between the announcement of a price and its begin"
    )
    elasticity: float = Field(
        default=1.5,
        gt=0,
        le=10,
        description="your estimate: percent of the tickets that are lost with a price that is one percent higher",
    )


class TicketTypeSettings(Part):
    """A type of ticket."""

    id: Annotated[TicketTypeId, NAME]
    title: str = Field(default="", max_length=100, description="name on pages")
    capacity: int | None = Field(default=None, ge=1, description="tickets that exist")
    prices: PriceSettings | None = Field(default=None, description="limits within which prices are proposed")


class SaleEventSettings(Part):
    """An event whose tickets are sold."""

    id: Annotated[SaleEventId, NAME]
    date: Annotated[date, Field(description="day of the event, by the venue's clock")]
    title: str = Field(default="", max_length=100, description="name on pages")
    on_sale: AwareDatetime = Field(description="begin of the sale: RFC 3339 time with an offset")
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$", description="ISO 4217 code")
    types: list[TicketTypeSettings] = Field(min_length=1, max_length=50, description="kinds of tickets of this event")


class TicketSettings(Part):
    """Events whose tickets are sold, and the endpoint for their orders."""

    server: OrderServerSettings | None = Field(
        default=None, description="endpoint that shops send orders to; none if left out"
    )
    events: list[SaleEventSettings] = Field(
        default_factory=list, max_length=50, description="events whose tickets are sold"
    )


def _mistakes(venue: Venue) -> list[str]:
    settings = venue.section(TICKETS)
    found = [f"tickets: {name} is used more than once" for name in repeated(one.id for one in settings.events)]
    for event in settings.events:
        twice = repeated(one.id for one in event.types)
        found += [f"tickets: {event.id} has the type {name} twice" for name in twice]
        if event.on_sale.date() > event.date + timedelta(days=1):
            found.append(f"tickets: the sale of {event.id} begins after the event")
        for one in event.types:
            where = f"tickets: {event.id}/{one.id}"
            if one.prices is not None:
                found += [f"{where}: {problem}" for problem in _price_mistakes(one.prices)]
                if one.capacity is None:
                    found.append(f"{where}: prices need a capacity")
    return found


def _price_mistakes(prices: PriceSettings) -> list[str]:
    ladder = prices.ladder_cents
    found = []
    if any(later <= earlier for earlier, later in pairwise(ladder)):
        found.append("ladder_cents must rise")
    if any(not prices.floor_cents <= cents <= prices.ceiling_cents for cents in ladder):
        found.append("each price of ladder_cents must lie between floor_cents and ceiling_cents")
    if prices.start_cents not in ladder:
        found.append("start_cents must be one of ladder_cents")
    if any(b - a > prices.largest_step_cents for a, b in pairwise(ladder)):
        found.append("two neighbours in ladder_cents differ by more than largest_step_cents: no step leads across")
    return found


TICKETS: VenueSection[TicketSettings] = VenueSection(
    "tickets", TicketSettings, TicketSettings, "events whose tickets are sold, and limits of their prices", _mistakes
)
