"""People in queue polygons, counted on frames of known content."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from processors.cameras.frame_observer import FrameMeasurements
from processors.queues.observer import QueueObserver
from schemas.cameras import CameraSettings
from schemas.queues import QUEUE_COUNTS, QueueSettings

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)
LEFT_HALF = [(0, 0), (0.5, 0), (0.5, 1), (0, 1)]


def queue(name: str, camera: str = "square") -> QueueSettings:
    return QueueSettings(id=name, camera=camera, polygon=LEFT_HALF)


def measurements(heads: np.ndarray | None) -> FrameMeasurements:
    rows, columns = (0, 0) if heads is None else heads.shape
    camera = CameraSettings(id="square")
    blind = "frozen" if heads is None else None
    return FrameMeasurements(camera, "f1", AT, heads, rows, columns, blind=blind)


def test_observer_counts_heads_in_each_queue_of_the_camera() -> None:
    observer = QueueObserver([queue("bar"), queue("toilets"), queue("gate", camera="entrance")])
    observations = list(observer.observe(measurements(np.full((10, 20), 0.1, np.float32))))
    assert [(one.topic, one.key, one.part) for one in observations] == [
        (QUEUE_COUNTS, "bar", "bar"), (QUEUE_COUNTS, "toilets", "toilets"),
    ]  # fmt: skip
    assert observations[0].payload.persons == pytest.approx(10, rel=0.01)  # type: ignore[attr-defined]


def test_observer_of_blind_camera_reports_no_persons() -> None:
    (observations,) = QueueObserver([queue("bar")]).observe(measurements(None))
    assert observations.payload.persons is None  # type: ignore[attr-defined]


def test_observer_names_only_cameras_with_queues() -> None:
    assert QueueObserver([]).cameras == frozenset()
    assert QueueObserver([queue("bar")]).cameras == {"square"}
