"""Load that offers inputs at a steady rate and retries where Kafka did not accept them, as sources do."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from schemas.attendance import ATTENDANCE, VENUE, AttendanceChange
from schemas.bars import SALES, STOCK, SaleLine, StockMovement, Ticket
from schemas.cameras import FRAMES
from schemas.music import SNIPPETS
from schemas.support import MAILS, Mail
from schemas.topic import Topic
from stream.runtime.producer import EventProducer, NotDeliveredError
from stream.runtime.settings import Settings
from tests.faults.inputs import (
    BARS,
    MAIL_TEXTS,
    URGENT_EVERY,
    URGENT_TEXT,
    OfferedInputs,
    make_movement,
    make_pictures,
    make_sound,
    make_ticket,
)

CAMERA, STAGE, GATE = "bar-square", "main", "east"
TICK = timedelta(seconds=2)
"""Event time between two tickets."""

# Ticks between two inputs of a kind. Processing a frame or fragment takes a hundred times as long as a ticket.
MOVEMENT_EVERY, MAIL_EVERY, CHANGE_EVERY, FRAME_EVERY, FRAGMENT_EVERY = 15, 10, 7, 25, 100
UNDECODABLE_EVERY = 7
"""Number of frames or fragments of which the last one cannot be decoded."""

Clock = Callable[[int, datetime], datetime]
"""Clock of a source: the time it reports at a tick, given the true time."""


def true_time(_tick: int, moment: datetime) -> datetime:
    """Return the true time."""
    return moment


class Load:
    """Sender of inputs in a thread of its own; it retries those that Kafka did not accept, as a till or mailbox does.

    Args:
        workers: the workers whose inputs are sent.
        tick_seconds: seconds between two ticks.
        clock: clock of the sources, which may be wrong.
        is_dead_lettered: true for a tick whose time lies so far ahead that workers must dead-letter its inputs.
    """

    def __init__(
        self,
        settings: Settings,
        workers: frozenset[str],
        start: datetime,
        *,
        seed: int,
        tick_seconds: float = 0.05,
        clock: Clock = true_time,
        is_dead_lettered: Callable[[int], bool] = lambda _tick: False,
    ) -> None:
        self.offered = OfferedInputs()
        self.tick = 0
        self._workers, self._start, self._seed, self._tick_seconds = workers, start, seed, tick_seconds
        self._clock, self._is_dead_lettered = clock, is_dead_lettered
        self._producer = EventProducer(settings)
        # Crossings, pictures and sound are never sent again: their order matters, and no camera repeats them.
        self._ordered_producer = EventProducer(settings, timeout_s=600)
        self._pictures, self._sound = make_pictures(seed), make_sound(seed)
        self._retries: deque[Callable[[], None]] = deque()
        self._pending = 0
        self._counter_lock = threading.Lock()
        self._stop_requested = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def start(self) -> None:
        """Start the thread that sends inputs."""
        self._thread.start()

    def stop(self) -> None:
        """Stop sending, and wait until Kafka has accepted everything."""
        self._stop_requested.set()
        self._thread.join()
        if self._error is not None:
            raise self._error
        self.flush()

    def flush(self) -> None:
        """Wait until Kafka has accepted everything."""
        deadline = time.monotonic() + 240
        while self._pending or self._retries:
            assert time.monotonic() < deadline, (
                f"Kafka did not accept {self._pending} inputs, {len(self._retries)} are to be sent again"
            )
            self._retry_all()
            time.sleep(0.05)

    def close(self) -> None:
        """Stop sending, and close the Kafka producers."""
        self._stop_requested.set()
        self._thread.join()
        self._producer.close()
        self._ordered_producer.close()

    def closing_time(self) -> datetime:
        """Return a time after all offered inputs."""
        return self._start + TICK * self.tick + timedelta(minutes=2)

    def send_closing_tickets(self) -> None:
        """Send a last empty ticket to each bar, which causes a forecast with totals."""
        for bar in BARS:
            lines = (SaleLine(product="beer", quantity=0),)
            self._offer_ticket(
                Ticket(id=f"last-{bar}-{self.tick}", bar=bar, till="1", time=self.closing_time(), lines=lines)
            )

    def _run(self) -> None:
        began = time.monotonic()
        try:
            while not self._stop_requested.wait(max(0.0, began + self.tick * self._tick_seconds - time.monotonic())):
                self._offer(self.tick)
                self._retry_all()
                self.tick += 1
        except Exception as error:
            self._error = error

    def _offer(self, tick: int) -> None:
        moment = self._clock(tick, self._start + TICK * tick)
        if "bars" in self._workers:
            ticket = make_ticket(tick, moment, self._seed)
            self._offer_ticket(ticket)
            if self._is_dead_lettered(tick):
                self.offered.expected_dead.add(ticket.id)
            if tick % 10 == 0:
                self.offered.repeated += 1
                self._send(SALES, ticket.bar, ticket, ticket.id, moment)
            if tick % MOVEMENT_EVERY == 4:
                self._offer_movement(make_movement(tick, self._start + TICK * tick, self._seed))
        if "support" in self._workers and tick % MAIL_EVERY == 0:
            self._offer_mail(tick, moment)
        if "vision" in self._workers:
            if tick % CHANGE_EVERY == 0:
                self._offer_change(tick)
            if tick % FRAME_EVERY == 0:
                self._offer_media(FRAMES, CAMERA, f"f{tick}", tick // FRAME_EVERY, self._pictures, self.offered.frames)
        if "music" in self._workers and tick % FRAGMENT_EVERY == 0:
            self._offer_media(
                SNIPPETS, STAGE, f"a{tick}", tick // FRAGMENT_EVERY, [self._sound], self.offered.fragments
            )

    def _offer_ticket(self, ticket: Ticket) -> None:
        self.offered.tickets.append(ticket)
        self._send(SALES, ticket.bar, ticket, ticket.id, ticket.time)

    def _offer_movement(self, movement: StockMovement) -> None:
        self.offered.movements.append(movement)
        for _ in range(1 + (len(self.offered.movements) % 3 == 0)):  # a third is sent twice, as if pressed twice
            self._send(STOCK, movement.bar, movement, movement.id, movement.time)

    def _offer_mail(self, tick: int, moment: datetime) -> None:
        number = tick // MAIL_EVERY
        text = URGENT_TEXT if number % URGENT_EVERY == 0 else MAIL_TEXTS[number % len(MAIL_TEXTS)]
        mail = Mail(
            id=f"m{number}", thread=f"thread-{number}", time=moment, subject="" if number % 3 else "Pregunta", text=text
        )
        self.offered.mails.append(mail)
        if self._is_dead_lettered(tick):
            self.offered.expected_dead.add(mail.id)
        self._send(MAILS, mail.thread, mail, mail.id, moment)

    def _offer_change(self, tick: int) -> None:
        entered = float(1 + tick % 5)
        change = AttendanceChange(
            id=f"c{tick}",
            kind="crossing",
            time=self._start + TICK * tick,
            by=GATE,
            entered=entered,
            left=float(tick % 2),
        )
        self.offered.changes.append(change)
        self._send(ATTENDANCE, VENUE, change, change.id, change.time)

    def _offer_media(
        self, topic: Topic, key: str, id: str, number: int, values: list[bytes], offered: list[str]
    ) -> None:
        offered.append(id)
        value = values[number % len(values)]
        if number % UNDECODABLE_EVERY == UNDECODABLE_EVERY - 1:
            self.offered.undecodable.add(id)
            value = value[:40]
        self._send(topic, key, value, id, self._start + timedelta(seconds=number))

    def _send(self, topic: Topic, key: str, value: bytes | msgspec.Struct, id: str, moment: datetime) -> None:
        def retry() -> None:
            self._send(topic, key, value, id, moment)

        def delivered(error: str | None) -> None:
            with self._counter_lock:
                self._pending -= 1
                if error is not None:
                    self._retries.append(retry)

        with self._counter_lock:
            self._pending += 1
        producer = self._ordered_producer if topic in (ATTENDANCE, FRAMES, SNIPPETS) else self._producer
        try:
            producer.send(topic, key=key, value=value, id=id, source="test", time=moment, delivered=delivered)
        except NotDeliveredError as error:
            delivered(str(error))

    def _retry_all(self) -> None:
        for _ in range(len(self._retries)):  # inputs that fail again are retried in the next call
            self._retries.popleft()()
