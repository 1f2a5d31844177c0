"""Cost of a ticket line as the number of demand series grows from 10 to 10,000: the bars' computation without Kafka."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from bench.comparison_table import ComparisonRow, compare
from bench.run_result import RunResult, read_clocks
from processors.bars.bar import BarState
from schemas.bars import BarSettings, ProductSettings, SaleLine, Ticket
from schemas.ids import BarId, EventId, ProductId

PRODUCTS = tuple(map(ProductId, ("beer", "water", "cola", "gin-tonic", "burger")))
SERIES_NUMBERS = (10, 100, 1_000, 10_000)
TICKETS_OF_A_BAR = 12
"""Tickets of each bar per round, so that every bar has the same history for any number of bars."""
BATCH_SIZE = 256
"""Number of tickets after which the state rows are written, as in the worker."""
TICKET_INTERVAL = timedelta(seconds=6)
FIRST_TICKET_TIME = datetime(2026, 7, 4, 20, tzinfo=UTC)


def tickets(bars: int, seed: int = 1) -> Iterator[Ticket]:
    """Yield the tickets of a round in order of time, one every six seconds for each bar.

    >>> [(ticket.bar, len(ticket.lines)) for ticket in tickets(2)][:3]
    [('bar-0', 2), ('bar-1', 3), ('bar-0', 4)]
    """
    rng = random.Random(seed)
    for index in range(TICKETS_OF_A_BAR):
        for bar in range(bars):
            sold = rng.sample(PRODUCTS, rng.randint(1, 4))
            yield Ticket(
                id=f"{bar}-{index}",
                bar=BarId(f"bar-{bar}"),
                till="1",
                time=FIRST_TICKET_TIME + TICKET_INTERVAL * index,
                lines=tuple(SaleLine(product=product, quantity=1.0) for product in sold),
            )


def measure(*, divisor: int, announce: Callable[[str], None]) -> list[ComparisonRow]:
    """Apply the same number of tickets to growing numbers of series; the reference is the smallest number."""
    rounds = SERIES_NUMBERS[-1] // divisor
    results: dict[int, RunResult] = {}
    for series in (number for number in SERIES_NUMBERS if number <= rounds):
        announce(f"series: {series:,}")
        results[series] = _run_rounds(series // len(PRODUCTS), rounds // series)
    smallest = results[SERIES_NUMBERS[0]]
    return [
        compare(
            f"bars, {series:,} series",
            "lines/s",
            measured,
            f"the same with {SERIES_NUMBERS[0]} series",
            smallest,
            notes=f"ledger, demand, forecasts and rows, without Kafka; a row a bar and batch of {BATCH_SIZE} tickets",
        )
        for series, measured in results.items()
        if series != SERIES_NUMBERS[0]
    ]


def _run_rounds(bars: int, rounds: int) -> RunResult:
    """Run rounds with new bars, so that only their number differs; generating tickets is not timed."""
    measured = RunResult(events=0, seconds=0.0, cpu_seconds=0.0)
    for number in range(rounds):
        round_tickets = list(tickets(bars, number))
        names = [BarId(f"bar-{bar}") for bar in range(bars)]
        bar_states = {name: BarState(name, _bar_settings(name), "Europe/Madrid") for name in names}
        began = read_clocks()
        offset = 0
        for batch in _batches(round_tickets):
            for ticket in batch:
                bar_states[ticket.bar].apply_ticket(ticket, offset, EventId(ticket.id))
                offset += 1
            for name in {ticket.bar for ticket in batch}:
                bar_states[name].to_row()
        ended = read_clocks()
        measured.events += sum(len(ticket.lines) for ticket in round_tickets)
        measured.seconds += ended[0] - began[0]
        measured.cpu_seconds += ended[1] - began[1]
    return measured


def _batches(round_tickets: list[Ticket]) -> Iterator[list[Ticket]]:
    for start in range(0, len(round_tickets), BATCH_SIZE):
        yield round_tickets[start : start + BATCH_SIZE]


def _bar_settings(name: BarId) -> BarSettings:
    return BarSettings(id=name, products=[ProductSettings(id=product, opening_stock=100_000) for product in PRODUCTS])
