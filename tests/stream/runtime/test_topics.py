"""Tests of topic settings that take effect only after days."""

from __future__ import annotations

import pytest

from schemas.topic import HOUR, Topic
from stream.features import registry
from stream.runtime.topics import topic_config


@pytest.mark.parametrize(
    "topic", [*registry.topics(), *(topic.dead for topic in registry.topics())], ids=lambda topic: topic.name
)
def test_topic_expires_in_time_with_few_open_segments(topic: Topic) -> None:
    """Kafka deletes a segment when its newest record has expired, and keeps its file open until then."""
    config = topic_config(topic)
    retention, segment = int(config["retention.ms"]), int(config["segment.ms"])
    if topic.compacted:
        assert (retention, segment) == (-1, HOUR)
        return
    assert retention == topic.retention_ms
    assert retention / segment <= 24
    assert segment <= min(retention, max(HOUR, retention / 24))
