"""The broker and Redis stop and come back: nothing is lost, nothing is told twice."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timedelta

import pytest

from schemas.events import SaleLine, Ticket
from schemas.results import CrowdCount, ZoneCount
from schemas.topics import CROWD, DEMAND, SALES
from stream.producer import EventProducer
from tests.e2e.conftest import Outside


def ticket(number: int, evening: datetime) -> Ticket:
    lines = (SaleLine(product="water", quantity=2),)
    return Ticket(id=f"t{number}", bar="north", till="1", time=evening + timedelta(minutes=number), lines=lines)


def crowded(number: int, evening: datetime) -> CrowdCount:
    return CrowdCount(
        event_id=f"e{number}", camera="front-left", time=evening + timedelta(seconds=30 * number), persons=600,
        zones=(ZoneCount(zone="front", persons=600, density=6.0),), model="test",
    )  # fmt: skip


@pytest.mark.stack
@pytest.mark.workers("bars", "alerts")
def test_the_broker_stops_and_comes_back(outside: Outside, evening: datetime) -> None:
    with EventProducer(outside.settings) as producer:
        for number in range(40):
            if number == 20:
                outside.stack.halt("kafka")
                time.sleep(3)
                outside.stack.restart("kafka", wait=False)
            one = ticket(number, evening)
            producer.send(SALES, key="north", value=one, id=one.id, source="test", time=one.time)

    def last() -> int:
        return max((record.tickets for _, record in outside.records(DEMAND)), default=0) if outside else 0

    outside.wait("all tickets counted", lambda: last() == 40)
    final = max((record for _, record in outside.records(DEMAND)), key=lambda record: record.tickets)
    assert {p.product: p.sold for p in final.products}["water"] == 80


@pytest.mark.stack
@pytest.mark.workers("alerts")
def test_redis_stops_and_comes_back(outside: Outside, evening: datetime) -> None:
    outside.stack.halt("redis")
    with EventProducer(outside.settings) as producer:
        for number in range(6):
            one = crowded(number, evening)
            producer.send(CROWD, key="front-left", value=one, id=one.event_id, source="test", time=one.time)
    time.sleep(3)
    outside.stack.restart("redis")
    found = outside.wait("the alert in Redis", lambda: [a for a in outside.alerts("security") if a.state == "raised"])
    assert "crowd-density/front/front-left" in {alert.key for alert in found}
    steps = Counter((alert.id, alert.version) for alert in outside.alerts("security"))
    assert max(steps.values()) == 1
