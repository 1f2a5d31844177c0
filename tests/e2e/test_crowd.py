"""Test from frames to the control room: counts with flow, evidence of an alert in Redis, people in the venue."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from schemas.attendance import ATTENDANCE, OCCUPANCY, VENUE, AttendanceChange, AttendanceKind
from schemas.cameras import FRAMES
from schemas.cloudevents import Envelope
from schemas.context import CONTEXT
from schemas.crowd import CROWD
from simulation.crowd_images import render
from simulation.evening import Evening, clock
from stream.runtime.producer import EventProducer
from stream.stores.evidence import EVIDENCE
from tests.e2e.conftest import Outside

EVENING = Evening()
CAMERA, ZONE = "gate-east", "gate"
CROWDED = clock("18:40")


def send_frames(outside: Outside, first: int, last: int) -> None:
    """Eighths of a second of the crowd that comes in at the gate, as if they came this instant."""
    received = datetime.now(UTC) + timedelta(minutes=30)  # none is too old to be looked at, however slow the machine
    with EventProducer(outside.settings) as producer:
        for eighth in range(first, last):
            time = CROWDED + eighth / 8
            envelope = Envelope(
                f"{CAMERA}/{eighth}", FRAMES.event_type, "test", EVENING.at(time), FRAMES.content_type, received
            )
            jpeg = render(EVENING, CAMERA, ZONE, time).jpeg()
            producer.send_raw(FRAMES.name, key=CAMERA.encode(), value=jpeg, headers=envelope.headers())


def person_says(outside: Outside, kind: AttendanceKind, persons: float) -> None:
    now = datetime.now(UTC)
    change = AttendanceChange(id=f"{kind}-{persons}", kind=kind, time=now, by="ana", persons=persons)
    with EventProducer(outside.settings) as producer:
        producer.send(ATTENDANCE, key=VENUE, value=change, id=change.id, source="test", time=now)


@pytest.mark.stack
@pytest.mark.timeout(420)
@pytest.mark.workers("vision", "alerts", venue=Path(__file__).parent / "crowd_venue.yaml")
def test_crush_at_gate_leads_from_image_to_evidence(outside: Outside) -> None:
    send_frames(outside, 0, 8 * 13)

    def counted(number: int) -> list[Any]:
        found = [record for _, record in outside.records(CROWD)]
        return found if len(found) >= number else []

    counts = outside.wait("thirteen counts", lambda: counted(13))
    flows = [zone.flow for count in counts for zone in count.zones if zone.flow is not None]
    assert flows and all(abs(flow.direction - 180) < 30 for flow in flows), "they walk towards the camera"

    (raised,) = outside.wait(
        "the gate is over its capacity",
        lambda: [a for a in outside.alerts("security") if a.rule == "crowd-capacity" and a.state == "raised"],
    )
    assert raised.subject == f"{ZONE}/{CAMERA}" and len(raised.evidence) == 1
    redis = Redis.from_url(outside.settings.redis_url())
    stored: Any = redis.hgetall(EVIDENCE.format(id=raised.evidence[0]))
    assert stored[b"content_type"] == b"image/webp" and stored[b"body"][:4] == b"RIFF"
    outside.wait("it lives as long as the alert", lambda: redis.ttl(EVIDENCE.format(id=raised.evidence[0])) > 3600)

    contexts = [record for _, record in outside.records(CONTEXT)]
    assert 1 <= len(contexts) <= 3, "the bars need no word every second"

    occupancy = outside.wait("people came in by the gate", lambda: [r for _, r in outside.records(OCCUPANCY)])
    assert occupancy[-1].entered > 5 * occupancy[-1].left

    person_says(outside, "correct", 1234)
    outside.stack.kill("vision")
    outside.stack.restart("vision")
    now = outside.wait("a person is believed", lambda: [r for _, r in outside.records(OCCUPANCY) if r.persons > 1000])
    assert now[-1].persons == pytest.approx(1234, abs=60)

    send_frames(outside, 8 * 13, 8 * 20)
    outside.wait("it goes on after a kill", lambda: counted(20))
    crossings = [r for _, r in outside.records(ATTENDANCE) if r.kind == "crossing"]
    assert all(times == 1 for times in Counter(change.id for change in crossings).values())
    total = outside.wait(
        "what was entered before the kill is not forgotten",
        lambda: [r for _, r in outside.records(OCCUPANCY) if r.entered > occupancy[-1].entered],
    )
    assert total[-1].entered <= sum(change.entered for change in crossings) + 1e-6
    assert not outside.dead(FRAMES) and not outside.dead(ATTENDANCE)
