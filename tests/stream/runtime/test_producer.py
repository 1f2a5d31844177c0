"""Partitions of keys and delivery reports of the producer, without a broker."""

from __future__ import annotations

import queue

import pytest

from stream.runtime.producer import EventProducer, partition_of
from stream.runtime.settings import Settings


@pytest.mark.parametrize(("key", "partition"), [("north", 2), ("south", 3)])
def test_partition_of_key_equals_kafkas_murmur2(key: str, partition: int) -> None:
    assert partition_of(key, 4) == partition


def test_callback_that_fails_does_not_end_the_reports(caplog: pytest.LogCaptureFixture) -> None:
    reports: queue.Queue[str | None] = queue.Queue()

    def fail(_reason: str | None) -> None:
        raise RuntimeError("the caller's fault")

    producer = EventProducer(Settings(kafka="127.0.0.1:1"), timeout_s=1)
    producer.send_raw("t", key=b"k", value=b"1", headers=[], delivered=fail)
    while "the caller's fault" not in caplog.text:
        producer.send_raw("t", key=b"k", value=b"2", headers=[], delivered=reports.put)
        assert reports.get(timeout=30) is not None, "there is no broker"
    producer.send_raw("t", key=b"k", value=b"3", headers=[], delivered=reports.put)
    assert reports.get(timeout=30) is not None
    producer.close()
