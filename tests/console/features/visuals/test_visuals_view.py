"""Frames of a stage on their way to its pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from console.features.visuals.view import VisualsView
from console.update_hub import Subscription, UpdateHub
from processors.visuals.frame_delays import RESET_FRAMES
from schemas.music import MusicTags, StageSettings
from schemas.venue import Venue
from schemas.visuals import StageFrame
from stream.features import registry

CHANNEL = "visuals:main"
BEGIN = datetime(2026, 7, 4, 22, tzinfo=UTC)


def venue() -> Venue:
    return registry.full_venue_type()(name="x", stages=[StageSettings(id="main")], visuals=[{"stage": "main"}])


def make_frame(seconds: float, stage: str = "main", level: float = 0.5) -> StageFrame:
    return StageFrame(
        stage=stage, time=BEGIN + timedelta(seconds=seconds), level=level, bands={"bass": level}, onset=0.1,
        brightness=900, beat=False, tempo=120, until_beat=0.2,
    )  # fmt: skip


def milliseconds(seconds: float) -> int:
    return round((BEGIN.timestamp() + seconds) * 1000)


async def update_of(page: Subscription) -> dict[str, Any] | None:
    update = await page.get(0.01)
    return None if update is None else msgspec.json.decode(update[1])  # type: ignore[arg-type]


async def test_frame_is_sent_to_pages_at_once() -> None:
    hub = UpdateHub()
    view = VisualsView(venue(), hub)
    with hub.subscribe([CHANNEL]) as page:
        assert view.apply(make_frame(0), milliseconds(0.02)) == set(), "not once a second with the others"
        update = await update_of(page)
        assert update is not None and update["frame"]["until_beat"] == 0.2 and update["tags"] is None
        view.apply(make_frame(1, stage="other"), milliseconds(1))
        assert await update_of(page) is None


async def test_frames_that_waited_are_not_shown_and_a_set_clock_is_followed() -> None:
    hub = UpdateHub()
    view = VisualsView(venue(), hub)
    with hub.subscribe([CHANNEL]) as page:
        view.apply(make_frame(0), milliseconds(3600))  # the source's clock is an hour slow
        assert await update_of(page) is not None
        for step in range(5):
            view.apply(make_frame(step / 20), milliseconds(3602))  # two seconds late, as after a cut of Kafka
            assert await update_of(page) is None
        view.apply(make_frame(2.05), milliseconds(3602.05))
        assert await update_of(page) is not None
        for step in range(RESET_FRAMES + 1):  # the clock was set back
            view.apply(make_frame(step / 20 - 60), milliseconds(3603 + step / 20))
        assert await update_of(page) is not None


def test_tags_of_the_stage_are_in_the_state() -> None:
    view = VisualsView(venue(), UpdateHub())
    tags = MusicTags(
        event_id="e", stage="main", time=BEGIN, seconds=30, mood="sad", mood_confidence=0.8, moods={}, genre="rock",
        genre_confidence=0.6, genres={}, tempo=90, loudness=-15, silent=False, model="m", key="A minor",
    )  # fmt: skip
    assert view.apply(tags, milliseconds(0)) == {CHANNEL}
    assert view.apply(msgspec.structs.replace(tags, stage="other"), milliseconds(0)) == set()
    state = view.state(CHANNEL)
    assert state["tags"] == {
        "mood": "sad", "mood_confidence": 0.8, "genre": "rock", "genre_confidence": 0.6, "key": "A minor",
        "silent": False,
    }  # fmt: skip
    assert state["frame"] is None


@pytest.mark.parametrize(
    ("visuals", "mistake"),
    [
        ([{"stage": "mian"}], "visuals: there is no stage 'mian'; there are main"),
        ([{"stage": "main"}, {"stage": "main"}], "visuals: stage main stands there twice"),
    ],
)
def test_mistakes_of_the_venue_file_are_told(visuals: list[dict[str, str]], mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        registry.full_venue_type()(name="x", stages=[StageSettings(id="main")], visuals=visuals)
