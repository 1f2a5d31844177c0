"""Cameras, tills, mailbox and microphones: one thread a kind, each at a steady rate and in constant memory."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import msgspec
from msgspec.structs import replace

from bench.soak.soak_load import (
    PRODUCTS,
    SCENES,
    TILLS_OF_A_BAR,
    SoakLoad,
    bar_name,
    camera_name,
    stage_name,
)
from bench.soak.soak_media import SoakMedia
from schemas.bars import SALES, STOCK, BarSettings, ProductSettings, SaleLine, StockMovement, Ticket
from schemas.cameras import FRAMES
from schemas.cloudevents import Envelope
from schemas.ids import EventId, ProductId
from schemas.music import SNIPPETS
from schemas.support import MAILS, Mail
from schemas.topic import Topic
from schemas.venue import Venue
from simulation.evening import Evening
from simulation.support_mails import mails
from simulation.till_tickets import tickets
from stream.runtime.producer import EventProducer

# Periods and durations in seconds of scenes that raise and clear alerts.
FULL_EVERY, FULL_FOR = 600.0, 120.0
COVERED_EVERY, COVERED_FOR = 3600.0, 60.0
SILENT_EVERY, SILENT_FOR = 1200.0, 60.0
DELIVERED_EVERY = 720.0
INVALID_EVERY = {FRAMES.name: 500, SALES.name: 1000, MAILS.name: 100, SNIPPETS.name: 100}
"""Interval in events, by topic, at which an event is made invalid and must end in the dead-letter topic."""
MAX_DELAY_SECONDS = 1.0
"""Delay in seconds after which overdue events are skipped: a delayed source sends no backlog."""


class LoadSenders:
    """Context manager that sends the load, and counts the events that Kafka accepted and those made invalid."""

    def __init__(
        self, producer: EventProducer, load: SoakLoad, media: SoakMedia, evening: Evening | None = None
    ) -> None:
        self.sent: Counter[str] = Counter()
        """Number of events accepted by Kafka, by topic."""
        self.spoilt: Counter[str] = Counter()
        """Number of invalid events among them, by topic."""
        self.failed: Counter[str] = Counter()
        self.late_seconds: defaultdict[str, float] = defaultdict(float)
        """Seconds skipped because this process was delayed, by kind."""
        self.errors: list[str] = []
        self._producer, self._load, self._media = producer, load, media
        self._evening = evening or Evening()
        self._offered: Counter[str] = Counter()
        self._stop = threading.Event()
        kinds: dict[str, Callable[[int, float], None]] = {
            "cameras": self._frame,
            "tills": _Tills(self, load, self._evening).send,
            "mails": _Mailbox(self, self._evening).send,
            "stages": self._fragment,
        }
        self._threads = [
            threading.Thread(target=self._run, args=(kind, load.rates[kind], send), name=kind, daemon=True)
            for kind, send in kinds.items()
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop sending, and wait until Kafka has accepted everything."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=30)
        self._producer.flush(30)

    def send(self, topic: Topic[Any], key: str, value: bytes | msgspec.Struct, id: str, content_type: str = "") -> None:
        """Send one event now; events at the interval `INVALID_EVERY` are made invalid."""
        self._offered[topic.name] += 1
        interval = INVALID_EVERY.get(topic.name)
        invalid = interval is not None and self._offered[topic.name] % interval == 0
        if invalid:
            value = _invalid_value(value)
        now = datetime.now(UTC)
        envelope = Envelope(EventId(id), topic.event_type, "soak", now, content_type or topic.content_type, now)
        encoded = value if isinstance(value, bytes) else msgspec.json.encode(value)

        def delivered(error: str | None) -> None:
            if error is None:
                self.sent[topic.name] += 1
                self.spoilt[topic.name] += invalid
            else:
                self.failed[topic.name] += 1

        self._producer.send_raw(
            topic.name, key=key.encode(), value=encoded, headers=envelope.headers(), delivered=delivered
        )

    def _run(self, kind: str, rate: float, send: Callable[[int, float], None]) -> None:
        start = time.monotonic()
        number = 0
        skipped_seconds = 0.0
        try:
            while True:
                due = start + skipped_seconds + number / rate
                late = time.monotonic() - due
                if late > MAX_DELAY_SECONDS:
                    skipped_seconds += late
                    self.late_seconds[kind] += late
                if self._stop.wait(max(0.0, -late)):
                    return
                send(number, time.monotonic() - start)
                number += 1
        except Exception as error:
            self.errors.append(f"{kind}: {type(error).__name__}: {error}")

    def _frame(self, number: int, seconds: float) -> None:
        camera, tick = number % self._load.cameras, number // self._load.cameras
        scene = SCENES[camera % len(SCENES)]
        # The busy minutes of the cameras are staggered, so that alerts are spread over time.
        at = seconds + camera * FULL_EVERY / self._load.cameras
        if (at + FULL_EVERY) % COVERED_EVERY < COVERED_FOR:
            jpeg = self._media.covered
        else:
            shown = self._media.full if (at + FULL_EVERY / 2) % FULL_EVERY < FULL_FOR else self._media.calm
            jpeg = shown[scene][tick % len(shown[scene])]
        name = camera_name(camera)
        self.send(FRAMES, name, jpeg, f"{name}/{tick}")

    def _fragment(self, number: int, seconds: float) -> None:
        stage, tick = number % self._load.stages, number // self._load.stages
        at = seconds + (stage + 0.5) * SILENT_EVERY / self._load.stages
        song = self._media.songs[stage % len(self._media.songs)]
        flac = self._media.silence if at % SILENT_EVERY < SILENT_FOR else song[tick % len(song)]
        self.send(SNIPPETS, stage_name(stage), flac, f"{stage_name(stage)}/{tick}", "audio/flac")


class _Tills:
    """Tickets of all bars in turn, and periodic deliveries to each bar of the quantity that it sold."""

    def __init__(self, senders: LoadSenders, load: SoakLoad, evening: Evening) -> None:
        self._senders, self._load = senders, load
        self._random = random.Random(evening.seed)
        self._baskets = baskets(evening)
        self._sold: list[Counter[ProductId]] = [Counter() for _ in range(load.bars)]
        self._delivered = [DELIVERED_EVERY * bar / load.bars - DELIVERED_EVERY for bar in range(load.bars)]
        self._deliveries = 0

    def send(self, number: int, seconds: float) -> None:
        bar = number % self._load.bars
        if seconds - self._delivered[bar] >= DELIVERED_EVERY:
            self._delivered[bar] = seconds
            self._deliver(bar)
        lines = self._baskets[self._random.randrange(len(self._baskets))]
        name = bar_name(bar)
        till = f"{name}-{1 + self._random.randrange(TILLS_OF_A_BAR)}"
        for line in lines:
            self._sold[bar][line.product] += int(line.quantity)
        ticket = Ticket(id=f"soak-{number}", bar=name, till=till, time=datetime.now(UTC), lines=lines)
        self._senders.send(SALES, name, ticket, ticket.id)

    def _deliver(self, bar: int) -> None:
        sold, self._sold[bar] = self._sold[bar], Counter()
        for product, quantity in sold.items():
            if quantity <= 0:
                continue
            self._deliveries += 1
            movement = StockMovement(
                id=f"delivery-{self._deliveries}", bar=bar_name(bar), product=product, kind="delivery",
                quantity=float(quantity), time=datetime.now(UTC), by="store",
            )  # fmt: skip
            self._senders.send(STOCK, movement.bar, movement, movement.id)


def baskets(evening: Evening) -> list[tuple[SaleLine, ...]]:
    """Return the lines of the tickets of one bar and evening, including refunds."""
    bar = BarSettings(id="bar", products=[ProductSettings(id=name) for name in PRODUCTS])
    evenings = tickets(evening, Venue(name="Soak", bars=[bar]))
    return [ready.value.lines for ready in evenings if isinstance(ready.value, Ticket)]


class _Mailbox:
    """Mails of successive evenings of the demo, at the rate of the load."""

    def __init__(self, senders: LoadSenders, evening: Evening) -> None:
        self._senders = senders
        self._mails = _endless_mails(evening)

    def send(self, number: int, _seconds: float) -> None:
        mail_of_demo = next(self._mails)
        mail = replace(mail_of_demo, time=datetime.now(UTC))
        self._senders.send(MAILS, mail.thread, mail, mail.id)


def _endless_mails(evening: Evening) -> Iterator[Mail]:
    while True:
        for ready in mails(evening):
            if isinstance(ready.value, Mail):
                yield ready.value
        evening = evening.next()


def _invalid_value(value: bytes | msgspec.Struct) -> bytes:
    """Return an undecodable value: the bytes in reverse order."""
    return (value if isinstance(value, bytes) else msgspec.json.encode(value))[::-1]
