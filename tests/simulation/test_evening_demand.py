"""The demand forecast on simulated evenings, and on one whose programme moved."""

from __future__ import annotations

from simulation.evening_demand import evaluate, evenings_of, units_of
from stream.runtime.settings import ROOT
from stream.runtime.venue_file import read_venue


def test_programme_helps_on_the_second_evening_and_when_all_acts_play_later() -> None:
    venue = read_venue(ROOT / "deploy" / "venues" / "demo.yaml")
    bar = next(one for one in venue.bars if one.id == "east")
    evenings = evenings_of(2)
    sold = [units_of(evening, venue.model_copy(update={"bars": [bar]}))[bar.id] for evening in evenings]
    without, given = (evaluate(bar, evenings, sold, with_programme=known) for known in (False, True))
    assert without[0] == given[0], "nothing is known on the first evening"
    assert given[1]["forecast"] < 0.26
    assert given[1]["forecast"] < 0.6 * without[1]["forecast"]
    moved = given[2]
    assert moved["forecast"] < 0.3
    assert moved["forecast"] < 0.6 * moved["yesterday"], "clock times no longer tell"
    assert moved["forecast"] < 0.7 * without[2]["forecast"]
