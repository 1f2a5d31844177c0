"""Tests that the state of every table is bounded: 30 days of events leave no more of it than the first ones.

Every table of the registry needs a day of events here, whose ids, keys and names are new each day where they are in
life, so that a table that nobody has bounded fails.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from processors.bars import ledger
from processors.crowd.zone_analyzer import ZoneState
from processors.moments import minutes
from processors.music.tagger import AnalyzedFragment, FragmentTags
from processors.social import posts
from processors.support import desk
from schemas.alerts import ACTIONS, ALERTS, OBSERVATIONS, Alert, AlertAction, Observation
from schemas.attendance import ATTENDANCE, OCCUPANCY, VENUE, AttendanceChange, VenueOccupancy
from schemas.bars import SALES, STOCK, SaleLine, StockMovement, Ticket
from schemas.cameras import FRAMES
from schemas.moments import MOMENT_LINKS, PostLink
from schemas.music import SNIPPETS
from schemas.programme import PROGRAMME
from schemas.promotion import PROMOTION_ACTIONS, PROMOTION_EVENTS, MessageVariant, PromotionAction, PromotionEvent
from schemas.queues import QUEUE_COUNTS, QueueCount
from schemas.recommendations import TASTE_EVENTS, TasteEvent
from schemas.social import POSTS, Post
from schemas.sources import REPORTS, WATCH, FeedReport, ProcessReport, SourceReport
from schemas.support import CORRECTIONS, MAILS, Mail, SupportCorrection
from schemas.tickets import ORDERS, TICKET_ACTIONS, TICKETS, TicketAction, TicketOrder
from schemas.topic import Topic
from schemas.venue import Venue, venue_type
from stream.features import clients, registry
from stream.features.cameras.agents import FramesAgent
from stream.runtime.feature import StateTopics
from stream.runtime.producer import partition_of
from stream.runtime.settings import Settings
from stream.runtime.testing import TestDriver
from stream.runtime.venue_file import read_venue

BEGIN = datetime(2025, 6, 2, 18, tzinfo=UTC)
DAYS = 25
"""Days between the two looks at the state."""

GROWTH = 1.05
"""Factor by which rows may be longer or more: counters have more digits, and keys fall into partitions by chance."""

Send = Callable[[TestDriver, int], Awaitable[None]]

TABLES = {f"{worker}/{table.table}": table for worker in registry.workers() for table in clients.tables_of(worker)}


@dataclass(frozen=True, slots=True)
class Simulation:
    """Events of one day for one table.

    Attributes:
        day: sends the events of a day, by its number.
        driver: makes the driver of the table's worker.
        full_after: days after which everything that a table may hold has come, and the oldest of it expires.
    """

    day: Send
    driver: Callable[[], TestDriver]
    full_after: int = 5


class DriverWithModels(TestDriver):
    """Runs agents with stand-ins for the models that look at frames and listen to sound."""

    def reloadable_model(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(value=SimpleNamespace(analyze=self.analyze, identity="m", drift={}))

    def analyze(self, *_: Any) -> Any:
        raise NotImplementedError


class VisionDriver(DriverWithModels):
    """Puts a count into the state of each camera, as the analyzer does."""

    def analyze(self, frames: Any) -> Any:
        frames_agent: FramesAgent = self._agents[FRAMES.name].handle.__self__  # type: ignore[attr-defined]
        for frame in frames:
            state = frames_agent._states._camera_states.get(frame.camera)
            if state is None:
                continue  # the venue file does not know it
            zone = state.zones.setdefault("0/zone", ZoneState())
            zone.forecaster.add(100.0 + frame.time.hour, 0.3, frame.time.timestamp())
        return [MagicMock(error="", count=None, score=None, contexts=(), observations=(), crossings=(), evidence=(),
                          frame=frame) for frame in frames]  # fmt: skip


class MusicDriver(DriverWithModels):
    """Hears the same in every fragment."""

    async def analyze(self, *_: Any) -> Any:
        tags = FragmentTags({"happy": 0.75, "sad": 0.25}, {"rock": 1.0}, 120.0)
        return SimpleNamespace(died=False, error="", fragment=AnalyzedFragment(30.0, -20.0, -20.0, tags))


def driver_of(worker: str, venue: Venue | None = None, kind: type[TestDriver] = TestDriver) -> Callable[[], TestDriver]:
    """Return a function that makes the driver of a worker."""
    settings = Settings(redis="redis://127.0.0.1:1/0")  # no test writes to it
    place = venue or read_venue(settings.venue)
    return lambda: kind(registry.agents_of(worker), place, settings=settings, worker=worker)


def at(day: int, minutes: float) -> datetime:
    """Return a time of an evening."""
    return BEGIN + timedelta(days=day, minutes=minutes)


async def send(driver: TestDriver, topic: Topic[Any], payloads: Iterable[tuple[str, Any]]) -> list[str]:
    """Send payloads with their keys in one batch; return the reasons of those that are rejected."""
    events = [driver.event(topic, key, payload, received=payload.time) for key, payload in payloads]
    return (await driver.send_events(topic, events)).rejections


async def alerts(driver: TestDriver, day: int) -> None:
    """Mails that are urgent or not, a violent scene that is resolved, and a verdict; each mail has a key of its own."""
    for minute in range(0, 360, 30):
        keys = [(f"mail-urgent/m{day:02}-{minute}-{n}", float(n % 4 == 0)) for n in range(8)]
        observed = [
            Observation(id=f"o-{key}", key=key, rule="mail-urgent", subject=key[12:], time=at(day, minute), value=value)
            for key, value in keys
        ]
        raised = await driver.send_events(OBSERVATIONS, [driver.event(OBSERVATIONS, one.key, one) for one in observed])
        for alert in raised.of(ALERTS):
            assert isinstance(alert, Alert)
            for verb in ("acknowledge", "confirm", "resolve"):
                action = AlertAction(
                    id=f"{verb}-{alert.id}", key=alert.key, action=verb, by="ana", time=at(day, minute + 5)
                )  # type: ignore[arg-type]
                assert not await send(driver, ACTIONS, [(alert.key, action)])


async def attendance(driver: TestDriver, day: int) -> None:
    """Crossings, and counts of cameras that have another name each day."""
    camera = f"camera-{day:02}"
    changes = [AttendanceChange(id=f"r{day:02}", kind="reset", by="ana", time=at(day, 0))]
    for minute in range(1, 120):
        time = at(day, minute)
        changes.append(AttendanceChange(id=f"c{day:02}-{minute}", kind="crossing", by="east", time=time, entered=9.0))
        changes.append(
            AttendanceChange(id=f"s{day:02}-{minute}", kind="seen", by=camera, time=time, zone="front", persons=50.0)
        )
    assert not await send(driver, ATTENDANCE, [(VENUE, change) for change in changes])


async def bars(driver: TestDriver, day: int) -> None:
    """Tickets of tills, some of them twice, deliveries and counts."""
    for minute in range(0, 360, 30):
        tickets = [
            Ticket(id=f"{day:02}-{minute}-{n}", bar="north", till=f"{n}", time=at(day, minute + n),
                   lines=(SaleLine(product="beer", quantity=2 + n), SaleLine(product="water", quantity=1)))
            for n in range(2)
        ]  # fmt: skip
        assert not await send(driver, SALES, [("north", ticket) for ticket in [*tickets, tickets[0]]])
    for number, kind in enumerate(("delivery", "waste", "count")):
        movement = StockMovement(
            id=f"{day:02}-{kind}",
            bar="north",
            product="beer",
            kind=kind,
            quantity=40.0,
            time=at(day, 360 + number),
            by="ana",
        )  # type: ignore[arg-type]
        assert not await send(driver, STOCK, [("north", movement)])


async def cameras(driver: TestDriver, day: int) -> None:
    """Frames of a camera, and of one that the venue file does not know."""
    for minute in range(0, 360, 20):
        for camera in ("bar-square", f"unknown-{day:02}-{minute}"):
            time = at(day, minute)
            await driver.send(FRAMES, camera, b"frame", time=time, received=time)


async def queues(driver: TestDriver, day: int) -> None:
    """Counts of a queue."""
    counts = [
        QueueCount(
            event_id=f"{day:02}-{minute}", queue="toilets", camera="bar-square", time=at(day, minute), persons=12.0
        )
        for minute in range(360)
    ]
    assert not await send(driver, QUEUE_COUNTS, [("toilets", count) for count in counts])


async def moments(driver: TestDriver, day: int) -> None:
    """Links of posts, with a new set each day, and one in each partition so that every clock moves."""
    links = [
        PostLink(
            event_id=f"{day:02}-{name}-{minute}", post=f"{day:02}-{name}-{minute}", set=name, stage="main",
            time=at(day, minute), chance=0.9, sentiment="positive",
        )
        for name in [*REGULAR_SETS, f"set-{day}"]
        for minute in range(0, 300, 5)
    ]  # fmt: skip
    assert not await send(driver, MOMENT_LINKS, [(link.set, link) for link in links])


REGULAR_SETS = {partition_of(f"daily-{n}", MOMENT_LINKS.partitions): f"daily-{n}" for n in range(20)}.values()

REGULAR_STAGES = {partition_of(f"main-{n}", SNIPPETS.partitions): f"main-{n}" for n in range(20)}.values()
"""One in each partition, so that every clock moves each day."""


async def music(driver: TestDriver, day: int) -> None:
    """Fragments of stages, and of a new one each day: a venue without stages has no list of them."""
    for minute in range(0, 360, 30):
        for stage in (*REGULAR_STAGES, f"stage-{day:02}"):
            time = at(day, minute)
            assert not (await driver.send(SNIPPETS, stage, b"sound", time=time, received=time)).rejections


async def sources(driver: TestDriver, day: int) -> None:
    """Reports of a process that has another name each day, as a pod has; and a camera that somebody tries."""
    pod = f"pod-{day:02}"
    for second in range(0, 240, 4):
        time = at(day, second / 60)
        feeds = (FeedReport(name="north", events=second), FeedReport(name=f"bar-{day:02}", events=second))
        tried = SourceReport(kind="camera", name=f"tried-{day:02}", up=True, age=0.5, period=0.1)
        tills = SourceReport(kind="tills", name="http", up=True, age=None, events=second, feeds=feeds)
        reports = [
            ProcessReport(id=f"r{day:02}-{second}", time=time, process=pod, instance="1", sources=(tried, tills)),
            ProcessReport(id=f"t{day:02}-{second}", kind="time", time=time + timedelta(seconds=1), process="time"),
        ]
        await send(driver, REPORTS, [(WATCH, report) for report in reports])
    quiet = [
        ProcessReport(
            id=f"q{day:02}-{second}", kind="time", time=at(day, 5) + timedelta(seconds=second), process="time"
        )
        for second in range(0, 120, 4)
    ]
    await send(driver, REPORTS, [(WATCH, report) for report in quiet])


TEXTS = (
    "¿A qué hora abren las puertas?", "Where can I park a camper van?", "I want my money back", "¿Hay consigna?",
    "He perdido una mochila azul", "The bus did not come", "¿Puedo entrar con mi perro?", "Is there a vegan stall?",
)  # fmt: skip


async def support(driver: TestDriver, day: int) -> None:
    """Mails of new people in new threads, with words of their own, and corrections."""
    mails = [
        Mail(id=f"m{day:02}-{n}", thread=f"m{day:02}-{n}", time=at(day, n), sender=f"p{day:02}-{n}@example.org",
             text=f"{TEXTS[n % 8]} {WORDS[(day + n) % len(WORDS)]}")
        for n in range(20)
    ]  # fmt: skip
    assert not await send(driver, MAILS, [(mail.thread, mail) for mail in mails])
    corrections = [
        SupportCorrection(id=f"k{day:02}-{n}", action="topic", topic=f"topic {n % 5}", text=f"example {day:02} {n}",
                          by="ana", time=at(day, 90), message=f"m{day:02}-{n}")
        for n in range(5)
    ]  # fmt: skip
    assert not await send(driver, CORRECTIONS, [("desk", correction) for correction in corrections])


WORDS = ("uno", "dos", "tres", "cuatro", "cinco", "rojo", "verde", "azul", "gris", "negro", "sol", "luna", "mar", "rio")


async def social(driver: TestDriver, day: int) -> None:
    """Posts with new ids."""
    sent = [Post(id=f"p{day:02}-{n}", network="net", time=at(day, n), text=TEXTS[n % 8]) for n in range(60)]
    assert not await send(driver, POSTS, [("net", post) for post in sent])


async def recommendations(driver: TestDriver, day: int) -> None:
    """Attendees who tell what they like, and one who asks to be forgotten."""
    for number in range(4):
        listener = f"l{day:02}-{number}"
        kinds = [("like", "faro"), ("genre", "jazz"), *([("forget", "")] if number == 0 else [])]
        events = [
            TasteEvent(id=f"{listener}-{kind}", listener=listener, time=at(day, number), kind=kind, value=value)
            for kind, value in kinds
        ]  # type: ignore[arg-type]
        assert not await send(driver, TASTE_EVENTS, [(listener, event) for event in events])


SALE_DAYS = 4
"""Days on which tickets are sold: the rows of an event grow until then."""


async def tickets(driver: TestDriver, day: int) -> None:
    """Orders and refunds while an event is on sale, then only the time."""
    orders = [
        TicketOrder(id=f"o{day:02}-{n}", event="gala", type="day", quantity=2 - 3 * (n % 5 == 4), price_cents=4000,
                    currency="EUR", time=at(day, n))
        for n in range(20 if day < SALE_DAYS else 0)
    ]  # fmt: skip
    assert not await send(driver, ORDERS, [("gala", order) for order in orders])
    tick = TicketAction(id=f"t{day:02}", event="gala", kind="time", time=at(day, 90))
    assert not await send(driver, TICKET_ACTIONS, [("gala", tick)])
    crowd = VenueOccupancy(event_id=f"v{day:02}", time=at(day, 95), persons=100, entered=100, left=0, seen=0)
    assert not await send(driver, OCCUPANCY, [("venue", crowd)])


GALA = {"id": "gala", "date": str(at(SALE_DAYS, 0).date()), "on_sale": str(at(0, 0) - timedelta(days=1)),
        "types": [{"id": "day", "capacity": 5000}]}  # fmt: skip
TICKET_VENUE = venue_type([TICKETS]).model_validate({"name": "Test", "tickets": {"events": [GALA]}})


async def promotion(driver: TestDriver, day: int) -> None:
    """One campaign for all days, whose showings are new each day."""
    variant = MessageVariant(id="v", es="Hola", en="Hello", made_at=at(0, 0))
    actions: list[tuple[str, dict[str, Any]]] = [("begin", {"title": "Summer"}), ("add", {"variant": variant})]
    actions += [("approve", {"variant_id": "v"})]
    for kind, more in actions if day == 0 else []:
        action = PromotionAction(id=kind, campaign="summer", kind=kind, time=at(day, 0), by="pau", **more)  # type: ignore[arg-type]
        assert not await send(driver, PROMOTION_ACTIONS, [("summer", action)])
    for kind in ("shown", "response"):
        events = [
            PromotionEvent(showing=f"d{day:02}-{n}", campaign="summer", kind=kind, variant="v", taste="rock",
                           propensity=1.0, variants=1, time=at(day, n))
            for n in range(40)
        ]  # type: ignore[arg-type]  # fmt: skip
        assert not await send(driver, PROMOTION_EVENTS, [("summer", event) for event in events])


ACTS = [{"id": "faro", "name": "Faro", "genres": ["rock"]}, {"id": "nube", "name": "Nube", "genres": ["jazz"]}]
PROGRAMME_VENUE = venue_type([PROGRAMME]).model_validate({"name": "Test", "programme": {"acts": ACTS}})
SETS = [
    {"id": "set-0", "day": f"{BEGIN:%Y-%m-%d}", "begin": BEGIN.isoformat(),
     "end": (BEGIN + timedelta(hours=1)).isoformat(), "stage": "main", "act": ACTS[0]["id"], "name": ACTS[0]["name"]}
]  # fmt: skip
SETS_VENUE = venue_type([PROGRAMME]).model_validate({"name": "Test", "programme": {"acts": ACTS, "sets": SETS}})
EMPTY_VENUE = Venue(name="Test")

SIMULATIONS = {
    "alerts/alarms": Simulation(alerts, driver_of("alerts")),
    "alerts/sources": Simulation(sources, driver_of("alerts")),
    "vision/attendance": Simulation(attendance, driver_of("vision", kind=VisionDriver)),
    "vision/cameras": Simulation(cameras, driver_of("vision", kind=VisionDriver)),
    "vision/queues": Simulation(queues, driver_of("vision", kind=VisionDriver)),
    # Each slot of the week has been open, and each expert of the second week has begun.
    "bars/bars": Simulation(bars, driver_of("bars"), full_after=16),
    # The last orders come on the fourth day, the event is on the fifth.
    "bars/tickets": Simulation(tickets, driver_of("bars", TICKET_VENUE), full_after=SALE_DAYS + 2),
    "music/stages": Simulation(music, driver_of("music", EMPTY_VENUE, MusicDriver), full_after=10),
    "support/moments": Simulation(moments, driver_of("support", SETS_VENUE), full_after=5),
    "support/desk": Simulation(support, driver_of("support"), full_after=10),
    "support/promotion": Simulation(promotion, driver_of("support", PROGRAMME_VENUE), full_after=8),
    "support/posts": Simulation(social, driver_of("support")),
    "support/recommendations": Simulation(recommendations, driver_of("support", PROGRAMME_VENUE), full_after=32),
}


def rows_of(driver: TestDriver, name: str) -> dict[bytes, bytes]:
    """Return the rows of a table."""
    return driver.tables[name.partition("/")[2]]


@pytest.fixture
def small_memories(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the memories that are bounded by a number fill within days: at a festival they do within hours."""
    monkeypatch.setattr(desk, "RECENT_MESSAGES", 60)
    monkeypatch.setattr(desk, "REPEAT_COUNTERS", 20)
    monkeypatch.setattr(desk, "MAX_TOPIC_EXAMPLES", 20)
    monkeypatch.setattr(posts, "RECENT_POSTS", 200)
    monkeypatch.setattr(minutes, "RECENT_POSTS", 100)
    monkeypatch.setattr(ledger, "REMEMBERED_MOVEMENTS", 8)


@pytest.mark.usefixtures("small_memories")
@pytest.mark.parametrize("name", sorted(TABLES))
async def test_state_does_not_grow_with_days(name: str) -> None:
    simulation = SIMULATIONS.get(name)
    assert simulation is not None, f"say how the table {name} is bounded: add a day of its events here"
    driver = simulation.driver()
    try:
        sizes = []
        for day in range(simulation.full_after + DAYS):
            await simulation.day(driver, day)
            rows = rows_of(driver, name)
            sizes.append((len(rows), sum(len(key) + len(row) for key, row in rows.items())))
    finally:
        driver.close()
    print(name, "after 1 day, when full, at the end:", sizes[0], sizes[simulation.full_after - 1], sizes[-1])
    (rows_before, before), (rows_after, after) = sizes[simulation.full_after - 1], sizes[-1]
    assert rows_before > 0
    assert rows_after <= GROWTH * rows_before
    assert after <= GROWTH * before


EXPIRING = {name: table for name, table in TABLES.items() if table.idle is not None}


@pytest.mark.parametrize("name", sorted(EXPIRING))
def test_rows_outlive_the_records_that_they_remember(name: str) -> None:
    table: StateTopics = EXPIRING[name]
    assert table.idle is not None
    kept = timedelta(days=3) if name == "alerts/alarms" else table.idle  # raised ones, which people act on
    for topic in table.topics:
        assert kept > 1.5 * timedelta(milliseconds=topic.retention_ms)
