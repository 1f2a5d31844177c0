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

from schemas.alerts import ACTIONS, ALERTS, OBSERVATIONS
from schemas.attendance import ATTENDANCE
from schemas.bars import SALES, STOCK
from schemas.cameras import FRAMES
from schemas.cloudevents import Envelope
from schemas.context import CONTEXT
from schemas.models import FEEDBACK
from schemas.music import SNIPPETS
from schemas.social import POSTS
from schemas.support import CORRECTIONS, MAILS
from schemas.topic import Topic
from schemas.venue import Venue
from stream.features import registry
from stream.runtime.settings import Settings
from stream.runtime.testing import SentRecord, TestDriver, TestEvent
from stream.runtime.venue_file import read_venue
from tests.fuzz.conftest import TIMES, Surface
from tests.fuzz.mutation import MEDIA_PIECES, Mutation

pytestmark = pytest.mark.stack
SHORT = {SALES: 200, STOCK: 200, CONTEXT: 100, ATTENDANCE: 100, FEEDBACK: 100, ACTIONS: 150, OBSERVATIONS: 150,
         ALERTS: 100, CORRECTIONS: 40, MAILS: 30, POSTS: 30, FRAMES: 60, SNIPPETS: 20}  # fmt: skip
"""inputs of the short set; of the results, which the alerts worker reads, 60 each"""
READ: list[tuple[str, Topic]] = [
    *(("bars", topic) for topic in (SALES, STOCK, CONTEXT)),
    *(("support", topic) for topic in (CORRECTIONS, MAILS, POSTS)),
    *(("vision", topic) for topic in (FRAMES, ATTENDANCE)),
    *(("vision", topic) for feature in registry.features() if feature.frame_observers for topic in feature.topics),
    *(("music", topic) for topic in (SNIPPETS, FEEDBACK)),
    *(("alerts", topic) for topic in (OBSERVATIONS, ACTIONS, ALERTS, *registry.result_topics())),
]


@pytest.fixture(scope="module")
def worker_of(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], TestDriver]:
    """Return a worker by name; only the last one is kept, to hold one set of models in memory."""
    made: dict[str, TestDriver] = {}
    settings = Settings(data=tmp_path_factory.mktemp("workers"), kafka="127.0.0.1:1", redis=redis_url)

    def get(name: str) -> TestDriver:
        if name not in made:
            made.clear()
            made[name] = TestDriver(
                registry.agents_of(name), read_venue(settings.venue), settings=settings, worker=name
            )
            tried = {topic.name for worker, topic in READ if worker == name}
            assert {topic.name for topic in made[name].topics} == tried, "each topic that a worker reads must be tried"
        return made[name]

    return get


@pytest.mark.parametrize(("name", "topic"), READ, ids=[topic.name for _, topic in READ])
@pytest.mark.timeout(3600)
async def test_topic(name: str, topic: Topic, worker_of: Callable[[str], TestDriver], surface: Surface) -> None:
    worker = worker_of(name)
    mutation = Mutation(topic.name, names_of(worker.venue), known_of(worker.venue))
    wrong: list[str] = []
    left = SHORT.get(topic, 60) * TIMES
    while left > 0:
        batch = [record(worker, topic, mutation) for _ in range(min(left, mutation.random.randint(1, 12)))]
        left -= len(batch)
        with surface.timed(len(batch), batch):
            sent = (await worker.send_events(topic, batch)).records
        for one in sent:
            if (why := check(one)) is not None:
                wrong.append(f"{why}: {one.value!r:.300}")
            if one.topic == topic.dead.name:
                headers = dict(one.headers)
                reason = headers["pulso_dead_reason"].decode()
                surface.refuse(reason)
                if reason == "unexpected":
                    wrong.append(f"{headers['pulso_dead_error'].decode()}: {one.value!r:.600}")
    assert not wrong, f"{len(wrong)}, such as\n" + "\n".join(wrong[:12])


def record(worker: TestDriver, topic: Topic, mutation: Mutation) -> TestEvent:
    """One record: a value and key that fit or do not, and CloudEvents headers of which one in ten is bent."""
    choose = mutation.random
    value, key = MAKERS[topic](mutation, worker.venue) if topic in MAKERS else made(mutation, topic, worker.venue)
    if choose.random() < 0.03:
        key = choose.choice((None, b"", b"\xff\xfe", b"\x00", b"k" * 5_000))
    if choose.random() < 0.02:
        value = choose.choice((None, b"", b"\x00"))
    return worker.raw_event(topic, key, value, headers_of(topic, mutation))


def headers_of(topic: Topic, mutation: Mutation) -> Any:
    now = datetime.now(UTC)
    name = f"fuzz-{mutation.random.getrandbits(64)}"
    headers = Envelope(name, topic.event_type, "test", now, topic.content_type, now).headers()
    if mutation.random.random() > 0.1:
        return headers
    at = mutation.random.randrange(len(headers))
    other = mutation.random.choice((mutation.instant().encode(), b"", b"\xff", b"x" * 20_000, mutation.text().encode()))
    return mutation.random.choice((
        None, [], headers[:at], headers + headers, [*headers[:at], (headers[at][0], other), *headers[at + 1 :]],
        [(one, None) for one, _ in headers],
    ))  # fmt: skip


def made(mutation: Mutation, topic: Topic, venue: Venue) -> tuple[bytes | None, bytes | None]:
    """JSON of the topic's type, and its key, which for most is a field."""
    assert topic.record is not None
    of_key = topic.key if topic.key in ("bar", "thread", "camera", "stage", "network", "id") else "key"
    if of_key not in topic.record.__struct_fields__:
        return mutation.json(topic.record), mutation.text().encode()
    known = known_of(venue).get(of_key)
    name = mutation.random.choice(known) if known and mutation.random.random() < 0.9 else mutation.text()
    return mutation.json(topic.record, **{of_key: name}), name.encode()


def frame(mutation: Mutation, venue: Venue) -> tuple[bytes, bytes]:
    """Return an image of a configured camera, mostly invalid."""
    choose = mutation.random
    camera = choose.choice(venue.cameras).id if choose.random() < 0.95 else mutation.text()
    height, width = choose.choice(((16, 16), (15, 40), (90, 160), (90, 160), (1, 3000), (240, 320)))
    grey = np.random.default_rng(choose.getrandbits(32)).integers(0, 255, (height, width, 3), np.uint8)
    _, body = cv2.imencode(choose.choice((".jpg", ".jpg", ".jpg", ".png", ".webp", ".bmp", ".tiff")), grey)
    data = body.tobytes()
    chance = choose.random()
    if chance < 0.15:
        return data, camera.encode()
    if chance < 0.25:
        return data[: choose.randrange(len(data))], camera.encode()
    return mutation.noise(data, MEDIA_PIECES), camera.encode()


def fragment(mutation: Mutation, venue: Venue) -> tuple[bytes, bytes]:
    """Return sound of a configured stage, mostly invalid."""
    choose = mutation.random
    stage = choose.choice(venue.stages).id if choose.random() < 0.95 else mutation.text()
    rate, channels = choose.choice(((8_000, 1), (22_050, 2), (1_000, 1), (44_100, 1)))
    noise = np.random.default_rng(choose.getrandbits(32)).uniform(-0.2, 0.2, (int(rate * 1.2), channels))
    kind, subtype = choose.choice((("WAV", "PCM_16"), ("WAV", "FLOAT"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")))
    if subtype == "FLOAT" and choose.random() < 0.5:
        noise[5] = choose.choice((np.nan, np.inf, 1e30))
    file = io.BytesIO()
    soundfile.write(file, noise, rate, format=kind, subtype=subtype)
    data = file.getvalue()
    chance = choose.random()
    if chance < 0.1:
        return data, stage.encode()
    return (data[: choose.randrange(len(data))] if chance < 0.3 else mutation.noise(data, MEDIA_PIECES)), stage.encode()


MAKERS: dict[Topic, Callable[[Mutation, Venue], tuple[bytes, bytes]]] = {FRAMES: frame, SNIPPETS: fragment}


def names_of(venue: Venue) -> list[str]:
    """Return the ids of the venue file."""
    return [
        *(zone.id for zone in venue.zones), *(camera.id for camera in venue.cameras), *(bar.id for bar in venue.bars),
        *(product.id for bar in venue.bars for product in bar.products), *(stage.id for stage in venue.stages),
        *registry.rules_by_name(), *(gate.id for camera in venue.cameras for gate in camera.gates),
        "venue", "store", "sara",
    ]  # fmt: skip


def known_of(venue: Venue) -> dict[str, list[str]]:
    """Return a plausible value of a field, so that most records pass the first validation."""
    rules = list(registry.rules_by_name())
    bars, cameras = [bar.id for bar in venue.bars], [camera.id for camera in venue.cameras]
    return {
        "bar": bars, "other": bars, "camera": cameras,
        "product": [one.id for bar in venue.bars for one in bar.products],
        "zone": [zone.id for zone in venue.zones], "stage": [stage.id for stage in venue.stages],
        "rule": rules, "key": [f"{rule}/front" for rule in rules],
        "model": ["mood", "genre", "crowd"],
    }  # fmt: skip


def check(sent: SentRecord) -> str | None:
    """Return why a record that a worker sent is of no use to its readers, or None."""
    headers = dict(sent.headers)
    if sent.topic.endswith(".dead"):
        return None if headers.get("pulso_dead_reason") and headers.get("pulso_dead_error") else "no reason is given"
    topic = registry.topics_by_name()[sent.topic]
    try:
        Envelope.from_headers(sent.headers)
        if topic.record is not None:
            msgspec.json.decode(sent.value or b"", type=topic.record)
    except ValueError as error:
        return f"{sent.topic} can't be read: {error}"
    return None
