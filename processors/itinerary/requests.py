"""Reader of requests for itineraries in JSON Lines, with what is expected of the plans.

`docs/data.md` has the layout.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path as FilePath
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo

from processors.festival.hours import DAY_BEGINS
from processors.festival.tables import FestivalTables
from schemas.errors import PulsoError
from schemas.ids import ActId, ListenerId, PlaceId
from schemas.itinerary import BreakWish, ItineraryWishes
from schemas.venue_map import Mobility

WINDOW_NAMES = (("from", "until"), ("start", "end"), ("earliest", "latest"))
"""Names by which a break's window may be given; also `window`, a pair."""

BREAK_LENGTHS = ("minutes", "duration", "duration_min", "length_min")
"""Names by which a break's length in minutes may be given."""


class RequestError(PulsoError, ValueError):
    """A request can't be used; the message names the file, the line and what was expected."""


@dataclass(frozen=True, slots=True)
class ItineraryRequest:
    """A request with what is expected of its plan.

    Attributes:
        likes: acts that the attendee likes, must-sees left out.
        feasible: True if everything fits; None: not said.
        best: what the best plan reaches; its form is free.
        forbidden_edges: pairs of places between which nobody may walk, in either direction.
    """

    id: str
    wishes: ItineraryWishes
    likes: frozenset[ActId]
    feasible: bool | None = None
    best: Any = None
    forbidden_edges: frozenset[frozenset[str]] = field(default_factory=frozenset)


def read_requests(path: FilePath, tables: FestivalTables, zone: ZoneInfo) -> list[ItineraryRequest]:
    """Read requests.

    Raises:
        RequestError: a line can't be used.
    """
    requests = []
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                requests.append(_request(json.loads(line), tables, zone))
            except KeyError as error:
                raise RequestError(f"{path}, line {number}: the field {error.args[0]!r} is missing") from error
            except (ValueError, TypeError, AttributeError) as error:
                raise RequestError(f"{path}, line {number}: {error}") from error
    if not requests:
        raise RequestError(f"{path}: no request in the file")
    return requests


def _request(line: Mapping[str, Any], tables: FestivalTables, zone: ZoneInfo) -> ItineraryRequest:
    day = date.fromisoformat(line["day"])
    mobility = line.get("mobility") or "none"
    if mobility not in get_args(Mobility):
        raise ValueError(f"mobility {mobility!r} is not one of {', '.join(get_args(Mobility))}")
    places = [line["from"], line.get("to")]
    for place in places:
        if place and place not in tables.places:
            raise ValueError(f"the place {place!r} is not in places.csv")
    must_see = tuple(dict.fromkeys(ActId(act) for act in line.get("must_see") or ()))
    dislikes = _acts(line.get("dislikes"), tables)
    likes = _acts(line.get("likes"), tables) - set(must_see)
    expect = line.get("expect") or {}
    wishes = ItineraryWishes(
        visitor=ListenerId(str(line["id"])),
        day=day,
        begin=_moment(line["start"], day, zone),
        end=_moment(line["end"], day, zone),
        origin=PlaceId(line["from"]),
        destination=PlaceId(line["to"]) if line.get("to") else None,
        must_see=must_see,
        utilities=dict.fromkeys(sorted(likes - dislikes), 1.0),
        dislikes=tuple(sorted(dislikes)),
        mobility=cast(Mobility, mobility),
        max_walk_m=None if line.get("max_walk_m") is None else float(line["max_walk_m"]),
        breaks=tuple(_break(one, day, zone) for one in line.get("breaks") or ()),
    )
    return ItineraryRequest(
        id=str(line["id"]),
        wishes=wishes,
        likes=frozenset(likes - dislikes),
        feasible=expect.get("feasible"),
        best=expect.get("best"),
        forbidden_edges=frozenset(_ends(edge) for edge in expect.get("forbidden_edges") or ()),
    )


def _acts(names: Any, tables: FestivalTables) -> set[ActId]:
    """Return the acts of ids; a name that isn't an act's id is a genre or a mood, and stands for all its acts."""
    found: set[ActId] = set()
    known = set(tables.acts) | {one.act for one in tables.sets}
    for name in names or ():
        if name in known:
            found.add(ActId(name))
        else:
            found |= {act.id for act in tables.acts.values() if name in act.genres or name in act.moods}
    return found


def _moment(text: str, day: date, zone: ZoneInfo) -> datetime:
    """Return a moment that is given as RFC 3339, or as HH:MM of the festival day; 24:00 is midnight."""
    if "T" in text or len(text) > len("00:00:00"):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    at = time.fromisoformat("00:00" if text == "24:00" else text)
    return datetime.combine(day if at >= DAY_BEGINS else day + timedelta(days=1), at, zone)


def _break(line: Mapping[str, Any], day: date, zone: ZoneInfo) -> BreakWish:
    lengths = [line[name] for name in BREAK_LENGTHS if name in line]
    if not lengths:
        raise KeyError("minutes")
    begin, end = line.get("window") or (None, None)
    for first, last in WINDOW_NAMES:
        begin, end = line.get(first) or begin, line.get(last) or end
    return BreakWish(
        minutes=int(lengths[0]),
        kind=line.get("kind") or None,
        begin=None if begin is None else _moment(begin, day, zone),
        end=None if end is None else _moment(end, day, zone),
    )


def _ends(edge: Any) -> frozenset[str]:
    """Return both ends of an edge: `[from, to]`, `{"from", "to"}` or `"from-to"` with -, > or | between."""
    if isinstance(edge, str):
        ends = edge.replace("->", "-").replace(">", "-").replace("|", "-").split("-")
    elif isinstance(edge, Mapping):
        ends = [edge["from"], edge["to"]]
    else:
        ends = list(edge)[:2]
    if len(ends) != 2:
        raise ValueError(f"the forbidden edge {edge!r} does not name two places")
    return frozenset(end.strip() for end in ends)
