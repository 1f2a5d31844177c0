"""Keys go where Kafka's own partitioner puts them."""

from __future__ import annotations

import pytest

from stream.runtime.producer import partition_of


@pytest.mark.parametrize(("key", "partition"), [("north", 2), ("south", 3)])
def test_partitions_are_murmur2s(key: str, partition: int) -> None:
    assert partition_of(key, 4) == partition
