"""Test of a fight alert: from images to the alert, with two seconds of blurred evidence that expires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from redis import Redis

from schemas.cameras import FRAMES
from simulation.crowd_images import render
from simulation.evening import INCIDENTS, Evening
from stream.local import LocalStack
from stream.runtime.producer import EventProducer
from tests.e2e.conftest import StackClient

CAMERA, ZONE = "bar-square", "bars"


@pytest.fixture
def fight_stack_client(tmp_path: Path) -> Iterator[StackClient]:
    """Stack with vision and alerts, and a low threshold for fights, because a rendered fight is not a real one."""
    venue = {
        "name": "Test",
        "zones": [{"id": ZONE, "area_m2": 100, "capacity": 900}],
        "cameras": [
            {
                "id": CAMERA,
                "views": [{"zone": ZONE, "polygon": [[0, 0], [1, 0], [1, 1]]}],
                "masks": [[[0, 0], [0.2, 0], [0.2, 0.2], [0, 0.2]]],
                "count_every_seconds": 60,
            }
        ],
        "rules": {
            "violence": {
                "raise_at": 0.02, "clear_at": 0.01, "on_delay_seconds": 1, "severity": "critical",
                "audience": ["security"],
            }
        },
        "evidence": {"keep_hours": 1},
    }  # fmt: skip
    file = tmp_path / "venue.yaml"
    file.write_text(yaml.safe_dump(venue), encoding="utf-8")
    workers = ("vision", "alerts")
    with LocalStack(tmp_path, venue=file, workers=workers, with_prometheus=False, with_console=False) as stack:
        yield StackClient(stack)


@pytest.mark.stack
def test_fight_alert_has_anonymous_evidence_and_resolves(fight_stack_client: StackClient) -> None:
    evening = Evening()
    (start,) = (incident.start for incident in INCIDENTS if incident.kind == "fight")
    with EventProducer(fight_stack_client.settings) as producer:
        for tick in range(40):
            second = start + 1 + tick / 8
            time = evening.doors + timedelta(seconds=second)
            jpeg = render(evening, CAMERA, ZONE, second).jpeg()
            producer.send(FRAMES, key=CAMERA, value=jpeg, id=f"f{tick}", source="test", time=time)

    def raised() -> list[tuple[str, ...]]:
        return [alert.evidence for alert in fight_stack_client.alerts("security") if alert.rule == "violence"]

    (evidence, *_) = fight_stack_client.wait_for("the alert of the fight", raised)
    assert len(evidence) == 1
    redis = Redis.from_url(fight_stack_client.settings.redis_url())
    name = f"pulso:evidence:{evidence[0]}"
    assert redis.hget(name, "content_type") == b"image/webp"
    assert 3000 < redis.ttl(name) <= 3600  # type: ignore[operator]
    body: bytes = redis.hget(name, "body")  # type: ignore[assignment]
    assert len(body) < 30_000
    read, animation = cv2.imdecodeanimation(np.frombuffer(body, np.uint8).reshape(1, -1))
    assert read
    assert 1.0 <= sum(animation.durations) / 1000 <= 2.2
    frame = animation.frames[0]
    assert frame.shape[:2] == (72, 96)
    assert frame[:10, :14, :3].max() < 40, "the mask of the venue file"
    assert np.ptp(frame[..., :3].astype(int), axis=-1).max() <= 6, "grey, but for rounding"
