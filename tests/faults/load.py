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
from tests.faults.inputs import BARS, CRY, MAIL_TEXTS, URGENT_EVERY, Offered, movement, pictures, sound, ticket

CAMERA, STAGE, GATE = "bar-square", "main", "east"
TICK = timedelta(seconds=2)
"""Event time between two tickets."""

# An input every so many ticks. Frames and fragments cost a hundred times what a ticket does.
MOVEMENT_EVERY, MAIL_EVERY, CHANGE_EVERY, FRAME_EVERY, FRAGMENT_EVERY = 15, 10, 7, 25, 100
BROKEN_EVERY = 7
"""Interval at which a frame or fragment cannot be decoded."""

Clock = Callable[[int, datetime], datetime]
"""Clock of a source: the time it reports at a tick, given the true time."""


def true_time(_tick: int, moment: datetime) -> datetime:
    """Return the true time."""
    return moment


class Load:
    """Hands inputs over in a thread of its own, and again when Kafka did not take them, as a till or a mailbox does.

    Args:
        workers: only what these read is offered.
        every: seconds from tick to tick.
        clock: of the sources; it may be wrong.
        too_early: whether an input of a tick comes from a clock that no worker may believe.
    """

    def __init__(
        self,
        settings: Settings,
        workers: frozenset[str],
        start: datetime,
        *,
        seed: int,
        every: float = 0.05,
        clock: Clock = true_time,
        too_early: Callable[[int], bool] = lambda _tick: False,
    ) -> None:
        self.offered = Offered()
        self.tick = 0
        self._workers, self._start, self._seed, self._every = workers, start, seed, every
        self._clock, self._too_early = clock, too_early
        self._producer = EventProducer(settings)
        # Crossings, pictures and sound are never handed over again: their order matters, and no camera does it.
        self._patient = EventProducer(settings, timeout_s=600)
        self._pictures, self._sound = pictures(seed), sound(seed)
        self._again: deque[Callable[[], None]] = deque()
        self._waiting = 0
        self._counting = threading.Lock()
        self._ending = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop offering, and wait until Kafka has accepted everything."""
        self._ending.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        self.flush()

    def flush(self) -> None:
        """Wait until Kafka has accepted everything."""
        deadline = time.monotonic() + 240
        while self._waiting or self._again:
            assert time.monotonic() < deadline, (
                f"Kafka did not take {self._waiting} inputs, {len(self._again)} are to be sent again"
            )
            self._send_again()
            time.sleep(0.05)

    def close(self) -> None:
        """Close the clients."""
        self._ending.set()
        self._thread.join()
        self._producer.close()
        self._patient.close()

    def end_of_evening(self) -> datetime:
        """Return a time after all offered inputs."""
        return self._start + TICK * self.tick + timedelta(minutes=2)

    def close_bars(self) -> None:
        """Send a last empty ticket to each bar, which causes a forecast with totals."""
        for bar in BARS:
            lines = (SaleLine(product="beer", quantity=0),)
            self._ticket(
                Ticket(id=f"last-{bar}-{self.tick}", bar=bar, till="1", time=self.end_of_evening(), lines=lines)
            )

    def _run(self) -> None:
        began = time.monotonic()
        try:
            while not self._ending.wait(max(0.0, began + self.tick * self._every - time.monotonic())):
                self._offer(self.tick)
                self._send_again()
                self.tick += 1
        except Exception as error:
            self._failure = error

    def _offer(self, tick: int) -> None:
        moment = self._clock(tick, self._start + TICK * tick)
        if "bars" in self._workers:
            one = ticket(tick, moment, self._seed)
            self._ticket(one)
            if self._too_early(tick):
                self.offered.early.add(one.id)
            if tick % 10 == 0:
                self.offered.repeated += 1
                self._send(SALES, one.bar, one, one.id, moment)
            if tick % MOVEMENT_EVERY == 4:
                self._movement(movement(tick, self._start + TICK * tick, self._seed))
        if "support" in self._workers and tick % MAIL_EVERY == 0:
            self._mail(tick, moment)
        if "vision" in self._workers:
            if tick % CHANGE_EVERY == 0:
                self._change(tick)
            if tick % FRAME_EVERY == 0:
                self._media(FRAMES, CAMERA, f"f{tick}", tick // FRAME_EVERY, self._pictures, self.offered.frames)
        if "music" in self._workers and tick % FRAGMENT_EVERY == 0:
            self._media(SNIPPETS, STAGE, f"a{tick}", tick // FRAGMENT_EVERY, [self._sound], self.offered.fragments)

    def _ticket(self, one: Ticket) -> None:
        self.offered.tickets.append(one)
        self._send(SALES, one.bar, one, one.id, one.time)

    def _movement(self, one: StockMovement) -> None:
        self.offered.movements.append(one)
        for _ in range(1 + (len(self.offered.movements) % 3 == 0)):  # a third is pressed twice
            self._send(STOCK, one.bar, one, one.id, one.time)

    def _mail(self, tick: int, moment: datetime) -> None:
        number = tick // MAIL_EVERY
        text = CRY if number % URGENT_EVERY == 0 else MAIL_TEXTS[number % len(MAIL_TEXTS)]
        one = Mail(
            id=f"m{number}", thread=f"thread-{number}", time=moment, subject="" if number % 3 else "Pregunta", text=text
        )
        self.offered.mails.append(one)
        if self._too_early(tick):
            self.offered.early.add(one.id)
        self._send(MAILS, one.thread, one, one.id, moment)

    def _change(self, tick: int) -> None:
        entered = float(1 + tick % 5)
        one = AttendanceChange(
            id=f"c{tick}",
            kind="crossing",
            time=self._start + TICK * tick,
            by=GATE,
            entered=entered,
            left=float(tick % 2),
        )
        self.offered.changes.append(one)
        self._send(ATTENDANCE, VENUE, one, one.id, one.time)

    def _media(self, topic: Topic, key: str, id: str, number: int, good: list[bytes], offered: list[str]) -> None:
        offered.append(id)
        value = good[number % len(good)]
        if number % BROKEN_EVERY == BROKEN_EVERY - 1:
            self.offered.broken.add(id)
            value = value[:40]
        self._send(topic, key, value, id, self._start + timedelta(seconds=number))

    def _send(self, topic: Topic, key: str, value: bytes | msgspec.Struct, id: str, moment: datetime) -> None:
        def again() -> None:
            self._send(topic, key, value, id, moment)

        def delivered(error: str | None) -> None:
            with self._counting:
                self._waiting -= 1
                if error is not None:
                    self._again.append(again)

        with self._counting:
            self._waiting += 1
        producer = self._patient if topic in (ATTENDANCE, FRAMES, SNIPPETS) else self._producer
        try:
            producer.send(topic, key=key, value=value, id=id, source="test", time=moment, delivered=delivered)
        except NotDeliveredError as error:
            delivered(str(error))

    def _send_again(self) -> None:
        for _ in range(len(self._again)):  # what is refused once more waits for the next call
            self._again.popleft()()
