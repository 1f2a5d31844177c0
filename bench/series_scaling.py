"""Cost of a ticket line as the number of demand series grows from 10 to 10,000: the bars' computation without Kafka."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from bench.comparison_table import ComparisonRow, compare
from bench.run_result import RunResult, read_clocks
from processors.bars.bar import BarState
from schemas.bars import BarSettings, ProductSettings, SaleLine, Ticket

PRODUCTS = ("beer", "water", "cola", "gin-tonic", "burger")
SERIES = (10, 100, 1_000, 10_000)
TICKETS_OF_A_BAR = 12
"""Tickets of each bar per round, so that every bar has the same history for any number of bars."""
BATCH = 256
"""Number of tickets after which the state rows are written, as in the worker."""
APART = timedelta(seconds=6)
BEGIN = datetime(2026, 7, 4, 20, tzinfo=UTC)


def tickets(bars: int, seed: int = 1) -> Iterator[Ticket]:
    """Yield the tickets of a round in order of time, one every six seconds for each bar.

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


def measure(*, share: int, announce: Callable[[str], None]) -> list[ComparisonRow]:
    """Apply the same number of tickets to growing numbers of series; the reference is the smallest number."""
    rounds = SERIES[-1] // share
    found: dict[int, RunResult] = {}
    for series in (number for number in SERIES if number <= rounds):
        announce(f"series: {series:,}")
        found[series] = _pass(series // len(PRODUCTS), rounds // series)
    least = found[SERIES[0]]
    return [
        compare(
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


def _pass(bars: int, rounds: int) -> RunResult:
    """Run rounds with new bars, so that only their number differs; generating tickets is not timed."""
    measured = RunResult(events=0, seconds=0.0, cpu_seconds=0.0)
    for number in range(rounds):
        made = list(tickets(bars, number))
        live = {f"bar-{one}": BarState(f"bar-{one}", _plan(f"bar-{one}"), "Europe/Madrid") for one in range(bars)}
        began = read_clocks()
        offset = 0
        for batch in _batches(made):
            for ticket in batch:
                live[ticket.bar].apply_ticket(ticket, offset, ticket.id)
                offset += 1
            for name in {ticket.bar for ticket in batch}:
                live[name].to_row()
        ended = read_clocks()
        measured.events += sum(len(ticket.lines) for ticket in made)
        measured.seconds += ended[0] - began[0]
        measured.cpu_seconds += ended[1] - began[1]
    return measured


def _batches(made: list[Ticket]) -> Iterator[list[Ticket]]:
    for start in range(0, len(made), BATCH):
        yield made[start : start + BATCH]


def _plan(name: str) -> BarSettings:
    return BarSettings(id=name, products=[ProductSettings(id=one, opening_stock=100_000) for one in PRODUCTS])
