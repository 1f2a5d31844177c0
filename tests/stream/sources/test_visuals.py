"""Frames of a stage's sound on their way to Kafka."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from processors.music.show_frames import ShowFrameStream
from schemas.visuals import STAGE_FRAMES, StageFrame, VisualsSettings
from stream.features.visuals import metrics
from stream.runtime.producer import NotDeliveredError
from stream.sources.source import EventSink
from stream.sources.visuals import VisualsSender

RATE = 24_000
NOW = datetime(2026, 7, 4, 22, tzinfo=UTC)


class Producer:
    """Producer that keeps what it is given, or refuses it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.full = False

    def send(self, topic: object, **fields: Any) -> None:
        assert topic is STAGE_FRAMES
        assert fields["max_wait_s"] == 0, "sound must not wait for Kafka"
        if self.full:
            raise NotDeliveredError("full")
        self.sent.append(fields)


def drum(seconds: float) -> np.ndarray[Any, Any]:
    time = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(0.5 * np.sin(440 * (time % 0.5)) * np.exp(-10 * (time % 0.5)) * (time > 0.2), np.float32)


def sender(producer: Producer) -> VisualsSender:
    sink = EventSink(producer, "microphone", "main")  # type: ignore[arg-type]
    return VisualsSender(VisualsSettings(stage="main"), sink, lambda: NOW)


def test_frames_are_records_with_ids_of_their_own() -> None:
    producer = Producer()
    visuals = sender(producer)
    for frame in ShowFrameStream(RATE, visuals.frames_per_second).feed(drum(10)):
        visuals.show_frame(frame)
    assert len(producer.sent) == pytest.approx(200, abs=1)
    assert len({one["id"] for one in producer.sent}) == len(producer.sent)
    last = producer.sent[-1]["value"]
    assert isinstance(last, StageFrame) and last.stage == "main" and last.tempo == pytest.approx(120, abs=2)


def test_next_beat_is_announced_in_each_frame() -> None:
    frames = ShowFrameStream(RATE, 20).feed(drum(12))
    beats = [number / 20 for number, frame in enumerate(frames) if frame.beat]
    announced = [(number / 20, frame.until_beat) for number, frame in enumerate(frames) if frame.until_beat is not None]
    late = [(time, wait) for time, wait in announced if 8 < time < 11]
    assert len(late) > 50
    for time, wait in late:
        assert min(abs(time + wait - beat) for beat in beats) < 0.1


def test_silence_announces_no_beat() -> None:
    assert all(frame.until_beat is None for frame in ShowFrameStream(RATE, 20).feed(np.zeros(5 * RATE, np.float32)))


def test_frame_that_kafka_does_not_take_is_counted() -> None:
    producer = Producer()
    visuals = sender(producer)
    frame = ShowFrameStream(RATE, 20).feed(drum(1))[-1]
    dropped = metrics.FRAMES_DROPPED.labels("main")
    before = dropped._value.get()
    producer.full = True
    visuals.show_frame(frame)
    producer.full = False
    visuals.show_frame(frame)
    producer.sent[0]["delivered"]("timed out")
    assert dropped._value.get() == before + 2
