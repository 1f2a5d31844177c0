"""`pulso stock`: what the bars hold, and what staff report of it, from a terminal."""

from __future__ import annotations

import getpass
import uuid
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from schemas.bars import STOCK, DemandForecast, ProductDemand, StockKind, StockMovement
from stream.features.bars.last_forecasts import last_forecasts
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue

commands = typer.Typer(help="Stock of the bars: show, deliveries, counts, waste, transfers.", no_args_is_help=True)

BarName = Annotated[str, typer.Argument(help="The bar, as in the venue file.")]
ProductName = Annotated[str, typer.Argument(help="The product, as in the venue file.")]
Units = Annotated[float, typer.Argument(min=0, help="Units of the product.")]
By = Annotated[
    str, typer.Option(help="Who reports it.", default_factory=getpass.getuser, show_default="your user name")
]
Note = Annotated[str, typer.Option(help="Anything worth remembering.")]
Packages = Annotated[bool, typer.Option("--packages", help="The number is of packages: kegs, crates.")]
From = Annotated[str | None, typer.Option("--from", help="The bar that it comes from; the store if left out.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="stock")


@commands.command()
def show(bar: Annotated[str | None, typer.Argument(help="One bar; all if left out.")] = None) -> None:
    """What is left, what is on its way, and what to fetch."""
    found = last_forecasts(Settings().connected())
    if bar is not None and bar not in found:
        raise typer.BadParameter(f"nothing was sold at {bar!r} lately; there are {', '.join(found) or 'no bars'}")
    if not found:
        Console().print("No bar has sold anything yet.")
        return
    for name, forecast in found.items():
        if bar in (None, name):
            Console().print(as_table(forecast))


def as_table(forecast: DemandForecast) -> Table:
    """One bar as people read it."""
    table = Table(title=f"{forecast.bar}, {forecast.time:%Y-%m-%d %H:%M} UTC{forecast.time:%z}")
    for heading in ("product", "sold", "left", "coming", "runs out", "fetch", "from", "by", "note"):
        table.add_column(heading, justify="left" if heading in ("product", "from", "note") else "right")
    for one in forecast.products:
        table.add_row(
            one.product,
            f"{one.sold:g}",
            "" if one.stock is None else f"{one.stock:g}",
            f"{one.coming:g}" if one.coming else "",
            "" if one.run_out_probability is None else f"{one.run_out_probability:.0%}",
            f"{one.fetch:g}" if one.fetch else "",
            one.fetch_from or "",
            f"{one.fetch_by:%H:%M}" if one.fetch_by else "",
            _remark(one),
        )
    return table


def _remark(one: ProductDemand) -> str:
    if one.oversold:
        return f"[red]count it[/]: {one.oversold:g} more sold than known"
    if one.along:
        return "goes along"
    return f"{one.missing:g} missing at counts" if one.missing > 0 else ""


def _report(
    kind: StockKind, bar: str, product: str, units: float, *,
    by: str, note: str, other: str | None = None, packages: bool = False,
) -> None:  # fmt: skip
    settings = Settings().connected()
    venue = read_venue(settings.venue)
    plans = {plan.id: plan for plan in venue.bars}
    for name in (bar, other):
        if name is not None and plans and name not in plans:
            raise typer.BadParameter(f"{settings.venue} has no bar {name!r}; it has {', '.join(plans)}")
    known = {one.id: one for one in plans[bar].products} if bar in plans else {}
    if known and product not in known:
        raise typer.BadParameter(f"bar {bar} has no product {product!r}; it has {', '.join(known)}")
    if known and (recipe := known[product].recipe):
        raise typer.BadParameter(f"{product} is mixed: report {', '.join(recipe)}")
    if packages:
        size = known[product].package if known else None
        if size is None:
            raise typer.BadParameter(f"the venue file gives no package of {product}: leave --packages out")
        units *= size
    now = datetime.now(UTC)
    movement = StockMovement(
        id=str(uuid.uuid4()), bar=bar, product=product, kind=kind, quantity=units, time=now, by=by, other=other,
        note=note,
    )  # fmt: skip
    with EventProducer(settings) as producer:
        producer.send(STOCK, key=bar, value=movement, id=movement.id, source=f"cli/{by}", time=now)
    Console().print(f"{kind}: {units:g} {product} at {bar}", highlight=False)


@commands.command()
def count(
    bar: BarName, product: ProductName, units: Units, by: By, note: Note = "", packages: Packages = False
) -> None:
    """Say how many are there now; the ledger follows, and remembers what was missing."""
    _report("count", bar, product, units, by=by, note=note, packages=packages)


@commands.command()
def opening(
    bar: BarName, product: ProductName, units: Units, by: By, note: Note = "", packages: Packages = False
) -> None:
    """Say how many the bar starts with; nothing counts as missing."""
    _report("opening", bar, product, units, by=by, note=note, packages=packages)


@commands.command()
def delivery(
    bar: BarName, product: ProductName, units: Units, by: By, source: From = None, note: Note = "",
    packages: Packages = False,
) -> None:  # fmt: skip
    """A delivery has arrived."""
    _report("delivery", bar, product, units, by=by, note=note, other=source, packages=packages)


@commands.command(name="on-its-way")
def on_its_way(
    bar: BarName, product: ProductName, units: Units, by: By, source: From = None, note: Note = "",
    packages: Packages = False,
) -> None:  # fmt: skip
    """Somebody is fetching it: the notice goes, until it arrives or takes too long."""
    _report("on-its-way", bar, product, units, by=by, note=note, other=source, packages=packages)


@commands.command()
def waste(
    bar: BarName, product: ProductName, units: Units, by: By, note: Note = "", packages: Packages = False
) -> None:
    """Spilt, broken, or given away."""
    _report("waste", bar, product, units, by=by, note=note, packages=packages)


@commands.command()
def transfer(
    bar: BarName, product: ProductName, units: Units, to: Annotated[str, typer.Option(help="The bar that gets it.")],
    by: By, note: Note = "", packages: Packages = False,
) -> None:  # fmt: skip
    """Units leave this bar for another one."""
    _report("transfer", bar, product, units, by=by, note=note, other=to, packages=packages)
