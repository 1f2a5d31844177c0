"""Tests of growing topics on a real Kafka: state goes with its keys, and what can't grow is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest
from confluent_kafka.admin import AdminClient

from schemas.alerts import ALERTS, OBSERVATIONS, Alert, Observation
from schemas.bars import SALES
from schemas.programme import PROGRAMME_SETS
from stream.features.clients import client_named
from stream.local import LocalStack
from stream.runtime.partitions import parse_partitions, partition_counts
from stream.runtime.producer import EventProducer, partition_of
from stream.runtime.retries import poller
from stream.runtime.settings import Settings
from stream.runtime.start_check import PartitionsError, check_kafka
from stream.runtime.topic_growth import TopicGrowthError, grow_topics
from stream.runtime.topic_reader import read_all

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

TWELVE = partition_counts(parse_partitions("alerts.observations=12"))
TOGETHER = ("alerts.observations", "alerts.actions", "pulso-alerts-alerts-alarms-changelog")
KEYS = [f"mail-urgent/mail-{number}" for number in range(20)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("growth")
    with LocalStack(folder, workers=["alerts"], with_prometheus=False, with_console=False) as running:
        yield running


def observe(producer: EventProducer, key: str, value: float, at: datetime) -> None:
    id_ = f"{key}-{value}-{at.timestamp()}"
    subject = key.partition("/")[2]
    observation = Observation(id=id_, key=key, rule="mail-urgent", subject=subject, time=at, value=value)
    producer.send(OBSERVATIONS, key=key, value=observation, id=id_, source="test", time=at)


def steps(settings: Settings, state: str) -> list[Alert]:
    decoder = msgspec.json.Decoder(Alert)
    found = [decoder.decode(message.value() or b"") for message in read_all(settings, ALERTS.name)]
    return [step for step in found if step.state == state]


def require_steps(settings: Settings, state: str) -> None:
    if (number := len({step.key for step in steps(settings, state)})) < len(KEYS):
        raise LookupError(f"{number} alerts are {state}")


def live_rows(settings: Settings) -> set[tuple[str, int]]:
    """Return key and partition of each row in the changelog of the alarms."""
    rows = {(message.key(), message.partition()): message.value() for message in read_all(settings, TOGETHER[2])}
    return {(key.decode(), partition) for (key, partition), row in rows.items() if row is not None}


def keep_sending(producer: EventProducer, stopped: threading.Event) -> None:
    """Send values of every key, in the partitions that the producer knew before the growth."""
    while not stopped.wait(0.05):
        now = datetime.now(UTC)
        for key in KEYS:
            observe(producer, key, 2.0, now)


def test_topic_grows_under_load_without_loss(stack: LocalStack) -> None:
    settings, stopped = stack.settings, threading.Event()
    with EventProducer(settings) as producer:
        for key in KEYS:
            observe(producer, key, 2.0, datetime.now(UTC))
        poller(timeout_s=90)(LookupError, require_steps, settings, "raised")
        with pytest.raises(TopicGrowthError, match="the worker alerts is running"):
            grow_topics(settings, TWELVE)
        stack.halt("alerts")
        load = threading.Thread(target=keep_sending, args=(producer, stopped))
        load.start()
        try:
            growth = grow_topics(settings, TWELVE)
            assert growth.partitions == dict.fromkeys(TOGETHER, 12)
            moved = [key for key in KEYS if partition_of(key, 4) != partition_of(key, 12)]
            assert growth.rows_moved >= len(moved) > 5
            with pytest.raises(PartitionsError, match=r"alerts\.observations has 12 in Kafka and 4 in the settings"):
                check_kafka(settings, client_named("alerts"), partition_counts())
            alerts = stack.children["alerts"]
            alerts.environment = {**alerts.environment, "PULSO_PARTITIONS": "alerts.observations=12"}
            stack.restart("alerts")
        finally:
            stopped.set()
            load.join()
        for key in KEYS:
            observe(producer, key, 0.0, datetime.now(UTC))
    poller(timeout_s=90)(LookupError, require_steps, settings, "resolved")
    # A row that was lost, or read in two places, would have raised its alert a second time.
    raised, resolved = steps(settings, "raised"), steps(settings, "resolved")
    assert len(raised) == len(resolved) == len(KEYS)
    assert {step.id for step in raised} == {step.id for step in resolved}
    rows = live_rows(settings)
    assert {key for key, _ in rows} >= set(KEYS)
    assert rows == {(key, partition_of(key, 12)) for key, _ in rows}
    assert "passed on" in stack.children["alerts"].log.read_text()


def test_growth_that_went_through_has_nothing_left_to_do(stack: LocalStack) -> None:
    stack.halt("alerts")
    growth = grow_topics(stack.settings, TWELVE)
    assert (growth.partitions, growth.rows_moved) == ({}, 0)


@pytest.mark.parametrize(
    ("partitions", "reason"),
    [
        ("pos.sales=12", "state rows of pos.sales and bar.stock remember offsets"),
        ("programme.sets=12", "programme.sets keeps the last record of each key"),
        ("violence.scores=2", "violence.scores has 4 partitions, and Kafka takes none away"),
    ],
)
def test_topic_that_cannot_grow_is_refused_with_the_reason(stack: LocalStack, partitions: str, reason: str) -> None:
    stack.halt("alerts")
    with EventProducer(stack.settings) as producer:
        for topic in (SALES, PROGRAMME_SETS):
            producer.send_raw(topic.name, key=b"north", value=b"{}", headers=[])
    with pytest.raises(TopicGrowthError, match=reason):
        grow_topics(stack.settings, TWELVE | parse_partitions(partitions))
    names = parse_partitions(partitions)
    topics = AdminClient(stack.settings.librdkafka()).list_topics(timeout=20).topics
    assert [len(topics[name].partitions) for name in names] == [4]
