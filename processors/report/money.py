"""Money and time that a day's figures stand for, by the assumptions of the venue file."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from processors.report.day import BarFigures, DayReport


class Money(Struct, frozen=True):
    """Sums of a day or a period, in the currency of the venue file.

    Attributes:
        units: units that avoided stock-outs let people buy.
        kept: their price, where the venue file has one.
        unpriced: products with such units and without a price.
        reply_hours: hours that all suggested replies save if people used every one: an upper bound.
        replies: wage of these hours.
    """

    units: float
    kept: float
    unpriced: int
    reply_hours: float
    replies: float


def money_of(report: DayReport) -> Money:
    """Return the sums of a day."""
    saved = [one for one in report.bars if one.saved_units > 0]
    hours = report.suggested * report.assumptions.minutes_per_reply / 60
    return Money(
        units=sum(one.saved_units for one in saved),
        kept=_kept(saved),
        unpriced=sum(one.price is None for one in saved),
        reply_hours=hours,
        replies=hours * report.assumptions.hourly_wage,
    )


def _kept(saved: Iterable[BarFigures]) -> float:
    return sum(one.saved_units * one.price for one in saved if one.price is not None)
