"""Generated inputs of every kind during a fault, with their expected outcomes."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass, field
from datetime import datetime

import cv2
import numpy as np
import soundfile

from schemas.attendance import AttendanceChange
from schemas.bars import SaleLine, StockMovement, Ticket
from schemas.support import Mail

BARS = ("north", "south", "east")
PRODUCTS = ("beer", "water", "cola", "gin-tonic", "burger")
MAIL_TEXTS = (
    "¿A qué hora abren las puertas?", "What time do doors open?", "Quiero que me devolváis el dinero",
    "I'd like a refund for my ticket", "¿Dónde puedo aparcar?", "Where can I park the car?",
    "La recarga de la pulsera ha fallado", "My wristband top-up failed",
)  # fmt: skip
URGENT_TEXT = "Hay una pelea junto a la barra, venid"
URGENT_EVERY = 20


@dataclass
class OfferedInputs:
    """All inputs sent, in order."""

    tickets: list[Ticket] = field(default_factory=list)
    movements: list[StockMovement] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    changes: list[AttendanceChange] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    undecodable: set[str] = field(default_factory=set)
    """Ids of frames and fragments whose bytes cannot be decoded."""
    expected_dead: set[str] = field(default_factory=set)
    """Ids of tickets and mails whose clock skew must send them to the dead-letter topic."""
    repeated: int = 0
    """Number of tickets sent twice, as by a till without a response."""

    @property
    def urgent_alert_keys(self) -> set[str]:
        """Keys of the alerts that the urgent mails must raise."""
        return {
            f"mail-urgent/{mail.id}"
            for mail in self.mails
            if mail.text == URGENT_TEXT and mail.id not in self.expected_dead
        }


def make_ticket(number: int, moment: datetime, seed: int) -> Ticket:
    """Return a ticket of a random bar; some of its lines are refunds."""
    rng = random.Random(f"ticket {seed} {number}")
    lines = tuple(
        SaleLine(product=product, quantity=float(rng.choice((1, 1, 1, 2, 3, -1))), unit_price=4.5)
        for product in rng.sample(PRODUCTS, rng.randint(1, 3))
    )
    return Ticket(id=f"t{number}", bar=rng.choice(BARS), till=f"till-{number % 4}", time=moment, lines=lines)


def make_movement(number: int, moment: datetime, seed: int) -> StockMovement:
    """Return a stock movement as staff report it."""
    rng = random.Random(f"movement {seed} {number}")
    bar = rng.choice(BARS)
    kind = rng.choice(("delivery", "delivery", "waste", "transfer", "count"))
    other = rng.choice([bar_id for bar_id in BARS if bar_id != bar])
    return StockMovement(
        id=f"s{number}", bar=bar, product=rng.choice(PRODUCTS), kind=kind,  # type: ignore[arg-type]
        quantity=float(rng.randint(0, 60)), time=moment, by="ana",
        other=other if kind == "transfer" or (kind == "delivery" and rng.random() < 0.5) else None,
    )  # fmt: skip


def stock_after(offered: OfferedInputs, opening: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Return the expected stock by bar and product: the last count plus the movements after its ten seconds."""
    flows = [
        (ticket.time, ticket.bar, line.product, -line.quantity)
        for ticket in offered.tickets
        if ticket.id not in offered.expected_dead
        for line in ticket.lines
    ]
    stock = dict(opening)
    counted_at: dict[tuple[str, str], int] = {}
    for movement in offered.movements:
        if movement.kind == "count":
            stock[movement.bar, movement.product] = movement.quantity
            counted_at[movement.bar, movement.product] = int(movement.time.timestamp() // 10)
            continue
        sign = 1 if movement.kind == "delivery" else -1
        flows.append((movement.time, movement.bar, movement.product, sign * movement.quantity))
        if movement.other is not None:
            flows.append((movement.time, movement.other, movement.product, -sign * movement.quantity))
    for moment, bar, product, units in flows:
        if moment.timestamp() // 10 > counted_at.get((bar, product), 0):
            stock[bar, product] += units
    return stock


def make_pictures(seed: int) -> list[bytes]:
    """Return four JPEG images with a moving object."""
    noise = np.random.default_rng(seed)
    base = cv2.resize(noise.integers(40, 200, (18, 32, 3), dtype=np.uint8), (640, 360))
    return [cv2.imencode(".jpg", np.roll(base, 12 * step, axis=1))[1].tobytes() for step in range(4)]


def make_sound(seed: int) -> bytes:
    """Return five seconds of a chord in noise, as FLAC."""
    rate = 24_000
    time_ = np.arange(5 * rate) / rate
    chord = sum(np.sin(2 * np.pi * pitch * time_) for pitch in (220.0, 277.2, 329.6))
    wave = 0.15 * chord + np.random.default_rng(seed).normal(0, 0.02, time_.size)
    file = io.BytesIO()
    soundfile.write(file, wave, rate, format="FLAC")
    return file.getvalue()
