"""SIGKILL at any moment: every total stays exact, every alert is raised once."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta

import msgspec
import pytest

from processors.support.desk import Stored
from schemas.events import Mail, SaleLine, StockMovement, Ticket
from schemas.results import DemandForecast
from schemas.topics import DEMAND, MAILS, SALES, STOCK, TRIAGE
from stream.producer import EventProducer
from stream.reading import read_all
from stream.settings import ROOT
from stream.venue_file import read_venue
from tests.e2e.conftest import Outside

BARS = ("north", "south", "east")
PRODUCTS = ("beer", "water", "cola", "gin-tonic", "burger")
DEMO = ROOT / "deploy" / "venues" / "demo.yaml"
TICKETS = 1500
MAIL_TEXTS = (
    "¿A qué hora abren las puertas?", "What time do doors open?", "Quiero que me devolváis el dinero",
    "I'd like a refund for my ticket", "¿Dónde puedo aparcar?", "Where can I park the car?",
    "La recarga de la pulsera ha fallado", "My wristband top-up failed",
)  # fmt: skip
MAILS_SENT = 240
URGENT_EVERY = 40


def tickets(evening: datetime) -> list[Ticket]:
    """A known set, in order of time, refunds among them; a tenth is sent twice by a till that got no answer."""
    seeded = random.Random(5)
    made = []
    for number in range(TICKETS):
        lines = tuple(
            SaleLine(product=product, quantity=float(seeded.choice((1, 1, 1, 2, 3, -1))), unit_price=4.5)
            for product in seeded.sample(PRODUCTS, seeded.randint(1, 3))
        )
        ticket = Ticket(
            id=f"t{number}", bar=seeded.choice(BARS), till=f"till-{number % 4}",
            time=evening + timedelta(seconds=2 * number), lines=lines,
        )  # fmt: skip
        made.append(ticket)
        if number % 10 == 0:
            made.append(ticket)
    return made


def movements(evening: datetime) -> dict[int, list[StockMovement]]:
    """By the number of the ticket that they follow; a third is pressed twice. Counts end on a tick of ten seconds."""
    seeded = random.Random(7)
    made: dict[int, list[StockMovement]] = {}
    for number in range(4, TICKETS, 15):
        bar = seeded.choice(BARS)
        kind = seeded.choice(("delivery", "delivery", "waste", "transfer", "count"))
        other = seeded.choice([one for one in BARS if one != bar])
        movement = StockMovement(
            id=f"s{number}", bar=bar, product=seeded.choice(PRODUCTS), kind=kind,  # type: ignore[arg-type]
            quantity=float(seeded.randint(0, 60)), time=evening + timedelta(seconds=2 * number), by="ana",
            other=other if kind == "transfer" or (kind == "delivery" and seeded.random() < 0.5) else None,
        )  # fmt: skip
        made[number] = [movement] * (1 + int(seeded.random() < 0.33))
    return made


def stock_after(known: list[Ticket], moved: list[StockMovement], opening: dict[tuple[str, str], float]) -> dict[
    tuple[str, str], float
]:  # fmt: skip
    """What a plain sum over time says: a count, and what moved after its ten seconds."""
    flows: list[tuple[datetime, str, str, float]] = [
        (ticket.time, ticket.bar, line.product, -line.quantity) for ticket in known for line in ticket.lines
    ]
    for one in moved:
        if one.kind == "count":
            continue
        arrives = 1 if one.kind == "delivery" else -1
        flows.append((one.time, one.bar, one.product, arrives * one.quantity))
        if one.other is not None:
            flows.append((one.time, one.other, one.product, -arrives * one.quantity))
    left = dict(opening)
    since: dict[tuple[str, str], int] = {}
    for one in moved:
        if one.kind == "count":
            left[one.bar, one.product] = one.quantity
            since[one.bar, one.product] = int(one.time.timestamp() // 10)
    for time_, bar, product, units in flows:
        if time_.timestamp() // 10 > since.get((bar, product), 0):
            left[bar, product] += units
    return left


def mails(evening: datetime) -> list[Mail]:
    """Everyday requests, and now and then a cry for help."""
    return [
        Mail(
            id=f"m{number}", thread=f"thread-{number}", time=evening + timedelta(seconds=10 * number),
            subject="" if number % 3 else "Pregunta",
            text="Hay una pelea junto a la barra, venid" if number % URGENT_EVERY == 0 else MAIL_TEXTS[number % 8],
        )
        for number in range(MAILS_SENT)
    ]  # fmt: skip


@pytest.mark.stack
@pytest.mark.timeout(420)
@pytest.mark.workers("bars", "support", "alerts")
def test_totals_are_exact_and_alerts_come_once_after_many_kills(outside: Outside, evening: datetime) -> None:
    sold: dict[str, Counter[str]] = defaultdict(Counter)
    number: Counter[str] = Counter()
    known = tickets(evening)
    for ticket in {ticket.id: ticket for ticket in known}.values():
        number[ticket.bar] += 1
        for line in ticket.lines:
            sold[ticket.bar][line.product] += int(line.quantity)
    letters, moves = mails(evening), movements(evening)

    def produce() -> None:
        with EventProducer(outside.settings) as producer:
            for place in range(max(len(known), len(letters))):
                for ticket in known[place : place + 1]:
                    producer.send(SALES, key=ticket.bar, value=ticket, id=ticket.id, source="test", time=ticket.time)
                for movement in moves.get(place, []):
                    producer.send(
                        STOCK, key=movement.bar, value=movement, id=movement.id, source="test", time=movement.time
                    )
                for mail in letters[place : place + 1]:
                    producer.send(MAILS, key=mail.thread, value=mail, id=mail.id, source="test", time=mail.time)
                time.sleep(0.012)

    sender = threading.Thread(target=produce)
    sender.start()
    seeded = random.Random(11)
    kills = 0
    while sender.is_alive() or kills < 9:
        name = seeded.choice(("bars", "support", "alerts"))
        outside.stack.kill(name)
        kills += 1
        outside.stack.restart(name)
        time.sleep(seeded.uniform(0.0, 1.5))
        if kills >= 14:
            break
    sender.join()

    last = evening + timedelta(seconds=2 * TICKETS + 120)
    with EventProducer(outside.settings) as producer:
        for bar in BARS:
            closing = Ticket(
                id=f"last-{bar}", bar=bar, till="1", time=last, lines=(SaleLine(product="beer", quantity=0),)
            )
            producer.send(SALES, key=bar, value=closing, id=closing.id, source="test", time=last)

    moved = [several[0] for several in moves.values()]
    opening = {(bar.id, one.id): one.opening_stock or 0.0 for bar in read_venue(DEMO).bars for one in bar.products}
    left = stock_after(list({ticket.id: ticket for ticket in known}.values()), moved, opening)
    assert any(one.kind == "count" for one in moved)
    assert any(one.kind == "transfer" for one in moved)

    def exact() -> bool:
        """The last movement of the other bar travels through Kafka once more, so the end comes a little later."""
        newest: dict[str, DemandForecast] = {record.bar: record for _, record in outside.records(DEMAND)}
        return {
            (bar, one.product): (one.stock or 0.0) - one.oversold
            for bar, forecast in newest.items() for one in forecast.products
        } == left  # fmt: skip

    def closed() -> dict[str, DemandForecast]:
        final = {r.bar: r for _, r in outside.records(DEMAND) if r.time >= last and r.tickets == number[r.bar] + 1}
        return final if len(final) == len(BARS) else {}

    final = outside.wait("a last forecast of every bar", closed)
    outside.wait("exact stock of every bar and product", exact)
    for bar in BARS:
        found = {product.product: product.sold for product in final[bar].products}
        assert found == {product: sold[bar][product] for product in PRODUCTS}, bar

    triaged = outside.wait(
        "every mail triaged",
        lambda: (ids := {r.message for _, r in outside.records(TRIAGE)}) and len(ids) >= MAILS_SENT,
    )
    assert triaged
    changelog = "pulso-support-support-desk-changelog"
    rows = [message.value() for message in read_all(outside.settings, changelog)]
    desk = msgspec.json.decode(rows[-1] or b"", type=Stored)
    assert desk.mails == MAILS_SENT
    assert sum(cluster.size for cluster in desk.clusters.kept) == MAILS_SENT

    cries = {f"mail-urgent/m{place}" for place in range(0, MAILS_SENT, URGENT_EVERY)}
    outside.wait("every cry for help in Redis", lambda: cries <= {alert.key for alert in outside.alerts("security")})
    for audience in ("security", "bar", "support"):
        steps = Counter((alert.id, alert.version) for alert in outside.alerts(audience))
        assert all(times == 1 for times in steps.values()), [step for step, times in steps.items() if times > 1]
    raised = [a.key for a in outside.alerts("security") if a.state == "raised" and a.rule == "mail-urgent"]
    assert sorted(raised) == sorted(cries)
    assert not outside.dead(SALES)
    assert not outside.dead(STOCK)
    assert not outside.dead(MAILS)
