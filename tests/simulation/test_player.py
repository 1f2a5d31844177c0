"""Tests of the player: nothing overtakes an important image that takes long to render or to process."""

from __future__ import annotations

import threading
from typing import Any

from schemas.bars import SALES
from schemas.cameras import FRAMES
from simulation.evening import Evening
from simulation.player import Player
from simulation.timeline import PlannedMedia, TimedMedia, TimelineEvent

EVENING = Evening()


class Sent:
    """Producer double that keeps the keys in the order of sending."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.times: dict[str, Any] = {}

    def send(self, _topic: object, *, key: str, time: object, **_: object) -> None:
        self.keys.append(key)
        self.times[key] = time


class SlowWorkshop:
    """Media source double that has nothing ready for a number of requests."""

    def __init__(self, asked: int) -> None:
        self.left = asked

    def take(self, planned: PlannedMedia) -> TimedMedia | None:
        self.left -= 1
        return [(planned.time, b"picture")] if self.left < 0 else None

    def drop(self, planned: PlannedMedia) -> None:
        raise AssertionError(f"{planned.key} was dropped")


def picture(time: float, *, important: bool) -> PlannedMedia:
    return PlannedMedia("cameras", FRAMES, time, "camera", "camera/gate", lambda: [], important)


def ticket(time: float, occurred_at: float | None = None) -> TimelineEvent:
    return TimelineEvent("tills", SALES, time, "ticket", f"t{time}", "till/1", b"{}", occurred_at=occurred_at)


def played(plan: list[Any], *, asked: int) -> tuple[Sent, Player]:
    sent = Sent()
    player = Player(sent, EVENING, 1.0)  # type: ignore[arg-type]
    player.play(plan, SlowWorkshop(asked), threading.Event())
    return sent, player


def test_player_waits_for_important_images_only() -> None:
    plan = [picture(10, important=True), ticket(20)]
    sent, player = played(plan, asked=4)
    assert sent.keys == ["camera", "ticket"]
    assert player.waited > 0.2
    sent, player = played([picture(10, important=False), ticket(20)], asked=4)
    assert sent.keys == ["ticket", "camera"]
    assert player.waited == 0


def test_player_limits_wait_for_important_image() -> None:
    sent, player = played([picture(10, important=True), ticket(20)], asked=60)
    assert sent.keys == ["ticket", "camera"], "the picture comes when it is made"
    assert player.waited < 4.0


def test_player_keeps_event_time_of_late_event() -> None:
    sent, _ = played([ticket(600, occurred_at=60)], asked=0)
    assert sent.times["ticket"] == EVENING.at(60)
