"""Forecast of an event's ticket sales."""

from __future__ import annotations

from msgspec import Struct


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
