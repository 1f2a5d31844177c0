"""Reader of sales in CSV files: Pulso's own layout, a takeaway's order lines, and hourly bicycle hire with weather."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from msgspec import Struct, field

from schemas.errors import PulsoError
from schemas.ids import BarId, ProductId

NO_BAR = BarId("all")
"""Bar of the sales of a file that names none."""


class SalesFileError(PulsoError, ValueError):
    """The file can't be used; the message names the line and what was expected."""


class Sale(Struct, frozen=True):
    """Units of one product, sold at one moment.

    Attributes:
        time: local time, without a zone.
        bar: id of the bar; `NO_BAR` where the file has none.
        product: id of the product.
        quantity: units; negative for a refund.
        context: weather and calendar columns by name.
        order: id of the order; empty where the file has none.
        unit_price: 0 where the file has none.
    """

    time: datetime
    bar: BarId
    product: ProductId
    quantity: float
    context: dict[str, float] = field(default_factory=dict)
    order: str = ""
    unit_price: float = 0.0


LAYOUTS = (
    "time,bar,product,quantity[,unit_price] or ordered_at,order_id,product,quantity[,unit_price]"
    " or dateday,hour,count[,temp,humidity,windspeed,holiday,weathersit]"
)
"""Columns of the layouts, for error messages."""

_CONTEXT_COLUMNS = ("temp", "humidity", "windspeed", "holiday", "workingday", "weathersit")


def read_sales(path: Path) -> list[Sale]:
    """Return all sales in the order of their time.

    Raises:
        SalesFileError: unknown columns, an invalid number or date, or no sale at all.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            columns = set(rows.fieldnames or ())
            if {"dateday", "hour", "count"} <= columns:
                sales = list(_parsed(path, rows, _hire_sale))
            elif {"product", "quantity"} <= columns and columns & {"time", "ordered_at"}:
                sales = list(_parsed(path, rows, _order_line))
            else:
                raise SalesFileError(f"{path}: the columns are {', '.join(sorted(columns))}; expected {LAYOUTS}")
    except UnicodeDecodeError as error:
        raise SalesFileError(f"{path}: not UTF-8 text: {error}") from error
    except csv.Error as error:
        raise SalesFileError(f"{path}: the columns can't be read: {error}; expected {LAYOUTS}") from error
    if not sales:
        raise SalesFileError(f"{path}: no sale in it")
    return sorted(sales, key=lambda sale: sale.time)


def _parsed(path: Path, rows: csv.DictReader[str], parse: Callable[[dict[str, str]], Sale]) -> Iterator[Sale]:
    while True:
        try:
            row = next(rows, None)
            if row is None:
                return
            sale = parse(row)
        except UnicodeDecodeError:  # of the file, not of the line
            raise
        except (KeyError, TypeError, ValueError, csv.Error) as error:
            raise SalesFileError(f"{path}, line {rows.line_num}: {error}; expected {LAYOUTS}") from error
        yield sale


def _order_line(row: dict[str, str]) -> Sale:
    time = datetime.fromisoformat(row.get("time") or row["ordered_at"])
    return Sale(
        time=time.replace(tzinfo=None),
        bar=BarId(row.get("bar") or NO_BAR),
        product=ProductId((row["product"] or "").strip() or "unnamed"),
        quantity=_number(row["quantity"]),
        order=row.get("order_id") or "",
        unit_price=_number(row.get("unit_price") or "0"),
    )


def _hire_sale(row: dict[str, str]) -> Sale:
    day, month, year = (int(part) for part in (row["dateday"] or "").split("-"))
    time = datetime(year, month, day, int(row["hour"]))  # noqa: DTZ001 - the file has local time, without a zone
    context = {name: _number(row[name]) for name in _CONTEXT_COLUMNS if row.get(name)}
    return Sale(time=time, bar=NO_BAR, product=ProductId("bicycle"), quantity=_number(row["count"]), context=context)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or abs(value) > 1e6:
        raise ValueError(f"{text!r} is not a valid number: at most 1,000,000 on either side of 0 is expected")
    return value
