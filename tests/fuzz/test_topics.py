"""Fuzz tests of every input topic: mutated records pass through decoding and handlers of the workers, offline."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
import soundfile

from processors.event_time import MAX_AHEAD
from schemas.alerts import ACTIONS, ALERTS, OBSERVATIONS
from schemas.attendance import ATTENDANCE, OCCUPANCY
from schemas.bars import DEMAND, SALES, STOCK
from schemas.cameras import FRAMES
from schemas.captions import CORRECTIONS as CAPTION_CORRECTIONS
from schemas.captions import SPEECH
from schemas.cloudevents import Envelope
from schemas.context import CONTEXT
from schemas.crowd import CROWD
from schemas.itinerary import WISHES
from schemas.models import FEEDBACK
from schemas.moments import MOMENT_LINKS
from schemas.music import SNIPPETS
from schemas.programme import PROGRAMME_SETS
from schemas.promotion import PROMOTION_ACTIONS, PROMOTION_EVENTS
from schemas.recommendations import TASTE_EVENTS
from schemas.routes import PATH_STATES
from schemas.social import POST_READINGS, POSTS
from schemas.sources import REPORTS
from schemas.support import CORRECTIONS, MAILS
from schemas.tickets import ORDERS, TICKET_ACTIONS, TICKETS
from schemas.topic import Topic
from schemas.venue import Venue
from stream.features import registry
from stream.runtime.settings import Settings
from stream.runtime.testing import SentRecord, TestDriver, TestEvent
from stream.runtime.venue_file import read_venue
from tests.fuzz.conftest import INPUT_MULTIPLIER, SurfaceStatistics
from tests.fuzz.input_generator import MEDIA_PIECES, InputGenerator

pytestmark = pytest.mark.stack
INPUT_COUNTS = {SALES: 200, STOCK: 200, CONTEXT: 100, ATTENDANCE: 100, FEEDBACK: 100, ACTIONS: 150, OBSERVATIONS: 150,
         ALERTS: 100, CORRECTIONS: 40, MAILS: 30, POSTS: 30, FRAMES: 60, SNIPPETS: 20, SPEECH: 20}  # fmt: skip
"""Inputs of the short set; 60 of each other topic."""
WORKER_TOPICS: list[tuple[str, Topic]] = [
    *(("bars", topic) for topic in (SALES, STOCK, CONTEXT, ORDERS, TICKET_ACTIONS, OCCUPANCY)),
    *(
        ("support", topic)
        for topic in (
            CORRECTIONS,
            MAILS,
            POSTS,
            WISHES,
            PROGRAMME_SETS,
            PATH_STATES,
            TASTE_EVENTS,
            CROWD,
            PROMOTION_ACTIONS,
            PROMOTION_EVENTS,
            POST_READINGS,
            MOMENT_LINKS,
        )
    ),
    *(("vision", topic) for topic in (FRAMES, ATTENDANCE)),
    *(("vision", topic) for feature in registry.features() if feature.frame_observers for topic in feature.topics),
    *(("music", topic) for topic in (SNIPPETS, FEEDBACK)),
    *(("captions", topic) for topic in (SPEECH, CAPTION_CORRECTIONS)),
    *(("alerts", topic) for topic in (OBSERVATIONS, ACTIONS, ALERTS, REPORTS, *registry.result_topics())),
]


@pytest.fixture(scope="module")
def get_worker(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], TestDriver]:
    """Return a worker by name; only the last one is kept, to hold one set of models in memory."""
    drivers: dict[str, TestDriver] = {}
    settings = Settings(data=tmp_path_factory.mktemp("workers"), kafka="127.0.0.1:1", redis=redis_url)

    def get(name: str) -> TestDriver:
        if name not in drivers:
            drivers.clear()
            drivers[name] = TestDriver(registry.agents_of(name), fuzzed_venue(settings), settings=settings, worker=name)
            tested = {topic.name for worker, topic in WORKER_TOPICS if worker == name}
            assert {topic.name for topic in drivers[name].topics} == tested, (
                "each topic that a worker reads must be tested"
            )
        return drivers[name]

    return get


def fuzzed_venue(settings: Settings) -> Venue:
    """Return the default venue, with an event whose tickets are sold."""
    prices = {
        "ladder_cents": [4000, 4500], "start_cents": 4000, "floor_cents": 4000, "ceiling_cents": 4500,
        "largest_step_cents": 500,
    }  # fmt: skip
    types = [{"id": "day", "capacity": 100, "prices": prices}, {"id": "camping"}]
    event = {"id": "gala", "date": "2027-07-03", "on_sale": "2026-03-01T10:00:00Z", "types": types}
    section = TICKETS.type.model_validate({"events": [event]})
    return read_venue(settings.venue).model_copy(update={TICKETS.name: section})


@pytest.mark.parametrize(("name", "topic"), WORKER_TOPICS, ids=[topic.name for _, topic in WORKER_TOPICS])
@pytest.mark.timeout(3600)
async def test_topic(
    name: str, topic: Topic, get_worker: Callable[[str], TestDriver], statistics: SurfaceStatistics
) -> None:
    worker = get_worker(name)
    generator = InputGenerator(topic.name, venue_ids(worker.venue), known_field_values(worker.venue))
    errors: list[str] = []
    remaining = INPUT_COUNTS.get(topic, 60) * INPUT_MULTIPLIER
    while remaining > 0:
        batch = [random_event(worker, topic, generator) for _ in range(min(remaining, generator.random.randint(1, 12)))]
        remaining -= len(batch)
        with statistics.measure(len(batch), batch):
            sent = (await worker.send_events(topic, batch)).records
        for record in sent:
            if (error := find_error(record)) is not None:
                errors.append(f"{error}: {record.value!r:.300}")
            if record.topic == topic.dead.name:
                headers = dict(record.headers)
                reason = headers["pulso_dead_reason"].decode()
                statistics.count_refusal(reason)
                if reason == "unexpected":
                    errors.append(f"{headers['pulso_dead_error'].decode()}: {record.value!r:.600}")
    assert not errors, f"{len(errors)}, such as\n" + "\n".join(errors[:12])


def random_event(worker: TestDriver, topic: Topic, generator: InputGenerator) -> TestEvent:
    """Return an event with a valid or invalid value and key; one in ten has invalid CloudEvents headers."""
    rng = generator.random
    value, key = (
        PAYLOAD_GENERATORS[topic](generator, worker.venue)
        if topic in PAYLOAD_GENERATORS
        else random_payload(generator, topic, worker.venue)
    )
    if rng.random() < 0.03:
        key = rng.choice((None, b"", b"\xff\xfe", b"\x00", b"k" * 5_000))
    if rng.random() < 0.02:
        value = rng.choice((None, b"", b"\x00"))
    event = worker.raw_event(topic, key, value, random_headers(topic, generator))
    event.message.timestamp = datetime.now(UTC).timestamp()
    return event


def random_headers(topic: Topic, generator: InputGenerator) -> Any:
    now = datetime.now(UTC)
    name = f"fuzz-{generator.random.getrandbits(64)}"
    headers = Envelope(name, topic.event_type, "test", now, topic.content_type, now).headers()
    if generator.random.random() > 0.1:
        return headers
    at = generator.random.randrange(len(headers))
    other = generator.random.choice(
        (generator.random_time().encode(), b"", b"\xff", b"x" * 20_000, generator.random_text().encode())
    )
    return generator.random.choice((
        None, [], headers[:at], headers + headers, [*headers[:at], (headers[at][0], other), *headers[at + 1 :]],
        [(one, None) for one, _ in headers],
    ))  # fmt: skip


def random_payload(generator: InputGenerator, topic: Topic, venue: Venue) -> tuple[bytes | None, bytes | None]:
    """Return JSON of the topic's type and the record's key, which for most types is one of its fields."""
    assert topic.record is not None
    key_field = topic.key if topic.key in ("bar", "thread", "camera", "stage", "network", "id", "event") else "key"
    if key_field not in topic.record.__struct_fields__:
        return generator.random_json(topic.record), generator.random_text().encode()
    known_values = known_field_values(venue).get(key_field)
    name = (
        generator.random.choice(known_values)
        if known_values and generator.random.random() < 0.9
        else generator.random_text()
    )
    return generator.random_json(topic.record, **{key_field: name}), name.encode()


def random_frame(generator: InputGenerator, venue: Venue) -> tuple[bytes, bytes]:
    """Return an image of a configured camera, mostly invalid."""
    rng = generator.random
    camera = rng.choice(venue.cameras).id if rng.random() < 0.95 else generator.random_text()
    height, width = rng.choice(((16, 16), (15, 40), (90, 160), (90, 160), (1, 3000), (240, 320)))
    pixels = np.random.default_rng(rng.getrandbits(32)).integers(0, 255, (height, width, 3), np.uint8)
    _, body = cv2.imencode(rng.choice((".jpg", ".jpg", ".jpg", ".png", ".webp", ".bmp", ".tiff")), pixels)
    data = body.tobytes()
    chance = rng.random()
    if chance < 0.15:
        return data, camera.encode()
    if chance < 0.25:
        return data[: rng.randrange(len(data))], camera.encode()
    return generator.mutate_bytes(data, MEDIA_PIECES), camera.encode()


def random_fragment(generator: InputGenerator, venue: Venue) -> tuple[bytes, bytes]:
    """Return sound of a configured stage, mostly invalid."""
    rng = generator.random
    stage = rng.choice(venue.stages).id if rng.random() < 0.95 else generator.random_text()
    rate, channels = rng.choice(((8_000, 1), (22_050, 2), (1_000, 1), (44_100, 1)))
    noise = np.random.default_rng(rng.getrandbits(32)).uniform(-0.2, 0.2, (int(rate * 1.2), channels))
    kind, subtype = rng.choice((("WAV", "PCM_16"), ("WAV", "FLOAT"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")))
    if subtype == "FLOAT" and rng.random() < 0.5:
        noise[5] = rng.choice((np.nan, np.inf, 1e30))
    file = io.BytesIO()
    soundfile.write(file, noise, rate, format=kind, subtype=subtype)
    data = file.getvalue()
    chance = rng.random()
    if chance < 0.1:
        return data, stage.encode()
    return (
        data[: rng.randrange(len(data))] if chance < 0.3 else generator.mutate_bytes(data, MEDIA_PIECES)
    ), stage.encode()


PAYLOAD_GENERATORS: dict[Topic, Callable[[InputGenerator, Venue], tuple[bytes, bytes]]] = {
    FRAMES: random_frame,
    SNIPPETS: random_fragment,
    SPEECH: random_fragment,
}


def venue_ids(venue: Venue) -> list[str]:
    """Return the ids of the venue file."""
    return [
        *(zone.id for zone in venue.zones), *(camera.id for camera in venue.cameras), *(bar.id for bar in venue.bars),
        *(product.id for bar in venue.bars for product in bar.products), *(stage.id for stage in venue.stages),
        *registry.rules_by_name(), *(gate.id for camera in venue.cameras for gate in camera.gates),
        "venue", "store", "sara",
    ]  # fmt: skip


def known_field_values(venue: Venue) -> dict[str, list[str]]:
    """Return plausible values by field name, with which most records pass the first validation."""
    rules = list(registry.rules_by_name())
    bars, cameras = [bar.id for bar in venue.bars], [camera.id for camera in venue.cameras]
    return {
        "bar": bars, "other": bars, "camera": cameras,
        "product": [one.id for bar in venue.bars for one in bar.products],
        "zone": [zone.id for zone in venue.zones], "stage": [stage.id for stage in venue.stages],
        "rule": rules, "key": [f"{rule}/front" for rule in rules],
        "model": ["mood", "genre", "crowd"], "event": [one.id for one in venue.section(TICKETS).events],
        "type": [one.id for event in venue.section(TICKETS).events for one in event.types], "currency": ["EUR"],
        "campaign": ["summer", "winter"], "variant_id": ["a"], "showing": ["s1", "s2", "s3"], "taste": ["rock", ""],
    }  # fmt: skip


def find_error(sent: SentRecord) -> str | None:
    """Return the reason for which readers can't use a record that a worker sent, or None."""
    headers = dict(sent.headers)
    if sent.topic.endswith(".dead"):
        return None if headers.get("pulso_dead_reason") and headers.get("pulso_dead_error") else "no reason is given"
    topic = registry.topics_by_name()[sent.topic]
    try:
        Envelope.from_headers(sent.headers)
        if topic.record is not None:
            payload = msgspec.json.decode(sent.value or b"", type=topic.record)
            if topic is DEMAND and payload.time > datetime.now(UTC) + MAX_AHEAD:
                return f"the clock of bar {payload.bar} is ahead: {payload.time.isoformat()}"
    except ValueError as error:
        return f"{sent.topic} can't be read: {error}"
    return None
