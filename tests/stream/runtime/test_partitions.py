"""Tests of the settings of partitions: what they may be, and that what shares state keeps the same number."""

from __future__ import annotations

import pytest

from schemas.venue import Venue
from stream.features.clients import changelogs
from stream.runtime.partitions import PartitionSettingsError, parse_partitions, partition_counts, set_partitions
from stream.runtime.settings import Settings


def test_default_partitions_are_those_of_the_features() -> None:
    counts = partition_counts()
    assert counts["camera.frames"] == 4 and counts["support.emails"] == 1
    assert counts["pulso-vision-vision-cameras-changelog"] == 4
    assert set(changelogs()) <= set(counts)


def test_environment_replaces_the_venue_file() -> None:
    venue = Venue(name="Here", partitions={"camera.frames": 8, "violence.scores": 6})
    counts = set_partitions(Settings(partitions="camera.frames=12"), venue)
    assert (counts["camera.frames"], counts["violence.scores"]) == (12, 6)
    assert counts["pulso-vision-vision-cameras-changelog"] == 12


def test_topics_of_one_state_get_the_same_partitions() -> None:
    counts = partition_counts({"pos.sales": 8})
    assert counts["bar.stock"] == counts["pulso-bars-bars-bars-changelog"] == 8


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"pos.sale": 8}, "no topic is named 'pos.sale'"),
        ({"pos.sales": 0}, "0 is not between 1 and 1000"),
        ({"pos.sales": 8, "bar.stock": 4}, "give both the same number"),
        ({"support.emails": 4}, "support.emails must have one partition: .* in one order"),
    ],
)
def test_impossible_partitions_are_refused_with_the_reason(chosen: dict[str, int], message: str) -> None:
    with pytest.raises(PartitionSettingsError, match=message):
        partition_counts(chosen)


@pytest.mark.parametrize("text", ["camera.frames", "camera.frames=many", "=4", "camera.frames=-1"])
def test_setting_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(PartitionSettingsError, match="TOPIC=NUMBER"):
        parse_partitions(text)


def test_topic_that_is_set_twice_is_refused() -> None:
    with pytest.raises(PartitionSettingsError, match="twice"):
        parse_partitions("pos.sales=4,pos.sales=8")
