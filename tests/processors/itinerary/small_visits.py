"""Small generated visits, their best score by exhaustive search, and an independent check of plans."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from math import ceil, inf
from zoneinfo import ZoneInfo

from processors.festival.routing import WalkingMap
from processors.itinerary.walks import WalkTables
from schemas.ids import ActId, ListenerId, PlaceId, SetId
from schemas.itinerary import BreakWish, ItineraryPlan, ItineraryWishes, PlannedLeg, PlannedStop
from schemas.programme import ProgrammeSet
from schemas.venue_map import Hours, Mobility, Path, Place

ZONE = ZoneInfo("Europe/Lisbon")
BEGIN = datetime(2030, 6, 1, 20, tzinfo=ZONE)
SPEED = {"none": 1.2, "slow": 0.7, "pushchair": 1.0, "wheelchair": 0.9}


@dataclass
class Visit:
    """One generated visit.

    Attributes:
        sets: (stage, begin minute, end minute, act, seen by the attendee's wishes).
    """

    places: list[Place]
    paths: list[Path]
    programme: list[ProgrammeSet]
    wishes: ItineraryWishes
    minutes: int

    @classmethod
    def of(cls, seed: int) -> Visit:
        chance = random.Random(seed)
        names = ["s0", "s1", "s2", "food", "lane"]
        places = [_place(name, chance) for name in names]
        paths = [_path(start, end, chance) for start, end in pairwise(chance.sample(names, len(names)))]
        paths += [_path(*chance.sample(names, 2), chance) for _ in range(3)]
        minutes = chance.randint(50, 110)
        acts = [f"a{number}" for number in range(chance.randint(2, 4))]
        programme = []
        for number in range(chance.randint(3, 5)):
            begin, length = chance.randint(0, minutes - 20), chance.choice([10, 15, 20, 25])
            act = chance.choice(acts)
            programme.append(
                ProgrammeSet(
                    id=SetId(f"set{number}"),
                    day=BEGIN.date(),
                    begin=at(begin),
                    end=at(begin + length),
                    stage=PlaceId(chance.choice(names[:3])),
                    act=ActId(act),
                    name=act,
                    kind=chance.choice(["concert", "concert", "concert", "signing"]),
                    status=chance.choice(["scheduled", "moved", "scheduled", "cancelled"]),
                )
            )
        must_see = tuple(ActId(act) for act in acts if chance.random() < 0.4)
        utilities = {ActId(act): float(chance.randint(1, 4)) for act in acts if chance.random() < 0.8}
        wishes = ItineraryWishes(
            visitor=ListenerId("v"),
            day=BEGIN.date(),
            begin=BEGIN,
            end=at(minutes),
            origin=PlaceId(chance.choice(names)),
            destination=chance.choice([None, *map(PlaceId, names)]),
            must_see=must_see,
            utilities=utilities,
            dislikes=tuple(ActId(act) for act in acts if chance.random() < 0.1),
            mobility=chance.choice(list(SPEED)),  # type: ignore[arg-type]
            max_walk_m=chance.choice([None, chance.randint(300, 2000)]),
            breaks=tuple(_break(minutes, chance) for _ in range(chance.choice([0, 1, 1, 2]))),
        )
        return cls(places, paths, programme, wishes, minutes)

    def walk_tables(self) -> WalkTables:
        """Return the walks of the visit's map."""
        return WalkTables(WalkingMap(self.places, self.paths, ZONE))

    def needed(self, one: ProgrammeSet) -> int:
        """Return the minutes for which somebody must see a set."""
        return ceil(0.75 * (one.end - one.begin).total_seconds() / 60)

    def counts(self, one: ProgrammeSet) -> bool:
        """Return True if the attendee wants to see a set, and can."""
        wanted = one.act in self.wishes.must_see or (
            one.act in self.wishes.utilities and one.act not in self.wishes.dislikes
        )
        return wanted and one.status != "cancelled" and one.kind != "signing"


def at(minute: int) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def minute_of(moment: datetime) -> int:
    return round((moment - BEGIN).total_seconds() / 60)


def _place(name: str, chance: random.Random) -> Place:
    hours = Hours(opens=time(20, chance.randint(0, 30)), closes=time(21, chance.randint(0, 30)))
    return Place(
        id=PlaceId(name),
        name_es=name,
        name_en=name,
        kind="food" if name in ("food", "lane") else "stage",
        x_m=0,
        y_m=0,
        step_free=chance.random() < 0.7,
        hours=hours if name in ("food", "lane") and chance.random() < 0.5 else None,
    )


def _path(start: str, end: str, chance: random.Random) -> Path:
    return Path(
        start=PlaceId(start),
        end=PlaceId(end),
        metres=chance.randint(1, 9) * 60 + chance.choice([0, 0, 13]),
        kind=chance.choice(["paved", "paved", "paved", "steps"]),
        step_free=chance.random() < 0.9,
        width_m=chance.choice([1.0, 3, 3, 3]),
        slope_percent=chance.choice([2, 2, 2, 9]),
        one_way=chance.random() < 0.15,
        hours=Hours(opens=time(10), closes=time(20, chance.randint(20, 50))) if chance.random() < 0.3 else None,
    )


def _break(minutes: int, chance: random.Random) -> BreakWish:
    begin = chance.randint(0, minutes - 15)
    length = chance.choice([5, 10, 15])
    return BreakWish(
        minutes=length,
        kind=chance.choice([None, None, None, "food", "stage"]),
        begin=at(begin) if chance.random() < 0.8 else None,
        end=at(begin + length + chance.choice([0, 0, 1, 3, 20])) if chance.random() < 0.8 else None,
    )


class Search:
    """Exhaustive search, minute by minute: wait, walk anywhere, see a set, or have a break."""

    def __init__(self, visit: Visit, speed: float | None = None) -> None:
        self.visit = visit
        self.speed = speed or SPEED[visit.wishes.mobility]
        self.limit = inf if visit.wishes.max_walk_m is None else visit.wishes.max_walk_m
        self._walks: dict[tuple[str, int], dict[str, float]] = {}

    def best(self) -> tuple[int, int, float] | None:
        """Return breaks kept, must-sees seen and utility of the best way; None if there is no way."""
        wishes = self.visit.wishes
        scores = (
            (kept, len(seen & set(wishes.must_see)), sum(wishes.utilities.get(ActId(act), 0.0) for act in seen))
            for kept, seen in self.ends()
        )
        return max(scores, default=None)

    def ends(self) -> set[tuple[int, frozenset[str]]]:
        """Return the breaks kept and the acts seen of every way."""
        visit, wishes = self.visit, self.visit.wishes
        sets = [one for one in visit.programme if visit.counts(one)]
        states: list[dict[tuple[str, frozenset[str], int], float]] = [{} for _ in range(visit.minutes + 1)]
        states[0][wishes.origin, frozenset(), 0] = 0.0
        ends = set()

        def reach(minute: int, place: str, seen: frozenset[str], kept: int, walked: float) -> None:
            if minute <= visit.minutes and walked <= self.limit:
                known = states[minute].get((place, seen, kept), inf)
                states[minute][place, seen, kept] = min(known, walked)

        for minute in range(visit.minutes + 1):
            for (place, seen, kept), walked in states[minute].items():
                if wishes.destination in (None, place):
                    ends.add((bin(kept).count("1"), seen))
                reach(minute + 1, place, seen, kept, walked)
                for end, metres in self.walks(place, minute).items():
                    if end != place:
                        reach(minute + ceil(metres / self.speed / 60 - 1e-9), end, seen, kept, walked + metres)
                for one in sets:
                    needed = visit.needed(one)
                    here = place == one.stage and one.act not in seen
                    if here and minute_of(one.begin) <= minute <= minute_of(one.end) - needed:
                        reach(minute + needed, place, seen | {one.act}, kept, walked)
                for position, rest in enumerate(wishes.breaks):
                    if not kept & 1 << position and self.may_rest(rest, place, minute):
                        reach(minute + rest.minutes, place, seen, kept | 1 << position, walked)
        return ends

    def may_rest(self, rest: BreakWish, place: str, minute: int) -> bool:
        """Return True if a break may begin at a place and minute."""
        begin, end = rest.begin or at(0), rest.end or at(self.visit.minutes)
        if at(minute) < begin or at(minute + rest.minutes) > end:
            return False
        if rest.kind is None:
            return True
        there = next(one for one in self.visit.places if one.id == place)
        if there.kind != rest.kind or (self.visit.wishes.mobility == "wheelchair" and not there.step_free):
            return False
        if there.hours is None:
            return True
        opens, closes = (datetime.combine(BEGIN, hour, ZONE) for hour in (there.hours.opens, there.hours.closes))
        return opens <= at(minute) and at(minute + rest.minutes) <= closes

    def walks(self, start: str, minute: int) -> dict[str, float]:
        """Return the shortest walks that leave at a minute, by trying all ways without a circle."""
        if (start, minute) not in self._walks:
            found = {start: 0.0}
            self._try_all(start, minute, 0.0, {start}, found)
            self._walks[start, minute] = found
        return self._walks[start, minute]

    def _try_all(self, place: str, minute: int, walked: float, visited: set[str], found: dict[str, float]) -> None:
        for path in self.visit.paths:
            for start, end in ((path.start, path.end), (path.end, path.start)):
                if start != place or end in visited or not self.may_cross(path, start, minute, walked):
                    continue
                found[end] = min(found.get(end, inf), walked + path.metres)
                self._try_all(end, minute, walked + path.metres, visited | {end}, found)

    def may_cross(self, path: Path, start: str, minute: int, walked: float) -> bool:
        """Return True if a path can be crossed, after so many metres of a walk that left at a minute."""
        mobility: Mobility = self.visit.wishes.mobility
        if path.one_way and start != path.start:
            return False
        if mobility != "none" and path.kind == "steps":
            return False
        if mobility in ("pushchair", "wheelchair") and not path.step_free:
            return False
        if mobility == "wheelchair" and (path.width_m < 1.2 or path.slope_percent > 8):
            return False
        if path.hours is None:
            return True
        end = at(minute) + timedelta(seconds=(walked + path.metres) / self.speed)
        return end <= datetime.combine(BEGIN, path.hours.closes, ZONE) + timedelta(milliseconds=1)


def check_plan(visit: Visit, plan: ItineraryPlan, speed: float | None = None) -> list[str]:
    """Return what is wrong with a plan."""
    wishes, search, wrong = visit.wishes, Search(visit, speed), []
    place, now, walked = wishes.origin, wishes.begin, 0.0
    for part in sorted([*plan.stops, *plan.legs], key=lambda part: (part.begin, part.end)):
        if part.begin < now:
            wrong.append(f"{part} begins before the part before it has ended")
        now = part.end
        if isinstance(part, PlannedLeg):
            wrong += _wrong_leg(search, part, place)
            place, walked = part.places[-1], walked + part.metres
        elif part.place != place:
            wrong.append(f"{part}, but the visitor is at {place}")
        else:
            wrong += _wrong_stop(search, part)
    if now > wishes.end or walked > search.limit or walked != plan.metres:
        wrong.append(f"ends at {now} after {walked} m")
    if wishes.destination not in (None, place):
        wrong.append(f"ends at {place}")
    return wrong


def _wrong_leg(search: Search, leg: PlannedLeg, place: str) -> list[str]:
    gone, wrong = 0.0, [] if leg.places[0] == place else [f"{leg} does not begin at {place}"]
    for start, end in pairwise(leg.places):
        crossed = [
            path.metres
            for path in search.visit.paths
            if {path.start, path.end} == {start, end} and search.may_cross(path, start, minute_of(leg.begin), gone)
        ]
        if not crossed:
            wrong.append(f"{leg} crosses {start}–{end}")
        gone += min(crossed, default=0.0)
    if gone != leg.metres or minute_of(leg.end) - minute_of(leg.begin) != ceil(gone / search.speed / 60 - 1e-9):
        wrong.append(f"{leg} is {gone} m long")
    return wrong


def _wrong_stop(search: Search, stop: PlannedStop) -> list[str]:
    if stop.set is not None:
        one = next(one for one in search.visit.programme if one.id == stop.set)
        shown = min(stop.end, one.end) - max(stop.begin, one.begin)
        is_seen = one.stage == stop.place and shown >= 0.75 * (one.end - one.begin) and search.visit.counts(one)
        return [] if is_seen else [f"{stop} is not seen"]
    rest = search.visit.wishes.breaks[stop.wish or 0]
    is_kept = stop.end - stop.begin == timedelta(minutes=rest.minutes)
    return [] if is_kept and search.may_rest(rest, stop.place, minute_of(stop.begin)) else [f"{stop} is not the break"]
