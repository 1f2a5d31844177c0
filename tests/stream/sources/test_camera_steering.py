"""A camera source follows the rates that the workers want, over Kafka, and counts what it doesn't send."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest
from prometheus_client import REGISTRY

from schemas.cameras import CAMERA_RATES, FRAMES, CameraRate
from schemas.cloudevents import Envelope, Headers
from schemas.ids import CameraId, EventId
from stream.commands.source import steer_cameras
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.sources.camera import CameraSource
from tests.stream.sources.conftest import RecordReader

pytestmark = pytest.mark.stack

NAME = CameraId("steered-camera")
FRAMES_PER_SECOND = 20.0
VALID_SECONDS = 60.0


def counted(outcome: str) -> int:
    """Return the frames of the camera with an outcome."""
    labels = {"kind": "camera", "source": NAME, "outcome": outcome}
    return int(REGISTRY.get_sample_value("pulso_source_events_total", labels) or 0)


def wait_until(condition: Callable[[], bool], action: Callable[[], None] = lambda: None) -> None:
    """Wait for a condition, with an action at each check."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"sent {counted('sent')}, paced {counted('paced')}"
        action()
        time.sleep(0.1)


def test_source_follows_wanted_rates_and_counts_every_frame(
    tmp_path: Path, broker: Settings, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((32, 32, 3), np.uint8))
    source = CameraSource(NAME, str(tmp_path), frames_per_second=FRAMES_PER_SECOND)
    reader = steer_cameras([source], broker)
    assert reader is not None

    with EventProducer(broker) as producer:

        def want(rate: float | None) -> None:
            at = datetime.now(UTC)
            wanted = CameraRate(
                id=EventId(f"{at}"), camera=NAME, time=at, frames_per_second=rate, valid_seconds=VALID_SECONDS
            )
            producer.send(CAMERA_RATES, key=NAME, value=wanted, id=wanted.id, source="test", time=at)

        with run_sources(source):
            wait_until(lambda: counted("sent") >= 10)
            assert counted("paced") == 0, "nobody limits it"
            # Repeated, as a worker does: what came before the source began to read is not read.
            wait_until(lambda: counted("paced") > 0, lambda: want(1.0))
            sent, paced = counted("sent"), counted("paced")
            wait_until(lambda: counted("paced") >= paced + 40)
            assert counted("sent") - sent <= 6, "two seconds with a frame in each, and two that were on their way"
            want(None)
            sent = counted("sent")
            wait_until(lambda: counted("sent") >= sent + 20)
    reader.close()
    sent, paced = counted("sent"), counted("paced")
    records = record_reader.read(FRAMES, NAME)
    assert len(records) == sent
    ids = [Envelope.from_headers(cast(Headers, record.headers())).id for record in records]
    last = max(int(one.rsplit("/", 1)[1]) for one in ids)
    assert last + 1 == sent + paced, "every frame was sent or counted as kept back"
