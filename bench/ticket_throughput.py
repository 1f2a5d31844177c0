"""Throughput of the bars worker in tickets per second, against Quix Streams and a plain consumer loop."""

from __future__ import annotations

import random
import sysconfig
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from bench.comparison_table import ComparisonRow, compare
from bench.consumer_loop_job import ConsumerLoopJobInput
from bench.reference_job import VENV, run_job
from bench.run_result import BenchError, RunResult
from bench.worker_metrics import measure_worker
from schemas.bars import DEMAND, SALES, DemandForecast, SaleLine, Ticket
from schemas.ids import BarId, ProductId
from stream.local import LocalStack
from stream.runtime.producer import EventProducer
from stream.runtime.topic_reader import read_all

NUM_TICKETS = 20_000
BARS = tuple(map(BarId, ("north", "south", "east")))
PRODUCTS = tuple(map(ProductId, ("beer", "water", "cola", "gin-tonic", "burger")))
TICKET_INTERVAL = timedelta(seconds=0.5)
"""Event time between two tickets: three bars on a busy evening, so each bar is forecast once per 40 tickets."""
FIRST_TICKET_TIME = datetime(2026, 7, 4, 20, tzinfo=UTC)


def tickets(number: int, seed: int = 1) -> list[Ticket]:
    """Return tickets in order of time; the last one of each bar follows a pause, so that it causes a forecast.

    >>> [len(tickets(10)), tickets(10)[-1].bar]
    [10, 'east']
    """
    rng = random.Random(seed)
    generated = []
    for index in range(number):
        closing = index - (number - len(BARS))
        sold = PRODUCTS[:1] if closing >= 0 else rng.sample(PRODUCTS, rng.randint(1, 4))
        ticket = Ticket(
            id=f"bench-{index:06d}",
            bar=BARS[closing] if closing >= 0 else rng.choice(BARS),
            till=f"till-{index % 8}",
            time=FIRST_TICKET_TIME + TICKET_INTERVAL * index + (timedelta(minutes=2) if closing >= 0 else timedelta()),
            lines=tuple(SaleLine(product=one, quantity=float(rng.randint(1, 3)), unit_price=4.5) for one in sold),
        )
        generated.append(ticket)
    return generated


def measure(
    stack: LocalStack,
    *,
    venue: Path,
    number: int,
    peer: bool,
    announce: Callable[[str], None],
    on_progress: Callable[[int], None],
) -> list[ComparisonRow]:
    """Run each reference and then the worker on the same topic, one after the other.

    Raises:
        BenchError: one of them failed, or ended with wrong totals.
    """
    stack.halt("bars")
    sent = tickets(number)
    announce(f"tickets: sending {number:,}")
    _send(stack, sent)
    kafka = str(stack.settings.kafka)
    announce("tickets: plain loop")
    plain = run_job(
        "consumer_loop_job.py",
        ConsumerLoopJobInput(kafka=kafka, topic=SALES.name, partitions=SALES.partitions, tickets=number),
    )
    _agree("the plain loop", sent, plain)
    references = [("confluent-kafka + msgspec + a dict", plain, "kept nowhere, the bare limit")]
    if peer:
        announce("tickets: Quix Streams")
        job = {"kafka": kafka, "topic": SALES.name, "tickets": number, "folder": str(stack.data / "quix")}
        quix = run_job("quix_totals_job.py", job, python=VENV / "bin" / "python")
        _agree("the Quix Streams job", sent, quix)
        announce("tickets: Quix Streams with our bars")
        bars_job = {**job, "folder": str(stack.data / "quix-bars"), "venue": str(venue), "libraries": _libraries()}
        bars = run_job("quix_bars_job.py", bars_job, python=VENV / "bin" / "python")
        _agree("the Quix Streams job with our bars", sent, bars)
        references = [
            (
                "Quix Streams, same work and state",
                bars,
                "the same bars, forecasts and rows, in RocksDB",
            ),
            (
                "Quix Streams, totals alone",
                quix,
                "totals alone, in RocksDB",
            ),
            *references,
        ]
    announce("tickets: bars worker")
    ours = measure_worker(stack, "bars", SALES, number, on_progress)
    ours.tickets, ours.sold = _last_forecasts(stack, sent)
    stack.halt("bars")
    _agree("the bars worker", sent, ours)
    lines = sum(len(ticket.lines) for ticket in sent) / number
    rows = []
    details = (
        f"{ours.events / max(1, ours.batches):.1f} tickets a batch; drops repeats, forecasts each bar once a minute"
    )
    for name, reference, description in references:
        notes = f"ours: {details}; reference: {description}"
        rows.append(compare("bars worker", "tickets/s", ours, name, reference, notes=notes))
        notes = f"the same, {lines:.2f} lines a ticket"
        rows.append(compare("bars worker", "lines/s", ours, name, reference, of_each=lines, notes=notes))
    return rows


def _libraries() -> str:
    """Return the folder of the packages installed for Pulso."""
    return sysconfig.get_paths()["purelib"]


def _send(stack: LocalStack, sent: Sequence[Ticket]) -> None:
    with EventProducer(stack.settings) as producer:
        for one in sent:
            producer.send(SALES, key=one.bar, value=one, id=one.id, source="bench", time=one.time)


def _last_forecasts(
    stack: LocalStack, sent: Sequence[Ticket]
) -> tuple[dict[BarId, int], dict[BarId, dict[ProductId, float]]]:
    """Return the totals at each bar's last ticket, as published by the worker."""
    closing = {ticket.id: ticket.bar for ticket in sent[-len(BARS) :]}
    found: dict[BarId, DemandForecast] = {}
    for message in read_all(stack.settings, DEMAND.name):
        forecast = msgspec.json.decode(message.value() or b"", type=DemandForecast)
        if forecast.event_id in closing:
            found[forecast.bar] = forecast
    return (
        {bar: forecast.tickets for bar, forecast in found.items()},
        {bar: {one.product: one.sold for one in forecast.products} for bar, forecast in found.items()},
    )


def _agree(who: str, sent: Sequence[Ticket], found: RunResult) -> None:
    number: Counter[BarId] = Counter(ticket.bar for ticket in sent)
    sold: dict[BarId, dict[ProductId, float]] = defaultdict(lambda: defaultdict(float))
    for ticket in sent:
        for line in ticket.lines:
            sold[ticket.bar][line.product] += line.quantity
    checks: tuple[tuple[str, Any, Any], ...] = (("tickets", found.tickets, number), ("units sold", found.sold, sold))
    for what, counted, right in checks:
        if counted != right:
            raise BenchError(f"{who} ended with wrong {what}: {counted}; sent were {dict(right)}")
