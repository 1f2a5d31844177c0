"""`pulso forecast`: forecast of a bar's evening, in the terminal and as a picture, also for a changed context."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from schemas.ids import ProductId
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue

if TYPE_CHECKING:
    from processors.bars.bar import BarState
    from processors.bars.demand_curve import ContextChange, DemandPoint

BLOCKS = " ▁▂▃▄▅▆▇█"
SHOWN_DRIVERS = 3


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(forecast)


def forecast(
    bar: Annotated[str | None, typer.Argument(help="One bar; all if left out.")] = None,
    product: Annotated[str | None, typer.Option(help="One product; all if left out.")] = None,
    heatwave: Annotated[float | None, typer.Option(help="What if it were warmer by this number of degrees.")] = None,
    act_delayed: Annotated[
        float | None, typer.Option(min=1, help="What if no act came on stage for this number of minutes.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Also write a picture: a .png, .svg or .pdf; one bar only.")
    ] = None,
) -> None:
    """Show expected demand by quarter of an hour with its 90 % interval, the remaining stock, and the main drivers."""
    from stream.features.bars.latest import latest_bars  # noqa: PLC0415 - takes a second to import

    settings = Settings().connected()
    venue = read_venue(settings.venue)
    bars = latest_bars(settings, venue)
    if bar is not None and bar not in bars:
        raise typer.BadParameter(f"no state of bar {bar!r}; there are states of {', '.join(bars) or 'none'}")
    if picture is not None and bar is None:
        raise typer.BadParameter("--picture needs the name of one bar")
    zone, chosen = ZoneInfo(venue.timezone), None if product is None else ProductId(product)
    for name, one in bars.items():
        if bar in (None, name) and one.clock is not None:
            _show(one, one.clock.astimezone(zone), chosen, _change(one, heatwave, act_delayed), picture)


def _change(bar: BarState, heatwave: float | None, act_delayed: float | None) -> ContextChange | None:
    """Return the changed context; its features are those of `stream.features.bars.venue_context`."""
    from processors.bars.demand_curve import ContextChange  # noqa: PLC0415 - takes a second to import

    if heatwave is None and act_delayed is None:
        return None
    known, context = bar.demand.context, {}
    if heatwave is not None:
        if "temperature" not in known:
            raise typer.BadParameter(
                f"bar {bar.name} has learnt nothing of temperatures: venue.context has none for its zone"
            )
        context["temperature"] = known["temperature"] + heatwave / 10
    if act_delayed is not None:
        if "on_stage" not in known:
            raise typer.BadParameter(f"bar {bar.name} has learnt nothing of acts: venue.context has none for its zone")
        context["on_stage"] = 0.0
    return ContextChange(context, act_delayed if heatwave is None else None)


def _show(
    bar: BarState, at: datetime, product: ProductId | None, change: ContextChange | None, picture: Path | None
) -> None:
    from processors.bars.demand_curve import demand_curve  # noqa: PLC0415 - takes a second to import

    until = bar.closes(at)
    names = [name for name in bar.products if product in (None, name)]
    if not names:
        raise typer.BadParameter(f"bar {bar.name} has no product {product!r}; it has {', '.join(bar.products)}")
    curves = {name: demand_curve(bar.demand, name, at, until, bar.stock(name)) for name in names}
    curves = {name: points for name, points in curves.items() if points}
    changed = (
        {name: demand_curve(bar.demand, name, at, until, bar.stock(name), change) for name in curves} if change else {}
    )
    title = f"{bar.name}, {at:%Y-%m-%d %H:%M}, until {until.astimezone(at.tzinfo):%H:%M}"
    console = Console()
    console.print(as_table(title, bar, curves, changed))
    if product is not None and product in curves:
        console.print(_slots(curves[product], changed.get(product)))
    if picture is not None:
        from stream.features.bars.forecast_picture import draw  # noqa: PLC0415 - takes a second to import

        try:
            draw(picture, title, curves, changed, {name: bar.stock(name) for name in curves})
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        console.print(f"written: {picture}", highlight=False)


def as_table(
    title: str,
    bar: BarState,
    curves: dict[ProductId, list[DemandPoint]],
    changed: dict[ProductId, list[DemandPoint]] | None = None,
) -> Table:
    """Return a table with a line for each product: next hour, whole evening, stock, curve and drivers."""
    from processors.bars.demand_curve import demand_drivers  # noqa: PLC0415 - takes a second to import

    table = Table(title=title)
    for heading in ("product", "next hour", "90 %", "to the end", "left", "empty at", "curve", "drivers"):
        table.add_column(heading, justify="left" if heading in ("product", "curve", "drivers") else "right")
    if changed:
        table.add_column("what if", justify="right")
    for name, points in curves.items():
        hour = bar.demand.forecast(name)[-1]
        stock = bar.stock(name)
        reasons = [
            f"{driver} {share:+.0%}" for driver, share in list(demand_drivers(bar.demand, name).items())[:SHOWN_DRIVERS]
        ]
        cells = [
            name,
            f"{hour.mean:.0f}",
            f"{hour.p05:.0f}-{hour.p95:.0f}",
            f"{sum(point.mean for point in points):.0f}",
            "" if stock is None else f"{stock:g}",
            _empty_at(points),
            sparkline([point.mean for point in points]),
            ", ".join(reasons),
        ]
        if changed:
            cells.append(f"{sum(point.mean for point in changed[name]):.0f}")
        table.add_row(*cells)
    return table


def _slots(points: Sequence[DemandPoint], changed: Sequence[DemandPoint] | None) -> Table:
    table = Table("from", "expected", "90 %", "left")
    if changed:
        table.add_column("what if")
    for number, point in enumerate(points):
        cells = [
            f"{point.start:%H:%M}",
            f"{point.mean:.1f}",
            f"{point.p05:.0f}-{point.p95:.0f}",
            "" if point.left is None else f"{point.left:.0f}",
        ]
        table.add_row(*cells, *([f"{changed[number].mean:.1f}"] if changed else []))
    return table


def _empty_at(points: Sequence[DemandPoint]) -> str:
    return next((f"{point.start:%H:%M}" for point in points if point.left is not None and point.left <= 0), "")


def sparkline(values: Sequence[float]) -> str:
    """Return a curve of block characters, scaled to the highest value.

    >>> sparkline([0, 1, 2, 4])
    ' ▂▄█'
    """
    most = max(values, default=0.0)
    return "".join(BLOCKS[round(value / most * (len(BLOCKS) - 1))] if most > 0 else " " for value in values)
