"""Generated loads of every kind of event that raise and clear alerts at any rate, and their venue."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol

from msgspec import Struct

from bench.mail_throughput import mails
from bench.soak.load_senders import baskets
from bench.soak.soak_media import windows
from schemas.bars import SALES, BarSettings, ProductSettings, Ticket
from schemas.cameras import FRAMES, CameraSettings, CameraView
from schemas.crowd import CrowdSettings, ZoneSettings
from schemas.ids import BarId
from schemas.music import SNIPPETS, StageSettings
from schemas.support import MAILS, Mail
from schemas.topic import Topic
from schemas.venue import Venue
from simulation.crowd_images import FRAMES_PER_SECOND, render_burst
from simulation.evening import BAR_SQUARE, BARS_ZONE, FOREST_STAGE, MAIN_STAGE, Evening, clock
from simulation.mail_texts import URGENT
from simulation.stage_music import fragment
from stream.features import registry

CAMERAS, BARS, STAGES = 32, 400, 4
BARS_AT_ONCE = 60
NORMAL_PICTURES, FIGHT_PICTURES = 32, 48
SONG_WINDOWS, SILENT_WINDOWS = 6, 6
URGENT_EVERY = 4
TICKET_INTERVAL = timedelta(seconds=3)
"""Event time between two tickets of a bar on a busy evening."""
TICKETS_OF_A_BAR = 150
OPENING_STOCK = 200.0
"""Opening stock in units of each product, low enough for stock-out alerts within minutes."""


class LoadEvent(Struct, frozen=True):
    """One event of a source; `time` is its event time."""

    key: str
    value: bytes | Struct
    id: str
    time: datetime
    content_type: str = ""


class AlertLoad(Protocol):
    """Endless load of one kind of event.

    Attributes:
        rules: alert rules that its events raise.
        backlog: number of events for measuring the capacity.
        seconds: duration of each load level.
    """

    kind: ClassVar[str]
    worker: ClassVar[str]
    topic: ClassVar[Topic[Any]]
    rules: ClassVar[tuple[str, ...]]
    backlog: ClassVar[int]
    seconds: ClassVar[float]

    def events(self, rate: float, seconds: float) -> Iterator[LoadEvent]:
        """Yield the events due in a number of seconds; each call continues where the last one ended."""
        ...


def bench_venue() -> Venue:
    """Return the venue; its rules have no on-delay, off-delay or cool-down, so that only the machine is measured."""
    corners = [(0.0, 0.22), (1.0, 0.22), (1.0, 1.0), (0.0, 1.0)]
    no_delays = {"on_delay_seconds": 0.0, "off_delay_seconds": 0.0, "cool_down_seconds": 0.0}
    rules = {name: rule.defaults.model_copy(update=no_delays) for name, rule in registry.rules_by_name().items()}
    # Between the two scenes that the cameras show: 1.7 and 2.0 persons/m².
    rules["crowd-density"] = rules["crowd-density"].model_copy(update={"raise_at": 1.9, "clear_at": 1.78})
    zones = [ZoneSettings(id=f"zone-{number:02d}", area_m2=100, capacity=1000) for number in range(CAMERAS)]
    products = [
        ProductSettings(id=name, opening_stock=OPENING_STOCK)
        for name in ("beer", "water", "cola", "gin-tonic", "burger")
    ]
    return Venue(
        name="Bench",
        language="en",
        crowd=CrowdSettings(smoothing_seconds=1),
        zones=zones,
        cameras=[
            CameraSettings(id=f"camera-{n:02d}", views=[CameraView(zone=zones[n].id, polygon=corners)])
            for n in range(CAMERAS)
        ],
        bars=[BarSettings(id=f"bar-{number:03d}", products=products) for number in range(BARS)],
        stages=[StageSettings(id=f"stage-{number}") for number in range(STAGES)],
        rules=rules,
    )


def every_load() -> list[AlertLoad]:
    """Return one load of each kind; use the same instances for one stack, because their ids continue."""
    return [Tickets(), Mails(), Frames(), Fragments()]


class Frames:
    """Cameras at eight frames per second: a calm crowd and a crowd with a fight, alternating."""

    kind: ClassVar[str] = "frames"
    worker: ClassVar[str] = "vision"
    topic: ClassVar[Topic[Any]] = FRAMES
    rules: ClassVar[tuple[str, ...]] = ("violence", "crowd-density")
    backlog: ClassVar[int] = 320
    seconds: ClassVar[float] = 30.0

    def __init__(self, evening: Evening | None = None) -> None:
        evening = evening or Evening()
        normal = render_burst(evening, BAR_SQUARE, BARS_ZONE, clock("22:40"), NORMAL_PICTURES)
        fight = render_burst(evening, BAR_SQUARE, BARS_ZONE, clock("23:02") + 5, FIGHT_PICTURES)
        self._pictures = [jpeg for _, jpeg in (*normal, *fight)]
        self._sent = 0

    def events(self, rate: float, seconds: float) -> Iterator[LoadEvent]:
        cameras = max(1, min(CAMERAS, round(rate / FRAMES_PER_SECOND)))
        start = datetime.now(UTC)
        for index in range(round(rate * seconds)):
            camera, tick = index % cameras, index // cameras
            self._sent += 1
            # Cameras begin at different positions of the loop, so that their alerts do not coincide.
            # Below eight frames per second images are skipped, so that the motion keeps its speed.
            picture_index = round(index / rate * FRAMES_PER_SECOND) if rate < FRAMES_PER_SECOND else tick
            jpeg = self._pictures[(picture_index + camera * len(self._pictures) // cameras) % len(self._pictures)]
            time = start + timedelta(seconds=index / rate)
            yield LoadEvent(f"camera-{camera:02d}", jpeg, f"frame-{self._sent}", time)


class Tickets:
    """Bars that sell out; each is used once, because a bar runs out only once."""

    kind: ClassVar[str] = "tickets"
    worker: ClassVar[str] = "bars"
    topic: ClassVar[Topic[Any]] = SALES
    rules: ClassVar[tuple[str, ...]] = ("stock-out",)
    backlog: ClassVar[int] = 4_000
    seconds: ClassVar[float] = 15.0

    def __init__(self) -> None:
        self._baskets = baskets(Evening())
        self._random = random.Random(1)
        self._first = 0
        self._sent = 0

    def events(self, rate: float, seconds: float) -> Iterator[LoadEvent]:
        number = round(rate * seconds)
        bars = max(1, min(BARS_AT_ONCE, number // TICKETS_OF_A_BAR))
        first, self._first = self._first, self._first + bars
        start = datetime.now(UTC) - TICKET_INTERVAL * (number // bars + 1)
        for index in range(number):
            name = BarId(f"bar-{(first + index % bars) % BARS:03d}")
            self._sent += 1
            lines = self._baskets[self._random.randrange(len(self._baskets))]
            time = start + TICKET_INTERVAL * (index // bars)
            ticket = Ticket(id=f"ticket-{self._sent}", bar=name, till="1", time=time, lines=lines)
            yield LoadEvent(name, ticket, ticket.id, time)


class Mails:
    """Everyday mails in two languages; every fourth one is urgent."""

    kind: ClassVar[str] = "mails"
    worker: ClassVar[str] = "support"
    topic: ClassVar[Topic[Any]] = MAILS
    rules: ClassVar[tuple[str, ...]] = ("mail-urgent",)
    backlog: ClassVar[int] = 300
    seconds: ClassVar[float] = 15.0

    def __init__(self) -> None:
        self._sent = 0

    def events(self, rate: float, seconds: float) -> Iterator[LoadEvent]:
        urgent_mails = list(URGENT.values())
        for mail in mails(round(rate * seconds), seed=self._sent + 1):
            self._sent += 1
            name, subject, text = f"mail-{self._sent}", "", mail.text
            if self._sent % URGENT_EVERY == 0:
                _, subject, text = urgent_mails[self._sent // URGENT_EVERY % len(urgent_mails)]
            now = datetime.now(UTC)
            yield LoadEvent(name, Mail(id=name, thread=name, time=now, subject=subject, text=text), name, now)


class Fragments:
    """Stages that alternate between half a minute of music and of silence."""

    kind: ClassVar[str] = "fragments"
    worker: ClassVar[str] = "music"
    topic: ClassVar[Topic[Any]] = SNIPPETS
    rules: ClassVar[tuple[str, ...]] = ("stage-silent",)
    backlog: ClassVar[int] = 48
    seconds: ClassVar[float] = 30.0

    def __init__(self, evening: Evening | None = None) -> None:
        evening = evening or Evening()
        song = windows(fragment(evening, MAIN_STAGE, clock("20:30"), 5.0 * SONG_WINDOWS))
        silence = windows(fragment(evening, FOREST_STAGE, clock("20:50"), 30.0))
        self._shown = [*song, *(silence[index % len(silence)] for index in range(SILENT_WINDOWS))]
        self._sent = 0
        self._begin = datetime.now(UTC) - timedelta(hours=3)

    def events(self, rate: float, seconds: float) -> Iterator[LoadEvent]:
        for _ in range(max(1, round(rate * seconds))):
            stage, tick = self._sent % STAGES, self._sent // STAGES
            time = self._begin + timedelta(seconds=5 * tick)
            flac = self._shown[(tick + stage * 3) % len(self._shown)]
            yield LoadEvent(f"stage-{stage}", flac, f"fragment-{self._sent}", time, "audio/flac")
            self._sent += 1
