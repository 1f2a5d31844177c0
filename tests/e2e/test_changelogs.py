"""Tests that the changelog of a table stays short, because a worker reads it at its start."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from stream.runtime.topics import CHANGELOG_CONFIG, ensure_topics
from tests.e2e.conftest import Outside

NAME = "pulso-alerts-alerts-alarms-changelog"


def settings_of(admin: AdminClient) -> dict[str, str]:
    (asked,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, NAME)]).values()
    return {name: str(entry.value) for name, entry in asked.result(10).items()}


@pytest.mark.stack
@pytest.mark.workers("alerts")
def test_changelogs_old_and_new_have_small_segments(outside: Outside) -> None:
    admin = AdminClient(outside.stack.settings.librdkafka())

    def becomes(size: str) -> None:
        """Wait until the broker reports a setting that the controller has accepted."""
        outside.wait(f"segments of {size}", lambda: settings_of(admin)["segment.bytes"] == size)

    made = settings_of(admin)
    assert {name: made[name] for name in CHANGELOG_CONFIG} == CHANGELOG_CONFIG
    assert made["cleanup.policy"] == "compact"
    before = ConfigEntry("segment.bytes", str(2**30), incremental_operation=AlterConfigOpType.SET)
    (altered,) = admin.incremental_alter_configs(
        [ConfigResource(ResourceType.TOPIC, NAME, incremental_configs=[before])]
    ).values()
    altered.result(10)
    becomes(str(2**30))
    ensure_topics(outside.stack.settings)
    becomes(CHANGELOG_CONFIG["segment.bytes"])
