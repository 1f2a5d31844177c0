"""The programme as the bars worker knows it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec

from processors.festival.sections import sets_of
from processors.programme.changes import moved
from schemas.ids import BarId
from schemas.programme import PROGRAMME
from stream.features.bars.programme_cache import ProgrammeCache
from stream.runtime.venue_file import read_venue

VENUE = read_venue(Path(__file__).resolve().parents[4] / "deploy" / "venues" / "demo.yaml")
SOUTH = BarId("south")


def test_moved_set_is_known_to_every_bar_of_the_evening() -> None:
    cache = ProgrammeCache(VENUE)
    headliner = next(one for one in sets_of(VENUE.section(PROGRAMME)) if one.act == "la-hora-clara")
    after_midnight = headliner.end - timedelta(minutes=5)
    assert list(cache.stages(SOUTH, after_midnight)) == ["main", "forest"]
    cache.add_record(msgspec.json.encode(moved(headliner, minutes=60)))
    begins = [begin for begin, _ in cache.stages(SOUTH, after_midnight)["main"]]
    assert (headliner.begin + timedelta(hours=1)).timestamp() in begins
    assert headliner.begin.timestamp() not in begins


def test_other_days_unknown_bars_and_broken_records_give_nothing() -> None:
    cache = ProgrammeCache(VENUE)
    begin = sets_of(VENUE.section(PROGRAMME))[0].begin
    cache.add_record(b"{")
    cache.add_record(None)
    assert cache.stages(SOUTH, begin + timedelta(days=3)) == {}
    assert cache.stages(BarId("unknown"), begin) == {}
