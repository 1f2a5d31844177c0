"""Kafka topics: name, key, type, retention and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

MINUTE = 60_000
"""Milliseconds."""

HOUR = 60 * MINUTE
DAY = 24 * HOUR

RECORD_BYTES = 1024 * 1024
"""Default for the largest size of a record."""

MEDIA_BYTES = 4 * 1024 * 1024
"""Largest size of a record with a picture or sound."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Topic(Generic[T]):
    """One Kafka topic.

    Attributes:
        key: meaning of the record's key; records of one key stay in order.
        record: the type of the JSON value, or None for bytes (pictures, sound).
        event_type: `ce_type` of its records; the version rises only with an incompatible change.
        retention_ms: how long Kafka keeps a record.
        compacted: keeps the last record of each key forever instead.
        sensitive: holds personal data, so dead letters of it expire as fast as it does.
        from_source: comes from devices and programs with clocks of their own; a record whose time is ahead of its
            receipt gets the time of its receipt.
    """

    name: str
    key: str
    record: type[T] | None
    event_type: str
    description: str
    partitions: int = 4
    retention_ms: int = DAY
    compacted: bool = False
    max_bytes: int = RECORD_BYTES
    content_type: str = "application/json"
    sensitive: bool = False
    from_source: bool = False

    @property
    def dead(self) -> Topic[bytes]:
        """Return the dead-letter topic: unusable records, with the reason in their headers.

        >>> from schemas.bars import SALES
        >>> SALES.dead.name
        'pos.sales.dead'
        """
        return Topic(
            name=f"{self.name}.dead",
            key=self.key,
            record=None,
            event_type=self.event_type,
            description=f"What came on {self.name} and could not be used: the bytes as they came.",
            partitions=1,
            retention_ms=self.retention_ms if self.sensitive else 7 * DAY,
            compacted=False,
            max_bytes=self.max_bytes,
            content_type=self.content_type,
            sensitive=self.sensitive,
        )
