"""Tills as they are: a clock that is ahead, numbers that begin anew, tickets sent twice, an aborted transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from confluent_kafka import Producer

from processors.till_tickets import ticket_event_id
from schemas.bars import DEMAND, SALES, DemandForecast, SaleLine, StockMovement, Ticket
from schemas.bars import STOCK as MOVEMENTS
from schemas.cloudevents import Envelope
from stream.runtime.producer import EventProducer
from tests.e2e.conftest import StackClient


def ticket(name: str, bar: str, till: str, time: datetime, units: float = 1) -> Ticket:
    return Ticket(id=name, bar=bar, till=till, time=time, lines=(SaleLine(product="beer", quantity=units),))


def send(producer: EventProducer, *tickets: Ticket) -> None:
    for one in tickets:
        producer.send(SALES, key=one.bar, value=one, id=ticket_event_id(one), source="tills/http", time=one.time)
    producer.flush()


def send_transactions(stack_client: StackClient) -> None:
    """Commit two tickets of ten beers, and abort five."""
    settings = stack_client.settings.librdkafka()
    producer = Producer({**settings, "transactional.id": "bridge", "partitioner": "murmur2_random"})
    producer.init_transactions(30)
    for kind, number in (("good", 2), ("bad", 5)):
        producer.begin_transaction()
        for n in range(number):
            one = ticket(f"{kind}-{n}", "north", "bridge", datetime.now(UTC), 10)
            envelope = Envelope(
                ticket_event_id(one), SALES.event_type, "till/b", one.time, SALES.content_type, one.time
            )
            producer.produce(SALES.name, key=one.bar, value=msgspec.json.encode(one), headers=envelope.headers())
        producer.flush(20)
        producer.commit_transaction(30) if kind == "good" else producer.abort_transaction(30)


@pytest.mark.stack
@pytest.mark.timeout(400)
@pytest.mark.workers("bars", "alerts")
def test_stock_is_right_whatever_tills_send(stack_client: StackClient) -> None:
    now = datetime.now(UTC) - timedelta(seconds=200)
    send_transactions(stack_client)
    numbered = [
        ticket(str(number), "south", till, now + timedelta(seconds=number)) for number in range(20) for till in "12"
    ]
    sold = [ticket(f"s{n}", "north", "1", now + timedelta(seconds=5 * n), 15) for n in range(30)]
    with EventProducer(stack_client.settings) as producer:
        send(producer, *numbered, *numbered[:5])
        send(producer, ticket("ahead", "north", "2", datetime.now(UTC) + timedelta(minutes=55)), *sold)
        for bar in ("north", "south"):  # a forecast at once
            time = datetime.now(UTC)
            movement = StockMovement(
                id=f"m-{bar}", bar=bar, product="water", kind="on-its-way", quantity=1, time=time, by="ana"
            )
            stack_client.wait_for(
                f"the tickets of {bar}",
                lambda bar=bar: any(record.bar == bar for _, record in stack_client.records(DEMAND)),
            )
            producer.send(MOVEMENTS, key=bar, value=movement, id=movement.id, source="test", time=time)
            producer.flush()

    def latest(bar: str) -> DemandForecast | None:
        found = [record for _, record in stack_client.records(DEMAND) if record.bar == bar]
        coming = [one for one in found if any(product.coming for product in one.products)]
        return coming[-1] if coming else None

    south = stack_client.wait_for("south", lambda: latest("south"))
    north = stack_client.wait_for("north", lambda: latest("north"))
    beer = {forecast.bar: forecast.products[0] for forecast in (north, south)}
    assert (south.tickets, beer["south"].sold, south.repeated) == (40, 40, 5)
    assert south.renumbered == 20, "the second till has the numbers of the first"
    assert beer["north"].sold == 2 * 10 + 1 + 30 * 15
    assert north.time <= datetime.now(UTC)
    assert [(clock.till, round(clock.ahead_seconds / 60)) for clock in north.clocks] == [("2", 55)]
    alert = stack_client.wait_for(
        "the notice", lambda: [one for one in stack_client.alerts("bar") if one.rule == "till-clock"]
    )
    assert alert[0].subject == "north/2"
    assert not stack_client.dead_letters(SALES)
