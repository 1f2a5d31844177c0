"""Queues as pages receive them, without a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.features.queues.view import CHANNEL, QueuesView
from schemas.queues import QUEUES, QueueWait
from schemas.venue import venue_type

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
VENUE = venue_type([QUEUES]).model_validate({
    "name": "Test",
    "cameras": [{"id": "square"}],
    "queues": [{"id": "toilets", "title": "Aseos", "camera": "square", "polygon": [[0, 0], [1, 0], [1, 1]]}],
})  # fmt: skip


def make_wait(second: float, minutes: float | None = 8.0, queue: str = "toilets") -> QueueWait:
    time = AT + timedelta(seconds=second)
    return QueueWait(event_id=f"f{second}", queue=queue, time=time, persons=20.0, wait_minutes=minutes)


def test_view_shows_last_estimate_and_a_point_each_minute() -> None:
    view = QueuesView(VENUE)
    for second in range(0, 181, 10):
        assert view.apply(make_wait(second), received_at=second) == {CHANNEL}
    (queue,) = view.state()["queues"]
    assert (queue["title"], queue["at"], queue["persons"], queue["wait"]) == ("Aseos", 180, 20.0, 8.0)
    assert queue["history"] == [(-3.0, 8.0), (-2.0, 8.0), (-1.0, 8.0), (0.0, 8.0)]


def test_view_ignores_queues_outside_the_venue_file() -> None:
    view = QueuesView(VENUE)
    assert view.apply(make_wait(0, queue="moon"), received_at=0) == set()
    (queue,) = view.state()["queues"]
    assert (queue["at"], queue["wait"], queue["history"]) == (None, None, [])


def test_queue_history_restarts_on_another_evening() -> None:
    view = QueuesView(VENUE)
    view.apply(make_wait(0), received_at=0)
    view.apply(make_wait(-86_400), received_at=1)
    (queue,) = view.state()["queues"]
    assert queue["history"] == [(0.0, 8.0)]
