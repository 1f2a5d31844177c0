"""Alerts of simulated queues whose waiting time is known: long ones are found, idle bars raise none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from processors.alerts.alarm import AlarmState, apply_observation
from processors.queues.rules import QUEUE_LONG
from processors.queues.waiting_time import COUNT_ERROR, QueueState, service_rate, update, waiting_time
from schemas.alerts import Observation
from schemas.queues import QUEUES, QueueWait
from schemas.venue import Venue, venue_type

START = datetime(2026, 7, 4, 20, tzinfo=UTC)
STEP_SECONDS = 10
QUEUES_OF_A_KIND = 100
WAIT_MINUTES = {"half an hour": 30.0, "twenty minutes": 20.0, "ten minutes": 10.0}


def venue(alert_from_persons: float) -> Venue:
    polygon = [[0, 0], [1, 0], [1, 1], [0, 1]]
    queue = {"id": "q", "camera": "c", "polygon": polygon, "bar": "b", "alert_from_persons": alert_from_persons}
    bars = [{"id": "b", "products": [{"id": "beer"}]}]
    return venue_type([QUEUES]).model_validate(
        {"name": "Test", "cameras": [{"id": "c"}], "bars": bars, "queues": [queue]}
    )


def raises_alert(
    venue: Venue, persons: float, served_per_minute: float, random: np.random.Generator, minutes: int = 60
) -> bool:
    """Return True if an hour of this queue raises an alert.

    Args:
        persons: people in the polygon.
        served_per_minute: mean rate of service.
    """
    state, alarm, settings = QueueState(), AlarmState(), QUEUE_LONG.settings(venue)
    for number, second in enumerate(range(0, minutes * 60, STEP_SECONDS)):
        time = START + timedelta(seconds=second)
        counted = persons * float(random.lognormal(0, COUNT_ERROR))
        update(state, number, time, counted, float(random.poisson(served_per_minute * STEP_SECONDS / 60)))
        rate = service_rate(state, None)
        if rate is None or state.persons is None:
            continue
        estimate = waiting_time(state.persons, *rate)
        wait = QueueWait(
            event_id=f"{number}", queue="q", time=time, persons=state.persons, wait_minutes=estimate.median,
            wait_low_minutes=estimate.low, wait_high_minutes=estimate.high,
        )  # fmt: skip
        for measurement in QUEUE_LONG.measure(wait, venue):
            observation = Observation(
                id=f"{number}", key="queue-long/q", rule="queue-long", subject="q", time=time, value=measurement.value
            )
            alarm, step = apply_observation(alarm, observation, settings)
            if step is not None and step.state == "raised":
                return True
    return False


def share_with_alert(venue: Venue, kind: str) -> float:
    random = np.random.default_rng(7)
    alerts = 0
    for _ in range(QUEUES_OF_A_KIND):
        if kind == "idle":  # nobody waits: up to six people stand about, and few buy something
            persons, rate = float(random.integers(1, 7)), random.uniform(0.1, 0.5)
        else:
            rate = random.uniform(1, 4)
            persons = rate * WAIT_MINUTES[kind]
        alerts += raises_alert(venue, persons, rate, random)
    return alerts / QUEUES_OF_A_KIND


@pytest.mark.parametrize(
    ("kind", "lowest", "highest"),
    [
        ("half an hour", 0.99, 1.0),
        ("twenty minutes", 0.9, 1.0),
        ("ten minutes", 0.0, 0.1),
        ("idle", 0.0, 0.0),
    ],
)
def test_alerts_find_long_waits_and_spare_idle_bars(kind: str, lowest: float, highest: float) -> None:
    share = share_with_alert(venue(alert_from_persons=10), kind)
    assert lowest <= share <= highest


def test_idle_bars_raise_alerts_without_the_least_length() -> None:
    share = share_with_alert(venue(alert_from_persons=0), "idle")
    assert share > 0.2, "the simulated idle bars are hard negatives"
