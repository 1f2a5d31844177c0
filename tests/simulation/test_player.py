"""Tests of the player: no event overtakes an important image that is slow to render or to process."""

from __future__ import annotations

import threading
from typing import Any

from schemas.bars import SALES
from schemas.cameras import FRAMES
from simulation.evening import Evening
from simulation.player import Player
from simulation.timeline import PlannedMedia, TimedMedia, TimelineEvent

EVENING = Evening()


class FakeProducer:
    """Producer that stores keys in the order of sending."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.times: dict[str, Any] = {}

    def send(self, _topic: object, *, key: str, time: object, **_: object) -> None:
        self.keys.append(key)
        self.times[key] = time


class SlowMediaSource:
    """Media source whose image is not ready for a number of requests."""

    def __init__(self, requests: int) -> None:
        self.remaining = requests

    def take(self, planned: PlannedMedia) -> TimedMedia | None:
        self.remaining -= 1
        return [(planned.time, b"picture")] if self.remaining < 0 else None

    def drop(self, planned: PlannedMedia) -> None:
        raise AssertionError(f"{planned.key} was dropped")


def picture(time: float, *, important: bool) -> PlannedMedia:
    return PlannedMedia("cameras", FRAMES, time, "camera", "camera/gate", lambda: [], important)


def ticket(time: float, occurred_at: float | None = None) -> TimelineEvent:
    return TimelineEvent("tills", SALES, time, "ticket", f"t{time}", "till/1", b"{}", occurred_at=occurred_at)


def play_plan(plan: list[Any], *, requests: int) -> tuple[FakeProducer, Player]:
    producer = FakeProducer()
    player = Player(producer, EVENING, 1.0)  # type: ignore[arg-type]
    player.play(plan, SlowMediaSource(requests), threading.Event())
    return producer, player


def test_player_waits_for_important_images_only() -> None:
    plan = [picture(10, important=True), ticket(20)]
    producer, player = play_plan(plan, requests=4)
    assert producer.keys == ["camera", "ticket"]
    assert player.waited > 0.2
    producer, player = play_plan([picture(10, important=False), ticket(20)], requests=4)
    assert producer.keys == ["ticket", "camera"]
    assert player.waited == 0


def test_player_limits_wait_for_important_image() -> None:
    producer, player = play_plan([picture(10, important=True), ticket(20)], requests=60)
    assert producer.keys == ["ticket", "camera"], "the picture is sent once it is ready"
    assert player.waited < 4.0


def test_player_keeps_event_time_of_late_event() -> None:
    producer, _ = play_plan([ticket(600, occurred_at=60)], requests=0)
    assert producer.times["ticket"] == EVENING.at(60)
