"""Tests of the partition of keys."""

from __future__ import annotations

import pytest

from stream.runtime.producer import partition_of


@pytest.mark.parametrize(("key", "partition"), [("north", 2), ("south", 3)])
def test_partition_of_key_equals_kafkas_murmur2(key: str, partition: int) -> None:
    assert partition_of(key, 4) == partition
