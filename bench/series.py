"""Cost of a ticket line as the number of series grows: the bars' own work, without Kafka, from 10 series to 10,000."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from bench.measured import Measured, moment
from bench.table import Row, row
from processors.bars.bar import BarState
from schemas.bars import BarSettings, ProductSettings, SaleLine, Ticket

PRODUCTS = ("beer", "water", "cola", "gin-tonic", "burger")
SERIES = (10, 100, 1_000, 10_000)
TICKETS_OF_A_BAR = 12
"""of a bar in each round: whatever the number of bars, each has the same past"""
BATCH = 256
"""tickets after which the rows are written, as in the worker"""
APART = timedelta(seconds=6)
BEGIN = datetime(2026, 7, 4, 20, tzinfo=UTC)


def tickets(bars: int, seed: int = 1) -> Iterator[Ticket]:
    """Return the tickets of a round in order of time, one every six seconds for each bar.

    >>> [(ticket.bar, len(ticket.lines)) for ticket in tickets(2)][:3]
    [('bar-0', 2), ('bar-1', 3), ('bar-0', 4)]
    """
    seeded = random.Random(seed)
    for place in range(TICKETS_OF_A_BAR):
        for bar in range(bars):
            sold = seeded.sample(PRODUCTS, seeded.randint(1, 4))
            yield Ticket(
                id=f"{bar}-{place}",
                bar=f"bar-{bar}",
                till="1",
                time=BEGIN + APART * place,
                lines=tuple(SaleLine(product=one, quantity=1.0) for one in sold),
            )


def measure(*, share: int, say: Callable[[str], None]) -> list[Row]:
    """Book the same number of tickets over an increasing number of series; the reference is the smallest."""
    rounds = SERIES[-1] // share
    found: dict[int, Measured] = {}
    for series in (number for number in SERIES if number <= rounds):
        say(f"series: {series:,}")
        found[series] = _pass(series // len(PRODUCTS), rounds // series)
    least = found[SERIES[0]]
    return [
        row(
            f"bars, {series:,} series",
            "lines/s",
            measured,
            f"the same with {SERIES[0]} series",
            least,
            notes=f"ledger, demand, forecasts and rows, without Kafka; a row a bar and batch of {BATCH} tickets",
        )
        for series, measured in found.items()
        if series != SERIES[0]
    ]


def _pass(bars: int, rounds: int) -> Measured:
    """Measure with new bars each round, so that only their number differs; making tickets is not timed."""
    measured = Measured(events=0, seconds=0.0, cpu_seconds=0.0)
    for number in range(rounds):
        made = list(tickets(bars, number))
        live = {f"bar-{one}": BarState(f"bar-{one}", _plan(f"bar-{one}"), "Europe/Madrid") for one in range(bars)}
        began = moment()
        offset = 0
        for batch in _batches(made):
            for ticket in batch:
                live[ticket.bar].apply_ticket(ticket, offset, ticket.id)
                offset += 1
            for name in {ticket.bar for ticket in batch}:
                live[name].to_row()
        ended = moment()
        measured.events += sum(len(ticket.lines) for ticket in made)
        measured.seconds += ended[0] - began[0]
        measured.cpu_seconds += ended[1] - began[1]
    return measured


def _batches(made: list[Ticket]) -> Iterator[list[Ticket]]:
    for start in range(0, len(made), BATCH):
        yield made[start : start + BATCH]


def _plan(name: str) -> BarSettings:
    return BarSettings(id=name, products=[ProductSettings(id=one, opening_stock=100_000) for one in PRODUCTS])
