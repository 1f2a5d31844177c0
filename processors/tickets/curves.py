"""Booking curves: tickets sold by days before the event, refunds taken off.

Two layouts are read: a line for each observation (`event,days_before,sold,final`, and optionally `type`, `date` and
`capacity`), and a line for each departure with a column for each day (`0_SeatsSold_sum`, `1_SeatsSold_sum`, …).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processors.csv_table import CellError, Refusal, Row, Table, read_table, refusals_text

MAX_DAYS = 1000
"""Longest time of sale."""

_DAY_COLUMN = re.compile(r"(\d{1,4})_seatssold_sum")


class CurvesError(CellError):
    """A file of booking curves can't be used; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class BookingCurve:
    """Sales of one event and ticket type.

    Attributes:
        type: kind of ticket; like events have the same.
        days: observed days before the event, rising.
        sold: tickets sold at those days.
        final: final number; None while the event is sold.
        date: of the event, where known.
        capacity: tickets that exist, where known.
    """

    event: str
    type: str
    days: tuple[int, ...]
    sold: tuple[float, ...]
    final: float | None
    date: date | None = None
    capacity: float | None = None

    def values(self, length: int) -> NDArray[np.float64]:
        """Return tickets sold 0 … length - 1 days before, straight between observations; the final number at 0."""
        days, sold = self.days, self.sold
        if self.final is not None and days[0] != 0:
            days, sold = (0, *days), (self.final, *sold)
        values = np.interp(np.arange(length), days, sold)
        if self.final is not None:
            values[0] = self.final
        return values


def read_curves(path: Path, *, finished: bool = True) -> tuple[BookingCurve, ...]:
    """Read booking curves; those with dates in the order of their dates.

    Args:
        finished: require the final number of every event.

    Raises:
        CurvesError: a line can't be used, or an event contradicts itself.
        TableError: the file is not such a table.
        OSError: the file can't be read.
    """
    table = read_table(path, numbers=("days_before", "sold", "final", "capacity"))
    wide = any(_DAY_COLUMN.fullmatch(name) for name in table.columns)
    curves = _wide(table) if wide else _long(table, finished)
    if not curves:
        raise CurvesError(f"{path} has no events below the line of the columns")
    if all(curve.date for curve in curves):
        return tuple(sorted(curves, key=lambda curve: curve.date or date.min))
    return tuple(curves)


@dataclass(frozen=True, slots=True)
class _Observation:
    days: int
    sold: float
    curve: BookingCurve


def _long(table: Table, finished: bool) -> list[BookingCurve]:
    table.require("event", "days_before", "sold", *(("final",) if finished else ()))
    found: dict[tuple[str, str], list[_Observation]] = {}
    refused: list[Refusal] = []
    for row in table.rows:
        try:
            one = _observation(row, finished)
            found.setdefault((one.curve.event, one.curve.type), []).append(one)
        except CellError as error:
            refused.append(Refusal(row.line, str(error)))
    if refused:
        raise CurvesError(refusals_text(table.path, refused))
    return [_joined(table.path, observations) for observations in found.values()]


def _observation(row: Row, finished: bool) -> _Observation:
    row.check_length()
    days = row.number("days_before", limit=MAX_DAYS)
    if days < 0 or days != int(days):
        raise CellError(f"days_before {days:g} is not a whole number from 0 on")
    curve = BookingCurve(
        event=row.text("event"),
        type=row.text("type", "all"),
        days=(),
        sold=(),
        final=_not_negative(row, "final") if finished else None,
        date=row.time("date").date() if row.text("date", "") else None,
        capacity=_not_negative(row, "capacity") if row.text("capacity", "") else None,
    )
    return _Observation(int(days), row.number("sold"), curve)


def _not_negative(row: Row, column: str) -> float:
    value = row.number(column)
    if value < 0:
        raise CellError(f"{column} {value:g} is negative")
    return value


def _joined(path: Path, observations: Iterable[_Observation]) -> BookingCurve:
    ordered = sorted(observations, key=lambda one: one.days)
    first = ordered[0].curve
    if any(one.curve != first for one in ordered):
        raise CurvesError(f"{path}: the lines of the event {first.event!r} differ in final, date or capacity")
    days = [one.days for one in ordered]
    if len(set(days)) < len(days):
        raise CurvesError(f"{path}: the event {first.event!r} has two lines for one day of its type {first.type!r}")
    return replace(first, days=tuple(days), sold=tuple(one.sold for one in ordered))


def _wide(table: Table) -> list[BookingCurve]:
    table.require("departure_date", "origin_destination", "target")
    columns = {name: int(match[1]) for name in table.columns if (match := _DAY_COLUMN.fullmatch(name))}
    curves: list[BookingCurve] = []
    refused: list[Refusal] = []
    for row in table.rows:
        try:
            known = sorted((day, row.number(name)) for name, day in columns.items() if row.text(name, ""))
            when, kind = row.time("departure_date").date(), row.text("origin_destination")
            days, sold = zip(*known, strict=True) if known else ((0,), (row.number("target"),))
            curves.append(BookingCurve(f"{kind} {when}", kind, days, sold, row.number("target"), when))
        except CellError as error:
            refused.append(Refusal(row.line, str(error)))
    if refused:
        raise CurvesError(refusals_text(table.path, refused))
    return curves
