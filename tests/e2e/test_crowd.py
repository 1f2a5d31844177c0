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
from tests.e2e.conftest import StackClient

EVENING = Evening()
CAMERA, ZONE = "gate-east", "gate"
CROWDED = clock("18:40")


def send_frames(stack_client: StackClient, first: int, last: int) -> None:
    """Send frames of the crowd at the gate, eight a second, as if received just now."""
    received = datetime.now(UTC) + timedelta(minutes=30)  # so that no frame is dropped as too old on a slow machine
    with EventProducer(stack_client.settings) as producer:
        for eighth in range(first, last):
            time = CROWDED + eighth / 8
            envelope = Envelope(
                f"{CAMERA}/{eighth}", FRAMES.event_type, "test", EVENING.at(time), FRAMES.content_type, received
            )
            jpeg = render(EVENING, CAMERA, ZONE, time).jpeg()
            producer.send_raw(FRAMES.name, key=CAMERA.encode(), value=jpeg, headers=envelope.headers())


def send_attendance_change(stack_client: StackClient, kind: AttendanceKind, persons: float) -> None:
    now = datetime.now(UTC)
    change = AttendanceChange(id=f"{kind}-{persons}", kind=kind, time=now, by="ana", persons=persons)
    with EventProducer(stack_client.settings) as producer:
        producer.send(ATTENDANCE, key=VENUE, value=change, id=change.id, source="test", time=now)


@pytest.mark.stack
@pytest.mark.timeout(420)
@pytest.mark.workers("vision", "alerts", venue=Path(__file__).parent / "crowd_venue.yaml")
def test_crush_at_gate_leads_from_image_to_evidence(stack_client: StackClient) -> None:
    send_frames(stack_client, 0, 8 * 13)

    def counts_if_complete(number: int) -> list[Any]:
        counts = [record for _, record in stack_client.records(CROWD)]
        return counts if len(counts) >= number else []

    counts = stack_client.wait_for("thirteen counts", lambda: counts_if_complete(13))
    flows = [zone.flow for count in counts for zone in count.zones if zone.flow is not None]
    assert flows and all(abs(flow.direction - 180) < 30 for flow in flows), "they walk towards the camera"

    (raised,) = stack_client.wait_for(
        "the gate is over its capacity",
        lambda: [a for a in stack_client.alerts("security") if a.rule == "crowd-capacity" and a.state == "raised"],
    )
    assert raised.subject == f"{ZONE}/{CAMERA}" and len(raised.evidence) == 1
    redis = Redis.from_url(stack_client.settings.redis_url())
    stored: Any = redis.hgetall(EVIDENCE.format(id=raised.evidence[0]))
    assert stored[b"content_type"] == b"image/webp" and stored[b"body"][:4] == b"RIFF"
    stack_client.wait_for(
        "the evidence does not expire before the alert",
        lambda: redis.ttl(EVIDENCE.format(id=raised.evidence[0])) > 3600,
    )

    contexts = [record for _, record in stack_client.records(CONTEXT)]
    assert 1 <= len(contexts) <= 3, "context is not published every second"

    occupancy = stack_client.wait_for(
        "people came in by the gate", lambda: [r for _, r in stack_client.records(OCCUPANCY)]
    )
    assert occupancy[-1].entered > 5 * occupancy[-1].left

    send_attendance_change(stack_client, "correct", 1234)
    stack_client.stack.kill("vision")
    stack_client.stack.restart("vision")
    corrected = stack_client.wait_for(
        "the correction by a person", lambda: [r for _, r in stack_client.records(OCCUPANCY) if r.persons > 1000]
    )
    assert corrected[-1].persons == pytest.approx(1234, abs=60)

    send_frames(stack_client, 8 * 13, 8 * 20)
    stack_client.wait_for("the counts after a kill", lambda: counts_if_complete(20))
    crossings = [r for _, r in stack_client.records(ATTENDANCE) if r.kind == "crossing"]
    assert all(times == 1 for times in Counter(change.id for change in crossings).values())
    total = stack_client.wait_for(
        "the entries before and after the kill",
        lambda: [r for _, r in stack_client.records(OCCUPANCY) if r.entered > occupancy[-1].entered],
    )
    assert total[-1].entered <= sum(change.entered for change in crossings) + 1e-6
    assert not stack_client.dead_letters(FRAMES) and not stack_client.dead_letters(ATTENDANCE)
