"""`pulso stock`: show the stock of the bars and report movements from a terminal."""

from __future__ import annotations

import getpass
import uuid
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from schemas.bars import STOCK, DemandForecast, ProductDemand, StockKind, StockMovement
from schemas.ids import BarId, ProductId
from stream.features.bars.latest import latest_forecasts
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue
from stream.sources.source_overview import till_clock_lines

commands = typer.Typer(help="Stock of the bars: show, deliveries, counts, waste, transfers.", no_args_is_help=True)

BarName = Annotated[str, typer.Argument(help="The bar, as in the venue file.")]
ProductName = Annotated[str, typer.Argument(help="The product, as in the venue file.")]
Units = Annotated[float, typer.Argument(min=0, help="Units of the product.")]
By = Annotated[
    str, typer.Option(help="Who reports it.", default_factory=getpass.getuser, show_default="your user name")
]
Note = Annotated[str, typer.Option(help="Free text.")]
Packages = Annotated[bool, typer.Option("--packages", help="The number counts packages, such as kegs or crates.")]
From = Annotated[str | None, typer.Option("--from", help="Bar that it comes from; the store if left out.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="stock")


@commands.command()
def show(bar: Annotated[str | None, typer.Argument(help="One bar; all if left out.")] = None) -> None:
    """Show what is left, what is in transit, and what to fetch."""
    forecasts = latest_forecasts(Settings().connected())
    if bar is not None and bar not in forecasts:
        raise typer.BadParameter(
            f"no forecast for bar {bar!r}; there are forecasts for {', '.join(forecasts) or 'none'}"
        )
    if not forecasts:
        Console().print("No bar has sold anything yet.")
        return
    for name, forecast in forecasts.items():
        if bar in (None, name):
            Console().print(as_table(forecast))
            for line in till_clock_lines([forecast]):
                Console(soft_wrap=True).print(f"{line.source}, {line.where}: {line.lacks}", markup=False)
            if forecast.repeated or forecast.renumbered:
                Console(soft_wrap=True).print(
                    f"{forecast.repeated} tickets came again and count once; "
                    f"{forecast.renumbered} with a number that another had count, too"
                )


def as_table(forecast: DemandForecast) -> Table:
    """Return a table of one bar's products."""
    table = Table(title=f"{forecast.bar}, {forecast.time:%Y-%m-%d %H:%M} UTC{forecast.time:%z}")
    for heading in ("product", "sold", "left", "coming", "runs out", "fetch", "from", "by", "note"):
        table.add_column(heading, justify="left" if heading in ("product", "from", "note") else "right")
    for product in forecast.products:
        table.add_row(
            product.product,
            f"{product.sold:g}",
            "" if product.stock is None else f"{product.stock:g}",
            f"{product.coming:g}" if product.coming else "",
            "" if product.run_out_probability is None else f"{product.run_out_probability:.0%}",
            f"{product.fetch:g}" if product.fetch else "",
            product.fetch_from or "",
            f"{product.fetch_by:%H:%M}" if product.fetch_by else "",
            _remark(product),
        )
    return table


def _remark(product: ProductDemand) -> str:
    if product.oversold:
        return f"[red]count it[/]: {product.oversold:g} more sold than in stock"
    if product.along:
        return "goes along"
    return f"{product.missing:g} missing at counts" if product.missing > 0 else ""


def _report(
    kind: StockKind, bar: str, product: str, units: float, *,
    by: str, note: str, other: str | None = None, packages: bool = False,
) -> None:  # fmt: skip
    bar_id, product_id, other_id = BarId(bar), ProductId(product), None if other is None else BarId(other)
    settings = Settings().connected()
    venue = read_venue(settings.venue)
    plans = {plan.id: plan for plan in venue.bars}
    for name in (bar_id, other_id):
        if name is not None and plans and name not in plans:
            raise typer.BadParameter(f"{settings.venue} has no bar {name!r}; it has {', '.join(plans)}")
    products = {product.id: product for product in plans[bar_id].products} if bar_id in plans else {}
    if products and product not in products:
        raise typer.BadParameter(f"bar {bar} has no product {product!r}; it has {', '.join(products)}")
    if products and (recipe := products[product_id].recipe):
        raise typer.BadParameter(f"{product} is mixed from others: report {', '.join(recipe)}")
    if packages:
        size = products[product_id].package if products else None
        if size is None:
            raise typer.BadParameter(f"the venue file has no package size of {product}: leave --packages out")
        units *= size
    now = datetime.now(UTC)
    movement = StockMovement(
        id=str(uuid.uuid4()), bar=bar_id, product=product_id, kind=kind, quantity=units, time=now, by=by,
        other=other_id, note=note,
    )  # fmt: skip
    with EventProducer(settings) as producer:
        producer.send(STOCK, key=bar, value=movement, id=movement.id, source=f"cli/{by}", time=now)
    Console().print(f"{kind}: {units:g} {product} at {bar}", highlight=False)


@commands.command()
def count(
    bar: BarName, product: ProductName, units: Units, by: By, note: Note = "", packages: Packages = False
) -> None:
    """Report a count: the ledger takes it over and records the difference as missing."""
    _report("count", bar, product, units, by=by, note=note, packages=packages)


@commands.command()
def opening(
    bar: BarName, product: ProductName, units: Units, by: By, note: Note = "", packages: Packages = False
) -> None:
    """Report the opening stock; a difference is not recorded as missing."""
    _report("opening", bar, product, units, by=by, note=note, packages=packages)


@commands.command()
def delivery(
    bar: BarName, product: ProductName, units: Units, by: By, source: From = None, note: Note = "",
    packages: Packages = False,
) -> None:  # fmt: skip
    """Report a delivery that has arrived."""
    _report("delivery", bar, product, units, by=by, note=note, other=source, packages=packages)


@commands.command(name="on-its-way")
def on_its_way(
    bar: BarName, product: ProductName, units: Units, by: By, source: From = None, note: Note = "",
    packages: Packages = False,
) -> None:  # fmt: skip
    """Report units in transit: the notice is closed until they arrive or take too long."""
    _report("on-its-way", bar, product, units, by=by, note=note, other=source, packages=packages)


@commands.command()
def waste(
    bar: BarName, product: ProductName, units: Units, by: By, note: Note = "", packages: Packages = False
) -> None:
    """Report waste: spilt, broken or given away."""
    _report("waste", bar, product, units, by=by, note=note, packages=packages)


@commands.command()
def transfer(
    bar: BarName, product: ProductName, units: Units, to: Annotated[str, typer.Option(help="Bar that receives them.")],
    by: By, note: Note = "", packages: Packages = False,
) -> None:  # fmt: skip
    """Report a transfer of units from this bar to another."""
    _report("transfer", bar, product, units, by=by, note=note, other=to, packages=packages)
