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
from schemas.events import Mail, SaleLine, Ticket
from schemas.topics import DEMAND, MAILS, SALES, TRIAGE
from stream.producer import EventProducer
from stream.reading import read_all
from tests.e2e.conftest import Outside

BARS = ("north", "south", "east")
PRODUCTS = ("beer", "water", "cola", "gin-tonic", "burger")
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
    letters = mails(evening)

    def produce() -> None:
        with EventProducer(outside.settings) as producer:
            for place in range(max(len(known), len(letters))):
                for ticket in known[place : place + 1]:
                    producer.send(SALES, key=ticket.bar, value=ticket, id=ticket.id, source="test", time=ticket.time)
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

    def closed() -> dict[str, object]:
        final = {r.bar: r for _, r in outside.records(DEMAND) if r.time == last}
        return final if len(final) == len(BARS) else {}

    final = outside.wait("a last forecast of every bar", closed)
    for bar in BARS:
        forecast = final[bar]
        assert forecast.tickets == number[bar] + 1, bar  # type: ignore[attr-defined]
        found = {product.product: product.sold for product in forecast.products}  # type: ignore[attr-defined]
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
    assert not outside.dead(MAILS)
