"""Tests that the changelog of a table stays short, because a worker reads it at its start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from schemas.alerts import OBSERVATIONS, Observation
from schemas.cloudevents import Envelope
from schemas.ids import EventId
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


def send(client: StackClient, group: str, received: datetime, value: float) -> set[str]:
    """Send a value of eight alert keys, some in each partition, as received at a time; return the keys."""
    keys = [f"mail-urgent/{group}-{number}" for number in range(8)]
    with EventProducer(client.settings) as producer:
        for key in keys:
            name = EventId(f"{key}-{received.isoformat()}")
            one = Observation(id=name, key=key, rule="mail-urgent", subject=key, time=received, value=value)
            envelope = Envelope(name, OBSERVATIONS.event_type, "test", received, OBSERVATIONS.content_type, received)
            producer.send_raw(
                OBSERVATIONS.name, key=key.encode(), value=msgspec.json.encode(one), headers=envelope.headers()
            )
    return set(keys)


def last_rows(client: StackClient) -> dict[str, bytes | None]:
    """Return the last value of each key of mail in the changelog; None for a tombstone."""
    rows = {(message.key() or b"").decode(): message.value() for message in read_all(client.settings, NAME)}
    return {key: row for key, row in rows.items() if key.startswith("mail-urgent/")}


@pytest.mark.stack
@pytest.mark.workers("alerts")
def test_state_that_is_over_leaves_the_changelog_and_an_open_alert_stays(stack_client: StackClient) -> None:
    # The worker watches itself, so the clocks of some partitions are at now.
    now, before = datetime.now(UTC), datetime.now(UTC) - timedelta(days=10)
    over, still_open = send(stack_client, "calm", before, 0.0), send(stack_client, "open", before, 1.0)
    stack_client.wait_for("rows", lambda: over | still_open <= last_rows(stack_client).keys())
    worker = stack_client.stack.children["alerts"]
    worker.kill()  # what expires is known after a restart, too
    worker.start()
    recent = send(stack_client, "recent", now, 0.0)
    stack_client.wait_for("rows of now", lambda: recent <= last_rows(stack_client).keys())

    def tombstones() -> set[str]:
        return {key for key, row in last_rows(stack_client).items() if row is None}

    stack_client.wait_for("tombstones", tombstones)
    assert tombstones() <= over
    assert all(last_rows(stack_client)[key] for key in still_open | recent)
