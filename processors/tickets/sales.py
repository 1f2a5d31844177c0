"""Sales of an event by type and day, and the forecast of each type by its complete days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import replace

from processors.tickets.curves import MAX_DAYS, BookingCurve
from processors.tickets.forecast import DetailedForecast, TooFewEventsError, forecast_in_detail
from processors.tickets.prices import PriceState, demand_at_price, propose, step_at
from schemas.ids import EventId
from schemas.tickets import (
    CurvePoint,
    GateCount,
    PriceProposal,
    SaleEventSettings,
    TicketForecast,
    TicketMark,
    TicketOrder,
    TicketTypeSettings,
    TypeSales,
)

Lacking = Literal["no_history", "no_day", "over"]
MAX_MARKS = 60
BEFORE_DAYS, AFTER_DAYS = 7, 3
"""Days before a mark, and days from it on, whose sales are compared."""

MARK_RANGE = timedelta(days=3 * 366)
"""Time before and after an event within which a mark must lie."""


class DaySales(Struct):
    """Tickets of one day, net of refunds, and what was paid for them."""

    sold: int = 0
    cents: int = 0


class SoldType(Struct):
    """Sales of one type.

    Attributes:
        days: by date in the venue's time zone.
    """

    days: dict[date, DaySales] = field(default_factory=dict)
    refunded: int = 0
    prices: PriceState | None = None

    def add(self, order: TicketOrder, zone: ZoneInfo) -> None:
        """Add an order."""
        day = self.days.setdefault(order.time.astimezone(zone).date(), DaySales())
        day.sold += order.quantity
        day.cents += order.quantity * order.price_cents
        self.refunded += max(0, -order.quantity)

    def sold(self) -> int:
        """Return the number of tickets, net of refunds."""
        return sum(day.sold for day in self.days.values())

    def cents(self) -> int:
        """Return what was paid, net of refunds."""
        return sum(day.cents for day in self.days.values())


class EventState(Struct):
    """Sales, marks and prices of one event.

    Attributes:
        offsets: last offset that it includes, by topic.
        now: latest time of an order or of the clock.
        shown: when forecasts were produced last, by that time.
    """

    offsets: dict[str, int] = field(default_factory=dict)
    now: datetime | None = None
    shown: datetime | None = None
    types: dict[str, SoldType] = field(default_factory=dict)
    marks: list[TicketMark] = field(default_factory=list)

    def includes(self, topic: str, offset: int) -> bool:
        """Return True if a record was applied; otherwise remember it."""
        if offset <= self.offsets.get(topic, -1):
            return True
        self.offsets[topic] = offset
        return False


def booking_curve(
    sold: SoldType, event: SaleEventSettings, settings: TicketTypeSettings, today: date, daily: Sequence[float] = ()
) -> BookingCurve | None:
    """Return the sales of the complete days before `today`; None where there is none.

    Args:
        daily: numbers that stand for those of the days in their order, such as at another price.
    """
    days = sorted(sold.days)
    numbers = daily or [float(sold.days[day].sold) for day in days]
    by_days_before: dict[int, float] = {}
    total = 0.0
    for day, number in zip(days, numbers, strict=True):
        if day >= today:
            break
        total += number
        before = (event.date - day).days
        if before <= MAX_DAYS:
            by_days_before[max(0, before)] = total
    if not by_days_before:
        return None
    now = max(0, (event.date - today).days + 1)
    by_days_before[now] = total  # the last days may have had no sale
    shown = sorted(by_days_before)
    capacity = None if settings.capacity is None else float(settings.capacity)
    return BookingCurve(
        event.id, settings.id, tuple(shown), tuple(by_days_before[day] for day in shown), None, event.date, capacity
    )


class Forecaster:
    """Forecasts curves from past events; a curve that has not changed is not forecast again.

    Attributes:
        past: finished events.
    """

    def __init__(self, past: tuple[BookingCurve, ...] = ()) -> None:
        self.past = past
        self._known: dict[str, tuple[BookingCurve, tuple[BookingCurve, ...], DetailedForecast | None]] = {}

    def forecast(self, name: str, curve: BookingCurve | None) -> DetailedForecast | None:
        """Return the forecast of a curve; None where it or past events are missing.

        Args:
            name: of the curve, under which its forecast is kept.
        """
        if curve is None:
            return None
        known = self._known.get(name)
        if known is not None and known[1] is self.past and known[0] == curve:
            return known[2]
        try:
            found = forecast_in_detail(curve, self.past)
        except TooFewEventsError:
            found = None
        self._known[name] = curve, self.past, found
        return found


def sales_of(
    state: EventState,
    event: SaleEventSettings,
    settings: TicketTypeSettings,
    forecaster: Forecaster,
    zone: ZoneInfo,
    event_id: EventId,
    gates: GateCount | None = None,
) -> TypeSales:
    """Return the sales of a type and their forecast, at the state's time.

    Args:
        gates: of the last event that is over.
    """
    now = state.now or event.on_sale
    today = now.astimezone(zone).date()
    sold = state.types.get(settings.id, SoldType())
    curve = booking_curve(sold, event, settings, today)
    found = forecaster.forecast(f"{event.id}/{settings.id}", curve) if today < event.date else None
    lacking: Lacking | None = None
    if found is None:
        lacking = "over" if today >= event.date else "no_day" if curve is None else "no_history"
    return TypeSales(
        event_id=event_id,
        event=event.id,
        type=settings.id,
        time=now,
        date=event.date,
        days_before=(event.date - today).days,
        sold=sold.sold(),
        refunded=sold.refunded,
        revenue_cents=sold.cents(),
        currency=event.currency,
        capacity=settings.capacity,
        forecast=None if found is None else _not_below_sold(found, sold.sold()),
        lacking=lacking,
        demand=() if found is None else found.demand,
        course=() if found is None else found.course,
        curve=()
        if curve is None
        else tuple(CurvePoint(day, value) for day, value in zip(curve.days[::-1], curve.sold[::-1], strict=True)),
        marks=tuple(_with_effect(mark, state, today) for mark in state.marks),
        gates=gates,
        expected_peak=None
        if found is None or gates is None or not gates.sold
        else round(max(found.forecast.final, sold.sold()) * gates.peak / gates.sold, 1),
    )


def _not_below_sold(found: DetailedForecast, sold: int) -> TicketForecast:
    """Return the forecast, corrected where the day in progress has already passed it."""
    one = found.forecast
    return replace(one, final=max(one.final, sold), high=max(one.high, sold))


def problem_of_mark(mark: TicketMark, event: SaleEventSettings) -> str | None:
    """Return the reason why a mark can't be one of an event, or None."""
    if abs(mark.day - event.date) > MARK_RANGE:
        return f"the day {mark.day} of the mark is more than three years away from the event on {event.date}"
    return None


def _with_effect(mark: TicketMark, state: EventState, today: date) -> TicketMark:
    """Return a mark with the mean sales per day before and after it; other causes of a change are not told apart."""
    daily: dict[date, int] = {}
    for sold in state.types.values():
        for day, one in sold.days.items():
            daily[day] = daily.get(day, 0) + one.sold
    before = [mark.day - timedelta(days=number) for number in range(1, BEFORE_DAYS + 1)]
    after = [mark.day + timedelta(days=number) for number in range(AFTER_DAYS)]
    known = daily and min(daily) <= before[-1]
    return replace(
        mark,
        before_per_day=round(_mean(daily, before), 1) if known else None,
        after_per_day=round(_mean(daily, after), 1) if daily and after[-1] < today else None,
    )


def _mean(daily: dict[date, int], days: Sequence[date]) -> float:
    return sum(daily.get(day, 0) for day in days) / len(days)


def propose_price(
    state: EventState,
    event: SaleEventSettings,
    settings: TicketTypeSettings,
    forecaster: Forecaster,
    zone: ZoneInfo,
    event_id: EventId,
) -> PriceProposal | None:
    """Return the step that the forecast suggests at the state's time.

    Sales at other prices are brought to the present one by the elasticity before they are compared with past events.
    """
    now, sold, limits = state.now, state.types.get(settings.id), settings.prices
    if now is None or sold is None or sold.prices is None or limits is None or settings.capacity is None:
        return None
    today = now.astimezone(zone).date()
    present = step_at(sold.prices.steps, now).cents
    pairs = [(sold.days[day].sold, sold.days[day].cents) for day in sorted(sold.days)]
    curve = booking_curve(sold, event, settings, today, demand_at_price(pairs, present, limits.elasticity))
    found = forecaster.forecast(f"{event.id}/{settings.id}/price", curve) if today < event.date else None
    if curve is None or found is None:
        return None
    remaining = [total - curve.sold[0] for total in found.demand]
    left = settings.capacity - sold.sold()
    return propose(
        limits, sold.prices, remaining, left, now, begin_of(event, zone),
        name=f"{event_id}/{settings.id}"[-200:],
        expected_final=min(float(settings.capacity), sold.sold() + remaining[len(remaining) // 2]),
    )  # fmt: skip


def begin_of(event: SaleEventSettings, zone: ZoneInfo) -> datetime:
    """Return the begin of the day of an event."""
    return datetime.combine(event.date, time.min, zone)
