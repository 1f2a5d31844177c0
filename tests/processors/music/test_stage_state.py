"""State of a stage: smoothing, silence, and each fragment once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from processors.music.stage_state import StageState
from processors.music.tagger import AnalyzedFragment, FragmentTags
from schemas.music import MusicSettings, MusicTags

START = datetime(2026, 6, 5, 20, tzinfo=UTC)


def fragment(
    happy: float, loudness: float = -18.0, recent: float | None = None, music: bool = True
) -> AnalyzedFragment:
    tags = FragmentTags({"happy": happy, "sad": 1 - happy}, {"rock": 0.6, "pop": 0.4}, 120.0, music)
    return AnalyzedFragment(30.0, loudness, loudness if recent is None else recent, tags)


def apply_fragments(
    stage: StageState, fragments: list[AnalyzedFragment], *, interval: float = 5.0, first: int = 0
) -> list[MusicTags | None]:
    return [
        stage.apply(analyzed, START + timedelta(seconds=interval * (first + i)), first + i, f"e{first + i}", "mood@1")
        for i, analyzed in enumerate(fragments)
    ]


def last_tags(results: list[MusicTags | None]) -> MusicTags:
    assert results[-1] is not None
    return results[-1]


def test_mood_follows_new_song_and_not_one_fragment() -> None:
    stage = StageState("main")
    apply_fragments(stage, [fragment(0.9)] * 12)
    outlier = last_tags(apply_fragments(stage, [fragment(0.1)], first=12))
    assert outlier.mood == "happy"
    changed = last_tags(apply_fragments(stage, [fragment(0.1)] * 12, first=13))
    assert changed.mood == "sad"
    assert sum(changed.moods.values()) == pytest.approx(1)
    assert sum(changed.genres.values()) == pytest.approx(1)


def test_replayed_record_changes_nothing() -> None:
    fragments = [fragment(p) for p in (0.9, 0.2, 0.7, 0.4)]
    uninterrupted = StageState("main")
    results = apply_fragments(uninterrupted, fragments)
    interrupted = StageState("main")
    apply_fragments(interrupted, fragments[:3])
    restored = StageState("main", interrupted.to_row())
    assert apply_fragments(restored, fragments[:3]) == [None] * 3
    assert restored.to_row() == interrupted.to_row()
    assert restored.is_applied(2)
    assert not restored.is_applied(3)
    assert apply_fragments(restored, fragments[3:], first=3) == results[3:]
    assert restored.to_row() == uninterrupted.to_row()


def test_means_are_independent_of_order() -> None:
    times = [START + timedelta(seconds=s) for s in (0, 5, 10, 15)]
    fragments = [fragment(p) for p in (0.9, 0.2, 0.7, 0.4)]
    results = []
    for order in ((0, 1, 2, 3), (0, 3, 1, 2), (3, 2, 1, 0)):
        stage = StageState("main")
        for offset, i in enumerate(order):
            result = stage.apply(fragments[i], times[i], offset, f"e{i}", "m")
        assert result is not None
        results.append(result.moods["happy"])
    assert results[1] == pytest.approx(results[0])
    assert results[2] == pytest.approx(results[0])


def test_silence_begins_and_ends_without_delay() -> None:
    stage = StageState("main")
    apply_fragments(stage, [fragment(0.9)] * 6)
    quiet = last_tags(apply_fragments(stage, [AnalyzedFragment(30.0, -25.0, -80.0, None)], first=6))
    assert quiet.silent
    assert (quiet.mood, quiet.genre, quiet.mood_confidence, quiet.tempo) == ("unknown", "unknown", 0, 0)
    assert set(quiet.moods.values()) == {0.0}
    back = last_tags(apply_fragments(stage, [fragment(0.9)], first=7))
    assert not back.silent
    assert back.mood == "happy"


def test_noisy_microphone_is_silent_far_below_baseline() -> None:
    stage = StageState("main")
    first = last_tags(apply_fragments(stage, [fragment(0.9, loudness=-48.0)]))
    assert not first.silent
    apply_fragments(stage, [fragment(0.9, loudness=-6.0)] * 6, first=1)
    assert last_tags(apply_fragments(stage, [fragment(0.9, loudness=-48.0)], first=7)).silent
    assert not last_tags(apply_fragments(stage, [fragment(0.9, loudness=-36.0)], first=8)).silent


def test_old_song_is_forgotten_after_break() -> None:
    stage = StageState("main")
    apply_fragments(stage, [fragment(0.95)] * 20)
    later = stage.apply(fragment(0.3), START + timedelta(minutes=20), 20, "e20", "m")
    assert later is not None
    assert later.mood == "sad"
    assert later.mood_confidence == pytest.approx(0.7, abs=0.01)


def test_loud_crowd_is_not_music() -> None:
    stage = StageState("main")
    apply_fragments(stage, [fragment(0.9)] * 3)
    noisy = last_tags(apply_fragments(stage, [fragment(0.2, music=False)], first=3))
    assert noisy.mood == "happy"
    assert noisy.tempo == 0
    crowd = last_tags(apply_fragments(stage, [fragment(0.2, music=False)] * 8, first=4))
    assert not crowd.silent
    assert crowd.mood == "unknown"
    assert last_tags(apply_fragments(stage, [fragment(0.9)] * 8, first=12)).moods["happy"] == pytest.approx(0.9)


def test_first_silent_fragment_has_no_labels() -> None:
    first = StageState("main").apply(AnalyzedFragment(5.0, -90.0, -90.0, None), START, 0, "e", "m")
    assert first is not None
    assert (first.mood, first.moods, first.silent) == ("unknown", {}, True)


def test_time_without_zone_is_rejected() -> None:
    stage = StageState("main")
    with pytest.raises(ValueError, match="no zone"):
        stage.apply(fragment(0.5), datetime(2026, 6, 5), 0, "e", "m")  # noqa: DTZ001
    assert not stage.is_applied(0)


def test_means_survive_times_far_apart() -> None:
    stage = StageState("main")
    for offset, year in enumerate((2026, 2090, 1990, 2090)):
        result = stage.apply(fragment(0.8), datetime(year, 1, 1, tzinfo=UTC), offset, "e", "m")
        assert result is not None
        assert result.moods["happy"] == pytest.approx(0.8)


def test_labels_below_limits_are_unsure_and_unknown() -> None:
    stage = StageState("main", limits=MusicSettings(mood_limit=0.8, genre_limit=0.7))
    tags = last_tags(apply_fragments(stage, [fragment(0.75)] * 3))
    assert (tags.mood, tags.genre) == ("unsure", "unknown")
    assert tags.mood_confidence == pytest.approx(0.75)
    assert last_tags(apply_fragments(stage, [fragment(0.99)] * 12, first=3)).mood == "happy"
