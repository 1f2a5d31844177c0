"""Reader of sales in CSV files: Pulso's own layout, a takeaway's order lines, and hourly bicycle hire with weather."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

from msgspec import Struct, field

from processors.csv_table import CellError, Refusal, Row, TableError, read_table, refusals_text
from schemas.bars import MAX_LINE_UNITS
from schemas.errors import PulsoError
from schemas.ids import BarId, ProductId

NO_BAR = BarId("all")
"""Bar of the sales of a file that names none."""

MAX_NAME = 200
"""Letters of the name of a bar, product or order."""


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
        line: of the file.
    """

    time: datetime
    bar: BarId
    product: ProductId
    quantity: float
    context: dict[str, float] = field(default_factory=dict)
    order: str = ""
    unit_price: float = 0.0
    line: int = 0


class CheckedSales(Struct, frozen=True):
    """Content of a sales file.

    Attributes:
        sales: of the lines that can be used, in the order of their time.
        refused: lines that can't be used.
        notes: what was found out about the file, for people.
    """

    sales: list[Sale]
    refused: list[Refusal]
    notes: tuple[str, ...] = ()


LAYOUTS = (
    "time,bar,product,quantity[,unit_price] or ordered_at,order_id,product,quantity[,unit_price]"
    " or dateday,hour,count[,temp,humidity,windspeed,holiday,weathersit]"
)
"""Columns of the layouts, for error messages."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Characters that no till writes in a name: a quote was opened or closed at a wrong place."""

_CONTEXT_COLUMNS = ("temp", "humidity", "windspeed", "holiday", "workingday", "weathersit")
_NUMBERS = ("quantity", "unit_price", "count", *_CONTEXT_COLUMNS)


def read_sales(path: Path, zone: tzinfo | None = None) -> list[Sale]:
    """Return all sales in the order of their time.

    Args:
        path: CSV file in one of the layouts.
        zone: as for `check_sales`.

    Raises:
        SalesFileError: unknown columns, a line that can't be used, or no sale at all.
    """
    checked = check_sales(path, zone)
    if checked.refused:
        raise SalesFileError(f"{refusals_text(path, checked.refused)}; expected {LAYOUTS}")
    if not checked.sales:
        raise SalesFileError(f"{path}: no sale in it")
    return checked.sales


def check_sales(path: Path, zone: tzinfo | None = None) -> CheckedSales:
    """Return the sales of all lines that can be used, and those that can't.

    Args:
        path: CSV file in one of the layouts.
        zone: time zone to which times with an offset from UTC are converted; that of the first such time where None,
            so that the hours of the day stay those of the place.

    Raises:
        SalesFileError: the file is not a table with the columns of a layout.
    """
    try:
        table = read_table(path, numbers=_NUMBERS)
    except TableError as error:
        raise SalesFileError(f"{error}; expected {LAYOUTS}") from error
    columns, parse = set(table.columns), _order_line
    if {"dateday", "hour", "count"} <= columns:
        parse = _hire_sale
    elif not ({"product", "quantity"} <= columns and columns & {"time", "ordered_at"}):
        raise SalesFileError(f"{path}: the columns are {', '.join(sorted(columns))}; expected {LAYOUTS}")
    sales, refused = _parsed(table.rows, parse, zone)
    return CheckedSales(sorted(sales, key=lambda sale: sale.time), refused, table.notes)


def _parsed(
    rows: tuple[Row, ...], parse: Callable[[Row], Sale], zone: tzinfo | None
) -> tuple[list[Sale], list[Refusal]]:
    sales: list[Sale] = []
    refused: list[Refusal] = []
    broken: set[tuple[str, str]] = set()
    for row in rows:
        try:
            row.check_length()
            sale = parse(row)
        except CellError as error:
            refused.append(Refusal(row.line, str(error)))
            broken.add(_order_of(row))
            continue
        if sale.time.tzinfo is not None:
            zone = zone or sale.time.tzinfo
            try:
                sale = _with_local_time(sale, zone)
            except OverflowError:  # the first and the last day that Python knows
                refused.append(Refusal(row.line, f"the time {sale.time.isoformat()} can't be converted"))
                continue
        sales.append(sale)
    # Part of an order would be booked as another ticket, and again with the rest once the file is mended.
    parts = {row.line for row in rows if _order_of(row) in broken and row.text("order_id", "")}
    refused += [Refusal(sale.line, "another line of its order can't be used") for sale in sales if sale.line in parts]
    return [sale for sale in sales if sale.line not in parts], sorted(refused, key=lambda refusal: refusal.line)


def _order_of(row: Row) -> tuple[str, str]:
    return row.text("order_id", ""), row.text("time", row.text("ordered_at", ""))


def _with_local_time(sale: Sale, zone: tzinfo) -> Sale:
    return Sale(
        sale.time.astimezone(zone).replace(tzinfo=None), sale.bar, sale.product, sale.quantity, sale.context,
        sale.order, sale.unit_price, sale.line,
    )  # fmt: skip


def _order_line(row: Row) -> Sale:
    quantity = row.number("quantity", limit=MAX_LINE_UNITS)
    price = row.number("unit_price", "0")
    if price < 0 < quantity:
        raise CellError(f"unit_price {price:g} is negative: a refund has a negative quantity")
    return Sale(
        time=row.time("time" if row.text("time", "") or "ordered_at" not in row.cells else "ordered_at"),
        bar=BarId(_name(row, "bar", NO_BAR)),
        product=ProductId(_name(row, "product")),
        quantity=quantity,
        order=_name(row, "order_id", ""),
        unit_price=abs(price),
        line=row.line,
    )


def _hire_sale(row: Row) -> Sale:
    text = row.text("dateday")
    hour = row.number("hour")
    try:
        day, month, year = (int(part) for part in text.split("-"))
        time = datetime(year, month, day, int(hour))  # noqa: DTZ001 - the file has local time, without a zone
    except ValueError as error:
        raise CellError(f"dateday {text[:40]!r} and hour {hour:g} are not DD-MM-YYYY and 0 to 23") from error
    context = {name: row.number(name) for name in _CONTEXT_COLUMNS if row.text(name, "")}
    return Sale(
        time=time, bar=NO_BAR, product=ProductId("bicycle"), quantity=row.number("count", limit=MAX_LINE_UNITS),
        context=context, line=row.line,
    )  # fmt: skip


def _name(row: Row, column: str, default: str | None = None) -> str:
    text = row.text(column, default)
    if len(text) > MAX_NAME:
        raise CellError(f"{column} has {len(text)} letters; at most {MAX_NAME} are expected")
    if _CONTROL.search(text):
        raise CellError(f"{column} {text[:40]!r} has a line break or control character in it")
    return text
