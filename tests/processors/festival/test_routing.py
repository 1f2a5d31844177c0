from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import networkx
import pytest

from processors.festival.routing import SPEEDS, Route, WalkingMap, may_use, walking_minutes
from schemas.ids import PlaceId
from schemas.venue_map import Hours, Mobility, Path, Place

ZONE = ZoneInfo("Europe/Lisbon")
NOON = datetime(2030, 6, 1, 12, tzinfo=ZONE)
MAPS = 200


def place(name: str, kind: str = "junction", *, step_free: bool = True, hours: Hours | None = None) -> Place:
    return Place(
        id=PlaceId(name), name_es=name, name_en=name, kind=kind, x_m=0, y_m=0, step_free=step_free, hours=hours
    )


def path(start: str, end: str, metres: float = 60, **fields: object) -> Path:
    return Path.model_validate({"start": start, "end": end, "metres": metres, **fields})


def walking_map(*paths: Path, **kinds: str) -> WalkingMap:
    names = dict.fromkeys(end for one in paths for end in (one.start, one.end))
    return WalkingMap([place(name, kinds.get(name, "junction")) for name in names], paths, ZONE)


def walk(venue: WalkingMap, mobility: Mobility = "none", depart: datetime = NOON) -> Route | None:
    return venue.route(PlaceId("a"), PlaceId("z"), mobility, depart)


@dataclass
class GeneratedMap:
    places: list[Place]
    paths: list[Path]

    @classmethod
    def of(cls, seed: int) -> GeneratedMap:
        chance = random.Random(seed)
        names = [f"p{number}" for number in range(chance.randint(5, 40))]
        paths = []
        for _ in range(len(names) * 4):
            start, end = chance.sample(names, 2)
            paths.append(
                path(
                    start,
                    end,
                    chance.randint(10, 400),
                    kind=chance.choice(["paved", "gravel", "grass", "ramp", "steps"]),
                    step_free=chance.random() < 0.85,
                    width_m=chance.choice([0.7, 0.8, 1.0, 1.2, 2, 5]),
                    slope_percent=chance.choice([0, 2, 5, 8, 8, 8.5]),
                    kerb_cm=chance.choice([0, 0, 0, 2, 3, 4]),
                    one_way=chance.random() < 0.2,
                    hours=chance.choice(
                        [
                            None,
                            None,
                            Hours(opens=time(10), closes=time(12, 4)),
                            Hours(opens=time(12, 3), closes=time(2)),
                        ]
                    ),
                )
            )
        return cls([place(name) for name in names], paths)

    def usable(self, mobility: Mobility) -> list[Path]:
        """Return the paths that the rules of the mobility allow, written anew here as an independent check."""
        width = {"none": 0.0, "slow": 0.0, "pushchair": 0.8, "wheelchair": 1.2}[mobility]
        usable = []
        for one in self.paths:
            stepped = one.kind == "steps" if mobility == "slow" else (one.kind == "steps" or not one.step_free)
            if mobility != "none" and stepped:
                continue
            if one.width_m < width:
                continue
            if mobility == "wheelchair" and (one.slope_percent > 8 or one.kerb_cm > 3):
                continue
            usable.append(one)
        return usable

    def shortest(self, mobility: Mobility, *, timed: bool) -> dict[str, float]:
        """Return the metres to each place from the first, by networkx."""
        graph = networkx.MultiDiGraph()
        graph.add_nodes_from(one.id for one in self.places)
        for one in self.usable(mobility):
            graph.add_edge(one.start, one.end, path=one)
            if not one.one_way:
                graph.add_edge(one.end, one.start, path=one)
        walked: dict[str, float] = {self.places[0].id: 0.0}

        def metres(start: str, _: str, parallel: dict[int, dict[str, Path]]) -> float | None:
            usable = [
                edge["path"].metres
                for edge in parallel.values()
                if not timed or self._open(edge["path"], mobility, walked[start])
            ]
            return min(usable, default=None)

        # networkx relaxes the edges of a place after its distance is final, which is what the hours need.
        settled = networkx.dijkstra_predecessor_and_distance
        if not timed:
            return dict(settled(graph, self.places[0].id, weight=metres)[1])
        for _ in self.places:
            walked = {one.id: walked.get(one.id, 1e9) for one in self.places}
            distances = settled(graph, self.places[0].id, weight=metres)[1]
            if distances == {name: found for name, found in walked.items() if found < 1e9}:
                break
            walked = dict(distances)
        return dict(distances)

    @staticmethod
    def _open(one: Path, mobility: Mobility, walked: float) -> bool:
        if one.hours is None:
            return True
        begin = NOON + timedelta(seconds=walked / SPEEDS[mobility])
        end = begin + timedelta(seconds=one.metres / SPEEDS[mobility])
        if one.hours.opens == time(10):
            return end <= NOON.replace(minute=4)
        return begin >= NOON.replace(minute=3)


@pytest.mark.parametrize("mobility", list(SPEEDS))
def test_walks_are_as_short_as_networkx_finds_without_hours(mobility: Mobility) -> None:
    for seed in range(MAPS):
        generated = GeneratedMap.of(seed)
        always = [one.model_copy(update={"hours": None}) for one in generated.paths]
        reach = WalkingMap(generated.places, always, ZONE).reach(generated.places[0].id, mobility, NOON)
        assert reach.metres == generated.shortest(mobility, timed=False), seed


@pytest.mark.parametrize("mobility", list(SPEEDS))
def test_walks_are_as_short_as_networkx_finds_with_hours(mobility: Mobility) -> None:
    for seed in range(MAPS):
        generated = GeneratedMap.of(seed)
        reach = WalkingMap(generated.places, generated.paths, ZONE).reach(generated.places[0].id, mobility, NOON)
        assert reach.metres == pytest.approx(generated.shortest(mobility, timed=True)), seed


@pytest.mark.parametrize("mobility", list(SPEEDS))
def test_walks_use_no_path_that_the_walker_cannot(mobility: Mobility) -> None:
    walked = 0
    for seed in range(MAPS):
        generated = GeneratedMap.of(seed)
        venue = WalkingMap(generated.places, generated.paths, ZONE)
        usable = generated.usable(mobility)
        for end in generated.places[1:]:
            route = venue.route(generated.places[0].id, end.id, mobility, NOON)
            if route is None:
                continue
            assert sum(step.metres for step in route.steps) == route.metres
            done = 0.0
            for step in route.steps:
                walked += 1
                assert any(
                    (one.start, one.end) == (step.start, step.end)
                    or ((one.end, one.start) == (step.start, step.end) and not one.one_way)
                    for one in usable
                    if one.metres == step.metres and generated._open(one, mobility, done)
                )
                done += step.metres
    assert walked > MAPS


def test_reach_holds_until_its_limit_and_not_longer() -> None:
    checked = 0
    for seed in range(MAPS):
        generated = GeneratedMap.of(seed)
        venue = WalkingMap(generated.places, generated.paths, ZONE)
        first = venue.reach(generated.places[0].id, "none", NOON)
        if first.valid_until - first.depart < 3600:
            last = NOON + timedelta(seconds=first.valid_until - first.depart - 0.01)
            assert venue.reach(generated.places[0].id, "none", last).metres == first.metres
            checked += 1
    assert checked > 50


@pytest.mark.parametrize(
    ("fields", "walkers"),
    [
        ({}, {"none", "slow", "pushchair", "wheelchair"}),
        ({"kind": "steps", "step_free": False}, {"none"}),
        ({"kind": "grass", "step_free": False}, {"none", "slow"}),
        ({"width_m": 1.0}, {"none", "slow", "pushchair"}),
        ({"width_m": 0.7}, {"none", "slow"}),
        ({"slope_percent": 8}, {"none", "slow", "pushchair", "wheelchair"}),
        ({"slope_percent": 8.1}, {"none", "slow", "pushchair"}),
        ({"kerb_cm": 3.5}, {"none", "slow", "pushchair"}),
    ],
)
def test_path_is_used_by_those_who_can(fields: dict[str, Any], walkers: set[str]) -> None:
    assert {mobility for mobility in SPEEDS if may_use(path("a", "z", **fields), mobility)} == walkers


def test_minutes_are_rounded_up_for_a_walk_not_for_each_path() -> None:
    route = walk(walking_map(path("a", "b", 40), path("b", "z", 40)))
    assert route is not None
    assert (route.minutes, route.metres, route.places) == (2, 80, ("a", "b", "z"))
    assert [walking_minutes(42 * minutes, SPEEDS["slow"]) for minutes in (1, 2, 4)] == [1, 2, 4]


def test_crossing_must_end_by_the_closing_time() -> None:
    venue = walking_map(path("a", "z", 72, hours=Hours(opens=time(8), closes=time(22))), path("a", "z", 500))
    for depart, metres in ((time(21, 59), 72), (time(21, 59, 1), 500), (time(22), 500), (time(8), 72)):
        route = walk(venue, depart=datetime.combine(NOON, depart, ZONE))
        assert route is not None
        assert route.metres == metres, depart


def test_one_way_path_leads_in_one_direction() -> None:
    venue = walking_map(path("a", "z", one_way=True))
    assert walk(venue) is not None
    assert venue.route(PlaceId("z"), PlaceId("a"), "none", NOON) is None


def test_closed_path_is_left_out_in_both_directions() -> None:
    venue = walking_map(path("a", "z"), path("a", "b"), path("b", "z"))
    for ends in (("a", "z"), ("z", "a")):
        closed = {(PlaceId(ends[0]), PlaceId(ends[1]))}
        route = venue.route(PlaceId("a"), PlaceId("z"), "none", NOON, closed_paths=closed)
        assert route is not None
        assert route.places == ("a", "b", "z")


CROWDED = {(PlaceId("a"), PlaceId("b"))}


def test_crowded_path_is_avoided_unless_the_way_around_is_far_longer() -> None:
    for around, places in ((500, ("a", "c", "z")), (1_000, ("a", "b", "z"))):
        venue = walking_map(path("a", "b"), path("b", "z", 20), path("a", "c", around), path("c", "z", 20))
        route = venue.route(PlaceId("a"), PlaceId("z"), "none", NOON, crowded_paths=CROWDED)
        assert route is not None
        assert route.places == places
        assert route.metres == (around + 20 if places[1] == "c" else 80)


def test_crowd_at_the_end_does_not_lead_through_another() -> None:
    venue = walking_map(path("a", "b"), path("b", "y"), path("a", "c", 90), path("c", "y", 90), path("y", "z"))
    crowded = CROWDED | {(PlaceId("z"), PlaceId("y"))}
    route = venue.route(PlaceId("a"), PlaceId("z"), "none", NOON, crowded_paths=crowded)
    assert route is not None
    assert (route.places, route.metres) == (("a", "c", "y", "z"), 240)


def test_way_around_that_closes_too_early_is_not_the_only_one() -> None:
    venue = walking_map(
        path("a", "b"), path("a", "c", 300), path("c", "b"),
        path("b", "z", 72, hours=Hours(opens=time(8), closes=time(12, 3))),
    )  # fmt: skip
    route = venue.route(PlaceId("a"), PlaceId("z"), "none", NOON, crowded_paths=CROWDED)
    assert route is not None
    assert route.places == ("a", "b", "z")
    wanted = lambda one: one.id == "z"  # noqa: E731
    found = venue.nearest(PlaceId("a"), wanted, "none", NOON, crowded_paths=CROWDED)
    assert found is not None
    assert found[1].places == ("a", "b", "z")


def gate_map(hours: Hours | None) -> WalkingMap:
    places = [place("out"), place("gate", "entrance", hours=hours), place("other", "entrance"), place("in")]
    paths = [
        path("out", "gate"),
        path("gate", "in", kind="gate"),
        path("gate", "other", 600),
        path("other", "in", kind="gate"),
    ]
    return WalkingMap(places, paths, ZONE)


def test_entrance_hours_are_for_coming_in_only() -> None:
    venue = gate_map(Hours(opens=time(14), closes=time(1)))
    inwards = venue.route(PlaceId("out"), PlaceId("in"), "none", NOON)
    outwards = venue.route(PlaceId("in"), PlaceId("out"), "none", NOON)
    assert inwards is not None
    assert outwards is not None
    assert inwards.places == ("out", "gate", "other", "in")
    assert outwards.places == ("in", "gate", "out")


def test_closed_entrance_is_walked_past_and_not_through() -> None:
    venue = gate_map(None)
    closed = {PlaceId("gate")}
    for start, end in (("out", "in"), ("in", "out")):
        route = venue.route(PlaceId(start), PlaceId(end), "none", NOON, closed_places=closed)
        assert route is not None
        assert len(route.places) == 4


def test_closed_place_is_walked_past_but_a_closed_exit_is_not() -> None:
    for kind, places in (("bar", ("a", "b", "z")), ("exit", ("a", "z"))):
        venue = walking_map(path("a", "b"), path("b", "z"), path("a", "z", 500), b=kind)
        route = venue.route(PlaceId("a"), PlaceId("z"), "none", NOON, closed_places={PlaceId("b")})
        assert route is not None
        assert route.places == places


def nearest_map() -> WalkingMap:
    places = [
        place("here"),
        place("steep", "toilet", step_free=False),
        place("wide", "accessible_toilet"),
        place("late", "water", hours=Hours(opens=time(14), closes=time(5))),
        place("soon_shut", "water", hours=Hours(opens=time(8), closes=time(12, 1))),
        place("far", "water"),
    ]
    paths = [path("here", one.id, metres) for one, metres in zip(places[1:], (10, 30, 40, 90, 700), strict=True)]
    return WalkingMap(places, paths, ZONE)


@pytest.mark.parametrize(
    ("kind", "mobility", "expected"),
    [("toilet", "none", "steep"), ("toilet", "wheelchair", "wide"), ("water", "none", "far")],
)
def test_nearest_place_is_open_and_usable(kind: str, mobility: Mobility, expected: str) -> None:
    found = nearest_map().nearest(PlaceId("here"), kind, mobility, NOON)
    assert found is not None
    assert found[0].id == expected


def test_nearest_accepts_a_condition_and_returns_none_without_a_place() -> None:
    venue = nearest_map()
    found = venue.nearest(PlaceId("here"), lambda one: one.id == "wide", "none", NOON)
    assert found is not None
    assert found[1].minutes == 1
    assert venue.nearest(PlaceId("here"), "bar", "none", NOON) is None
    assert venue.nearest(PlaceId("here"), "water", "none", NOON, closed_places={PlaceId("far")}) is None


def test_map_refuses_a_path_to_an_unknown_place() -> None:
    with pytest.raises(ValueError, match="'z', which isn't a place"):
        WalkingMap([place("a")], [path("a", "z")], ZONE)
