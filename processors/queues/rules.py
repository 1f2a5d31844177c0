"""Alert rule of queues: a long waiting time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from processors.alerts.rule import AlertRule, Measurement, Message, Unit
from schemas.queues import QUEUES, QueueWait
from schemas.rules import RuleSettings
from schemas.venue import Venue


def measure_wait(wait: QueueWait, venue: Venue) -> Iterator[Measurement]:
    """Yield the median waiting time in minutes, 0 for a queue too short for an alert; nothing while it is unknown."""
    if wait.wait_minutes is None or wait.wait_low_minutes is None or wait.wait_high_minutes is None:
        return
    queue = next((queue for queue in venue.section(QUEUES) if queue.id == wait.queue), None)
    bar = queue.bar if queue is not None else None
    is_short = queue is not None and (wait.persons or 0.0) < queue.alert_from_persons
    yield Measurement(
        # Bar staff see the alerts whose subject begins with their bar.
        subject=wait.queue if bar is None else f"{bar}/{wait.queue}",
        value=0.0 if is_short else wait.wait_minutes,
        message=Message(
            parameters={
                "queue": (queue.title if queue is not None else "") or wait.queue,
                "persons": wait.persons or 0.0,
                "minutes": wait.wait_minutes,
                "low": wait.wait_low_minutes,
                "high": wait.wait_high_minutes,
            }
        ),
    )


QUEUE_LONG = AlertRule(
    name="queue-long",
    result=QueueWait,
    unit=Unit.MINUTES,
    defaults=RuleSettings(
        raise_at=15, clear_at=10, on_delay_seconds=300, off_delay_seconds=60, cool_down_seconds=600,
        severity="medium", audience=["security", "production", "bar"],
    ),
    measure=measure_wait,
    joins_incidents=True,
)  # fmt: skip

RULES: tuple[AlertRule[Any], ...] = (QUEUE_LONG,)
