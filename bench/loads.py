"""Events of each kind that raise and clear alerts, at any rate, and the venue that they come from."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Protocol

from msgspec import Struct

from bench.mails import mails
from bench.soak.media import windows
from bench.soak.senders import baskets
from schemas.bars import SALES, BarSettings, ProductSettings, Ticket
from schemas.cameras import FRAMES, CameraSettings, CameraView
from schemas.crowd import CrowdSettings, ZoneSettings
from schemas.music import SNIPPETS, StageSettings
from schemas.support import MAILS, Mail
from schemas.topic import Topic
from schemas.venue import Venue
from simulation.crowd_images import FRAMES_PER_SECOND, render_burst
from simulation.evening import Evening, clock
from simulation.mail_texts import URGENT
from simulation.stage_music import fragment
from stream.features import registry

CAMERAS, BARS, STAGES = 32, 400, 4
BARS_AT_ONCE = 60
CALM_PICTURES, FIGHT_PICTURES = 32, 48
SONG_WINDOWS, SILENT_WINDOWS = 6, 6
URGENT_EVERY = 4
TICKET_APART = timedelta(seconds=3)
"""Event time between two tickets of a bar on a busy evening."""
TICKETS_OF_A_BAR = 150
OPENING_STOCK = 200.0
"""Units of each product; they last for minutes, so that a delivery is needed."""


class Event(Struct, frozen=True):
    """One event of a source; `time` is that of the source's clock."""

    key: str
    value: bytes | Struct
    id: str
    time: datetime
    content_type: str = ""


class Load(Protocol):
    """An endless series of events of one kind.

    Attributes:
        rules: that its events raise.
        backlog: events whose pace gives the capacity; `seconds` are played at each level.
    """

    kind: ClassVar[str]
    worker: ClassVar[str]
    topic: ClassVar[Topic]
    rules: ClassVar[tuple[str, ...]]
    backlog: ClassVar[int]
    seconds: ClassVar[float]

    def events(self, rate: float, seconds: float) -> Iterator[Event]:
        """Yield the events of a period in seconds; each call continues where the last one ended."""
        ...


def venue() -> Venue:
    """Return a venue whose rules have no on-delays and cool-downs, since the machine's time is measured."""
    corners = [(0.0, 0.22), (1.0, 0.22), (1.0, 1.0), (0.0, 1.0)]
    none = {"on_delay_seconds": 0.0, "off_delay_seconds": 0.0, "cool_down_seconds": 0.0}
    rules = {name: rule.defaults.model_copy(update=none) for name, rule in registry.rules_by_name().items()}
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


def every_load() -> list[Load]:
    """Return one load of each kind; use the same ones for all levels of a stack, since their ids continue."""
    return [Tickets(), Mails(), Frames(), Fragments()]


class Frames:
    """Cameras at eight frames per second: a calm crowd, then a crowd with a fight, repeatedly."""

    kind: ClassVar[str] = "frames"
    worker: ClassVar[str] = "vision"
    topic: ClassVar[Topic] = FRAMES
    rules: ClassVar[tuple[str, ...]] = ("violence", "crowd-density")
    backlog: ClassVar[int] = 320
    seconds: ClassVar[float] = 30.0

    def __init__(self, evening: Evening | None = None) -> None:
        evening = evening or Evening()
        calm = render_burst(evening, "bar-square", "bars", clock("22:40"), CALM_PICTURES)
        fight = render_burst(evening, "bar-square", "bars", clock("23:02") + 5, FIGHT_PICTURES)
        self._pictures = [jpeg for _, jpeg in (*calm, *fight)]
        self._sent = 0

    def events(self, rate: float, seconds: float) -> Iterator[Event]:
        cameras = max(1, min(CAMERAS, round(rate / FRAMES_PER_SECOND)))
        begin = datetime.now(UTC)
        for place in range(round(rate * seconds)):
            camera, tick = place % cameras, place // cameras
            self._sent += 1
            # Cameras begin at different places of the loop, so that their alerts don't all come at once.
            # One that is too slow for eight a second leaves pictures out: nobody moves slower for it.
            shown = round(place / rate * FRAMES_PER_SECOND) if rate < FRAMES_PER_SECOND else tick
            jpeg = self._pictures[(shown + camera * len(self._pictures) // cameras) % len(self._pictures)]
            time = begin + timedelta(seconds=place / rate)
            yield Event(f"camera-{camera:02d}", jpeg, f"frame-{self._sent}", time)


class Tickets:
    """Bars that sell out; each is used once."""

    kind: ClassVar[str] = "tickets"
    worker: ClassVar[str] = "bars"
    topic: ClassVar[Topic] = SALES
    rules: ClassVar[tuple[str, ...]] = ("stock-out",)
    backlog: ClassVar[int] = 4_000
    seconds: ClassVar[float] = 15.0

    def __init__(self) -> None:
        self._baskets = baskets(Evening())
        self._random = random.Random(1)
        self._first = 0
        self._sent = 0

    def events(self, rate: float, seconds: float) -> Iterator[Event]:
        number = round(rate * seconds)
        bars = max(1, min(BARS_AT_ONCE, number // TICKETS_OF_A_BAR))
        first, self._first = self._first, self._first + bars
        begin = datetime.now(UTC) - TICKET_APART * (number // bars + 1)
        for place in range(number):
            name = f"bar-{(first + place % bars) % BARS:03d}"
            self._sent += 1
            lines = self._baskets[self._random.randrange(len(self._baskets))]
            time = begin + TICKET_APART * (place // bars)
            ticket = Ticket(id=f"ticket-{self._sent}", bar=name, till="1", time=time, lines=lines)
            yield Event(name, ticket, ticket.id, time)


class Mails:
    """Ordinary mails in two languages; every fourth one is urgent."""

    kind: ClassVar[str] = "mails"
    worker: ClassVar[str] = "support"
    topic: ClassVar[Topic] = MAILS
    rules: ClassVar[tuple[str, ...]] = ("mail-urgent",)
    backlog: ClassVar[int] = 300
    seconds: ClassVar[float] = 15.0

    def __init__(self) -> None:
        self._sent = 0

    def events(self, rate: float, seconds: float) -> Iterator[Event]:
        cries = list(URGENT.values())
        for mail in mails(round(rate * seconds), seed=self._sent + 1):
            self._sent += 1
            name, subject, text = f"mail-{self._sent}", "", mail.text
            if self._sent % URGENT_EVERY == 0:
                _, subject, text = cries[self._sent // URGENT_EVERY % len(cries)]
            now = datetime.now(UTC)
            yield Event(name, Mail(id=name, thread=name, time=now, subject=subject, text=text), name, now)


class Fragments:
    """Stages that play half a minute of music, and are then silent for as long."""

    kind: ClassVar[str] = "fragments"
    worker: ClassVar[str] = "music"
    topic: ClassVar[Topic] = SNIPPETS
    rules: ClassVar[tuple[str, ...]] = ("stage-silent",)
    backlog: ClassVar[int] = 48
    seconds: ClassVar[float] = 30.0

    def __init__(self, evening: Evening | None = None) -> None:
        evening = evening or Evening()
        song = windows(fragment(evening, "main", clock("20:30"), 5.0 * SONG_WINDOWS))
        silence = windows(fragment(evening, "forest", clock("20:50"), 30.0))
        self._shown = [*song, *(silence[place % len(silence)] for place in range(SILENT_WINDOWS))]
        self._sent = 0
        self._begin = datetime.now(UTC) - timedelta(hours=3)

    def events(self, rate: float, seconds: float) -> Iterator[Event]:
        for _ in range(max(1, round(rate * seconds))):
            stage, tick = self._sent % STAGES, self._sent // STAGES
            time = self._begin + timedelta(seconds=5 * tick)
            flac = self._shown[(tick + stage * 3) % len(self._shown)]
            yield Event(f"stage-{stage}", flac, f"fragment-{self._sent}", time, "audio/flac")
            self._sent += 1
