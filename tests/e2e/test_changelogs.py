"""Tests that the changelog of a table stays short, because a worker reads it at its start."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

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
