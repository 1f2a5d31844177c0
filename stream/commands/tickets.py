"""`pulso tickets learn`, `forecast` and `replay`, and `pulso evaluate tickets`: ticket sales and their forecast."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from schemas.tickets import TICKETS, TicketForecast
from stream.commands.evaluation_report import GateFile, Json, data_argument, measure
from stream.commands.source import MAX_REFUSALS_SHOWN, Port, connected_settings, run_sources
from stream.commands.tables import folding_table, print_output
from stream.runtime.venue_file import read_venue

if TYPE_CHECKING:
    from processors.tickets.orders_file import CheckedOrders

commands = typer.Typer(help="Ticket sales: learn past events, forecast, replay orders.", no_args_is_help=True)

History = Annotated[Path, typer.Option(dir_okay=False, help="File of the learnt events.")]
HISTORY = Path("data/tickets.json")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="tickets")


@commands.command()
def learn(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="CSV of finished events: event, days_before, sold, final; type, date and capacity where known.",
        ),
    ],
    history: History = HISTORY,
) -> None:
    """Add finished events to those that forecasts compare with; an event that is learnt again is replaced."""
    from processors.tickets.curves import read_curves  # noqa: PLC0415
    from processors.tickets.history import merged, read_history, write_history  # noqa: PLC0415

    learnt = read_curves(file)
    curves = merged(read_history(history), learnt)
    write_history(history, curves)
    typer.echo(f"{len(learnt)} events learnt; {history} has {len(curves)}")


@commands.command()
def forecast(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="CSV of events on sale: event, days_before, sold; type and capacity where known.",
        ),
    ],
    history: History = HISTORY,
    as_json: Json = False,
) -> None:
    """Forecast the final number of each event on sale, with a 90 % interval, at its last observation."""
    from processors.tickets.curves import read_curves  # noqa: PLC0415
    from processors.tickets.forecast import forecast as forecast_one  # noqa: PLC0415
    from processors.tickets.history import read_history  # noqa: PLC0415

    past = read_history(history)
    forecasts = [forecast_one(curve, past) for curve in read_curves(file, finished=False)]
    if as_json:
        typer.echo(msgspec.json.encode(forecasts).decode())
        return
    names = ("event", "type", "days before", "sold", "final", "90 % interval", "pace", "sell-out", "like events")
    table = folding_table(*names)
    for one in forecasts:
        table.add_row(*_cells(one))
    print_output(table)


@commands.command()
def replay(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="CSV of orders: event, type, quantity, price, time; id, currency and channel where known.",
        ),
    ],
    metrics_port: Port = 0,
) -> None:
    """Send the orders of a file with their own times; exit 2 where lines were refused."""
    from processors.tickets.orders_file import read_orders  # noqa: PLC0415
    from stream.sources.order_replay import OrderReplay  # noqa: PLC0415

    settings = connected_settings()
    venue = read_venue(settings.venue)
    checked = read_orders(file, venue.section(TICKETS).events, ZoneInfo(venue.timezone), datetime.now(UTC))
    for line in order_summary(file, checked):
        typer.echo(line)
    if checked.orders:
        run_sources([OrderReplay(file.stem, checked.orders)], settings, metrics_port)
    if checked.refused:
        raise typer.Exit(2)


def order_summary(file: Path, checked: CheckedOrders) -> Iterator[str]:
    """Yield the lines that tell people what of a file is sent, what is not, and why."""
    yield from checked.notes
    refunds = sum(order.quantity < 0 for order in checked.orders)
    tickets = sum(order.quantity for order in checked.orders)
    yield (
        f"{file}: {len(checked.orders)} orders accepted, {refunds} of them refunds, {tickets} tickets in sum; "
        f"{len(checked.refused)} lines refused"
    )
    yield from (f"{file}, {refusal}" for refusal in checked.refused[:MAX_REFUSALS_SHOWN])
    if (more := len(checked.refused) - MAX_REFUSALS_SHOWN) > 0:
        yield f"… and {more} more"


def _cells(one: TicketForecast) -> tuple[str, ...]:
    sell_out = "–" if one.sell_out_chance is None else f"{100 * one.sell_out_chance:.0f} %"
    if one.sell_out_days_before is not None:
        sell_out += f", {one.sell_out_days_before} days before"
    return (
        one.event,
        one.type,
        str(one.days_before),
        f"{one.sold:.0f}",
        f"{one.final:.0f}",
        f"{one.low:.0f} to {one.high:.0f}",
        "–" if one.pace is None else f"× {one.pace:.2f}",
        sell_out,
        str(one.like_events),
    )


def tickets(
    events: Annotated[
        Path,
        data_argument(
            "CSV of finished events: event, days_before, sold, final, and date where known; or a line for each "
            "departure with 0_SeatsSold_sum, 1_SeatsSold_sum, …"
        ),
    ],
    days: Annotated[str, typer.Option(help="Days before the event that are measured.")] = "30,14,7",
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Ticket forecasts: WAPE of the blend and of each single method by days before, and coverage of the interval."""
    from processors.tickets.evaluation import evaluate  # noqa: PLC0415

    try:
        asked = [int(text) for text in days.split(",")]
    except ValueError as error:
        raise typer.BadParameter("--days must be whole numbers, such as 30,14,7") from error
    if min(asked) < 0:
        raise typer.BadParameter("--days must be 0 or more")
    measure("tickets", lambda progress: evaluate(events, asked, progress), as_json, gate)
