"""Tests that the changelog of a table stays short, because a worker reads it at its start."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from schemas.alerts import OBSERVATIONS, Observation
from stream.runtime.producer import EventProducer
from stream.runtime.topic_reader import read_all
from stream.runtime.topics import CHANGELOG_CONFIG, ensure_topics
from tests.e2e.conftest import StackClient

NAME = "pulso-alerts-alerts-alarms-changelog"


def settings_of(admin: AdminClient) -> dict[str, str]:
    (result,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, NAME)]).values()
    return {name: str(entry.value) for name, entry in result.result(10).items()}


@pytest.mark.stack
@pytest.mark.workers("alerts")
def test_changelogs_old_and_new_have_small_segments(stack_client: StackClient) -> None:
    admin = AdminClient(stack_client.stack.settings.librdkafka())

    def wait_for_segment_size(size: str) -> None:
        """Wait until the broker reports a setting that the controller has accepted."""
        stack_client.wait_for(f"segments of {size}", lambda: settings_of(admin)["segment.bytes"] == size)

    settings = settings_of(admin)
    assert {name: settings[name] for name in CHANGELOG_CONFIG} == CHANGELOG_CONFIG
    assert settings["cleanup.policy"] == "compact"
    large_segments = ConfigEntry("segment.bytes", str(2**30), incremental_operation=AlterConfigOpType.SET)
    (alteration,) = admin.incremental_alter_configs(
        [ConfigResource(ResourceType.TOPIC, NAME, incremental_configs=[large_segments])]
    ).values()
    alteration.result(10)
    wait_for_segment_size(str(2**30))
    ensure_topics(stack_client.stack.settings)
    wait_for_segment_size(CHANGELOG_CONFIG["segment.bytes"])


def observed(key: str, time: datetime, value: float) -> Observation:
    return Observation(
        id=f"{key}-{time.isoformat()}",
        key=key,
        rule="mail-urgent",
        subject=key.partition("/")[2],
        time=time,
        value=value,
    )


def last_rows(client: StackClient) -> dict[str, bytes | None]:
    """Return the last value of each key in the changelog; None for a tombstone."""
    return {(message.key() or b"").decode(): message.value() for message in read_all(client.settings, NAME)}


@pytest.mark.stack
@pytest.mark.workers("alerts")
def test_state_that_is_over_leaves_the_changelog_and_an_open_alert_stays(
    stack_client: StackClient, evening: datetime
) -> None:
    def send(number: int, time: datetime, value: float) -> None:
        with EventProducer(stack_client.settings) as producer:
            for n in range(8):  # some in each partition
                one = observed(f"mail-urgent/{number}-{n}", time, value)
                producer.send(OBSERVATIONS, key=one.key, value=one, id=one.id, source="test", time=time)

    send(1, evening, 0.0)
    send(2, evening, 1.0)
    first = stack_client.wait_for("16 rows", lambda: rows if len(rows := last_rows(stack_client)) == 16 else None)
    worker = stack_client.stack.children["alerts"]
    worker.kill()  # what expires is known after a restart, too
    worker.start()
    send(3, evening + timedelta(days=4), 0.0)
    over = {f"mail-urgent/1-{n}" for n in range(8)}
    stack_client.wait_for(
        "tombstones", lambda: over <= {key for key, row in last_rows(stack_client).items() if row is None}
    )
    rows = last_rows(stack_client)
    still_open = {f"mail-urgent/2-{n}" for n in range(8)}
    assert {key: rows[key] for key in still_open} == {key: first[key] for key in still_open}
    assert over | still_open < rows.keys()
    send(4, evening + timedelta(days=4, hours=2), 0.0)
    stack_client.wait_for("further rows", lambda: len(last_rows(stack_client)) == 32)
