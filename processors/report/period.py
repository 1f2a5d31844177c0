"""Sums of several days: quality of models, acceptance by users, and money; only from reports that are stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from msgspec import Struct

from processors.report.day import DayReport
from processors.report.money import money_of

Period = Literal["week", "month", "quarter"]


class RuleSums(Struct, frozen=True):
    """Alerts of a rule over a period, and verdicts on them."""

    rule: str
    alerts: int
    acknowledged: int
    confirmed: int
    rejected: int

    @property
    def precision(self) -> float | None:
        """Return confirmed ÷ judged; None where nothing was judged."""
        judged = self.confirmed + self.rejected
        return self.confirmed / judged if judged else None


class PeriodReport(Struct, frozen=True):
    """Sums over the days of a period that have a report.

    Attributes:
        missing: days of the period, up to the last one asked for, without a report.
        provisional: days whose report was made before they had ended.
        forecast_error: Σ|forecast − sold| ÷ Σ sold an hour ahead (WAPE); None where nothing was scored.
        forecast_coverage: share of forecasts whose 90 % interval held what was sold.
        kept: money by currency.
        replies: likewise.
        reply_hours: upper bound, as if every suggested reply had been used.
    """

    begin: date
    end: date
    days: int
    missing: tuple[date, ...]
    provisional: tuple[date, ...]
    rules: tuple[RuleSums, ...]
    forecasts: int
    forecast_error: float | None
    forecast_coverage: float | None
    corrections: int
    shelved: int
    missed: int
    avoided: int
    saved_units: float
    unpriced: int
    kept: dict[str, float]
    mails: int
    suggested: int
    reply_hours: float
    replies: dict[str, float]


def period_bounds(day: date, period: Period) -> tuple[date, date]:
    """Return the first and the last day of the week (from Monday), month or quarter that a day is in.

    >>> period_bounds(date(2026, 7, 4), "quarter")
    (datetime.date(2026, 7, 1), datetime.date(2026, 9, 30))
    >>> period_bounds(date(2026, 7, 4), "week")
    (datetime.date(2026, 6, 29), datetime.date(2026, 7, 5))
    """
    if period == "week":
        begin = day - timedelta(days=day.weekday())
        return begin, begin + timedelta(days=6)
    months = 1 if period == "month" else 3
    first = (day.month - 1) // months * months + 1
    begin = date(day.year, first, 1)
    last = first + months
    end = date(day.year + (last > 12), (last - 1) % 12 + 1, 1) - timedelta(days=1)
    return begin, end


def sum_period(reports: Sequence[DayReport], begin: date, end: date, until: date) -> PeriodReport:
    """Return the sums of the reports whose days lie in a period.

    Args:
        reports: any reports, one of a day.
        begin: first day.
        end: last day.
        until: last day that may have a report; later ones are not missing.
    """
    found = [one for one in reports if begin <= one.bounds.day <= end]
    have = {one.bounds.day for one in found}
    expected = (begin + timedelta(days=at) for at in range((min(end, until) - begin).days + 1))
    bars = [bar for one in found for bar in one.bars]
    units, scored = sum(bar.scored_units for bar in bars), sum(bar.scored for bar in bars)
    kept: dict[str, float] = defaultdict(float)
    replies: dict[str, float] = defaultdict(float)
    money = [(one.assumptions.currency, money_of(one)) for one in found]
    for currency, sums in money:
        kept[currency] += sums.kept
        replies[currency] += sums.replies
    return PeriodReport(
        begin=begin,
        end=end,
        days=len(found),
        missing=tuple(day for day in expected if day not in have),
        provisional=tuple(sorted(one.bounds.day for one in found if not one.is_final)),
        rules=_rules(found),
        forecasts=scored,
        forecast_error=sum(bar.absolute_error for bar in bars) / units if units > 0 else None,
        forecast_coverage=sum(bar.covered for bar in bars) / scored if scored else None,
        corrections=sum(one.corrections for one in found),
        shelved=sum(alert.shelved_by is not None for one in found for alert in one.alerts),
        missed=sum(bar.missed for bar in bars),
        avoided=sum(bar.avoided for bar in bars),
        saved_units=sum(bar.saved_units for bar in bars),
        unpriced=sum(sums.unpriced for _, sums in money),
        kept=dict(kept),
        mails=sum(one.mails for one in found),
        suggested=sum(one.suggested for one in found),
        reply_hours=sum(sums.reply_hours for _, sums in money),
        replies=dict(replies),
    )


def _rules(reports: Sequence[DayReport]) -> tuple[RuleSums, ...]:
    sums: dict[str, RuleSums] = {}
    for rule in (rule for report in reports for rule in report.rules):
        before = sums.get(rule.rule, RuleSums(rule.rule, 0, 0, 0, 0))
        sums[rule.rule] = RuleSums(
            rule.rule,
            before.alerts + rule.alerts,
            before.acknowledged + rule.acknowledged,
            before.confirmed + rule.confirmed,
            before.rejected + rule.rejected,
        )
    return tuple(sorted(sums.values(), key=lambda one: (-one.alerts, one.rule)))
