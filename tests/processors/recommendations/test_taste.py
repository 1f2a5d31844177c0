from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from processors.recommendations.listening_exports import ExportError, plays_by_artist
from processors.recommendations.taste_state import MAX_LIKES, TasteState, apply
from schemas.ids import EventId, ListenerId
from schemas.recommendations import TasteEvent

NOON = datetime(2027, 7, 9, 12, tzinfo=UTC)


def event(kind: str, value: str = "", plays: float = 1.0) -> TasteEvent:
    return TasteEvent(
        id=EventId("e"),
        listener=ListenerId("l"),
        time=NOON,
        kind=kind,
        value=value,
        plays=plays,  # type: ignore[arg-type]
    )


def after(*events: TasteEvent) -> TasteState:
    state = TasteState()
    for offset, one in enumerate(events):
        assert apply(state, one, offset)
    return state


def test_last_opinion_of_an_act_counts() -> None:
    taste = after(event("like", "a"), event("like", "b"), event("dislike", "a"), event("undo", "b")).taste
    assert (taste.liked, taste.disliked) == ([], ["a"])


def test_forget_leaves_nothing() -> None:
    state = after(event("like", "a"), event("genre", "rock"), event("play", "X", 3), event("forget"))
    assert state.taste == TasteState().taste


def test_repeated_record_changes_nothing() -> None:
    state = after(event("play", "X", 3))
    assert not apply(state, event("play", "X", 3), 0)
    assert state.taste.played == {"X": 3.0}


def test_state_is_bounded() -> None:
    state = after(*(event("like", str(n)) for n in range(MAX_LIKES + 5)), *(event("play", str(n)) for n in range(600)))
    assert len(state.taste.liked) == MAX_LIKES
    assert len(state.taste.played) == 500


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rosalía,Motomami,Saoko,09 Jul 2027 10:00\nRosalía,,Candy,09 Jul\n", {"Rosalía": 2.0}),
        ("\ufeffuts,artist,track\n1,Vetusta Morla,Copenhague\n2,Vetusta Morla,Mapas\n", {"Vetusta Morla": 2.0}),
        (json.dumps([{"artistName": "Rosalía", "msPlayed": 1}, {"trackName": "x"}]), {"Rosalía": 1.0}),
        (json.dumps([{"master_metadata_album_artist_name": "Low"}, {"artistName": None}]), {"Low": 1.0}),
    ],
)
def test_exports_are_counted_by_artist(text: str, expected: dict[str, float]) -> None:
    assert plays_by_artist(text.encode()) == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "names no artist"),
        (b"a,b\nc,d\n", "no column is named artist"),
        (b'{"a": 1}', "not a list of plays"),
        (b"[1,", "not valid JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[[[]]]", "names no artist"),
    ],
)
def test_other_files_are_refused_with_what_was_expected(data: bytes, message: str) -> None:
    with pytest.raises(ExportError, match=message):
        plays_by_artist(data)
