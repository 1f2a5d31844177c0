"""Stages as the music page receives them, without a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.features.music.view import SHOWN_POINTS, MusicView
from schemas.music import MusicTags
from stream.runtime.settings import ROOT
from stream.runtime.venue_file import read_venue

VENUE = read_venue(ROOT / "deploy" / "venues" / "demo.yaml")
AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def test_long_evening_is_thinned_and_keeps_newest_point() -> None:
    music = MusicView(VENUE)
    for number in range(1000):
        tags = MusicTags(
            event_id="e", stage="main", time=AT + timedelta(seconds=5 * number), seconds=5, mood=str(number),
            mood_confidence=0.5, moods={}, genre="rock", genre_confidence=0.5, genres={}, tempo=0, loudness=-9,
            silent=False, model="m",
        )  # fmt: skip
        music.apply(tags, number)
    stage = music.state()["stages"][0]
    assert stage["now"]["mood"] == stage["history"][-1]["mood"] == "999"
    assert len(stage["history"]) <= SHOWN_POINTS
    assert stage["history"] == sorted(stage["history"], key=lambda one: one["time"])


def test_changes_of_mood_and_genre_are_listed_newest_first() -> None:
    music = MusicView(VENUE)
    labels = [
        ("calm", "rock"),
        ("calm", "rock"),
        ("sad", "rock"),
        ("silence", "silence"),
        ("sad", "pop"),
        ("calm", "pop"),
    ]
    for number, (mood, genre) in enumerate(labels):
        tags = MusicTags(
            event_id="e", stage="main", time=AT + timedelta(minutes=number), seconds=5, mood=mood, mood_confidence=0.5,
            moods={}, genre=genre, genre_confidence=0.5, genres={}, tempo=0, loudness=-9, silent=mood == "silence",
            model="m",
        )  # fmt: skip
        music.apply(tags, number)
    changes = [(one["kind"], one["before"], one["after"]) for one in music.state()["stages"][0]["changes"]]
    assert changes == [("mood", "sad", "calm"), ("genre", "rock", "pop"), ("mood", "calm", "sad")]


def test_stage_without_fragments_for_a_week_is_forgotten_by_kafkas_time() -> None:
    music = MusicView(VENUE)
    hour = 3_600_000
    for stage, at in (("removed", 0), ("main", 6 * 24 * hour), ("main", 7 * 24 * hour + 1)):
        tags = MusicTags(
            event_id="e", stage=stage, time=AT - timedelta(hours=at // hour), seconds=5, mood="calm", mood_confidence=1,
            moods={}, genre="rock", genre_confidence=0.5, genres={}, tempo=0, loudness=-9, silent=False, model="m",
        )  # fmt: skip
        music.apply(tags, at)
        shown = {one["id"] for one in music.state()["stages"] if one["now"] is not None}
        assert ("removed" in shown) == (at <= 7 * 24 * hour)
    assert not {"removed"} & (music._now.keys() | music._past.keys())
