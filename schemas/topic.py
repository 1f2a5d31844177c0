"""One Kafka topic, and the sizes and times that topics share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

MINUTE = 60_000


HOUR = 60 * MINUTE


DAY = 24 * HOUR


MEDIA_BYTES = 4 * 1024 * 1024


RECORD_BYTES = 1024 * 1024


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Topic(Generic[T]):
    """One Kafka topic.

    Attributes:
        key: what the record's key names; records of one key stay in order.
        record: the type of the JSON value, or None for bytes (pictures, sound).
        event_type: `ce_type` of its records; the version rises only with an incompatible change.
        retention_ms: how long Kafka keeps a record.
        compacted: keep the last record of each key for ever instead.
        sensitive: holds personal data, so dead letters of it expire as fast as it does.
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

    @property
    def dead(self) -> Topic[bytes]:
        """Where what can't be read goes, with the reason in its headers.

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
