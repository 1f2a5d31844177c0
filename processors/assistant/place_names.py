"""Places in a question: by name, by kind with the name of an area, or by kind alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from processors.assistant.lexicon import Lexicon
from processors.assistant.text import normalise
from schemas.ids import PlaceId
from schemas.venue_map import Place

MIN_SIMILARITY = 88.0

_KIND_WORDS = {
    "escenario", "stage", "carpa", "tent", "barra", "bar", "aseos", "aseo", "toilets", "toilet",
    "accesible", "accessible",
    "fuente de agua", "water", "point", "puesto", "sanitario", "first", "aid", "post", "informacion", "information",
    "puerta", "gate", "entrada", "entrance", "salida", "exit", "consigna", "lockers", "camping", "aparcamiento", "car",
    "park", "plataforma", "viewing", "platform", "enfermeria", "de", "del", "la", "el", "agua", "the", "of", "moviles",
    "carga", "phone", "charging", "punto", "parada", "sala", "room", "rank", "stop", "camino", "cruce", "crossing",
}  # fmt: skip

_BARE = {
    "norte",
    "north",
    "sur",
    "south",
    "este",
    "east",
    "oeste",
    "west",
    "central",
    "general",
    "fuente",
    "plaza",
    "official",
    "oficial",
    "quiet",
    "silencio",
    "violeta",
    "violet",
    "familia",
    "family",
    "zero",
    "cero",
}
"""Names of areas that need the kind of place beside them."""


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A mention of a place."""

    place: PlaceId
    begin: int
    end: int


class PlaceNames:
    """Finds places in normalised questions.

    Args:
        places: the map.
        words: lexicon with the words of kinds.
    """

    def __init__(self, places: Mapping[PlaceId, Place], words: Lexicon) -> None:
        self._places = places
        self._words = words
        self._names: dict[str, list[PlaceId]] = {}
        self._areas: dict[tuple[str, str], list[PlaceId]] = {}
        """Places by kind and word of area."""
        for place in places.values():
            for name in (place.name_es, place.name_en):
                self._add_name(place, name)
        self.words = {
            word
            for place in places.values()
            for name in (place.name_es, place.name_en)
            for word in normalise(name).split()
        }
        self.areas = {area for _, area in self._areas}
        self._long_names: dict[int, list[str]] = {}
        """Names of at least six letters by their number of spaces: only these are found misspelt."""
        for alias in self._names:
            if len(alias) >= 6:
                self._long_names.setdefault(alias.count(" "), []).append(alias)
        self._longest = max((alias.count(" ") + 1 for alias in self._names), default=1)

    def _add_name(self, place: Place, name: str) -> None:
        plain = normalise(re.sub(r"\(.*?\)", " ", name))
        words = plain.split()
        self._register(plain, place)
        self._register(" ".join(word for word in words if word not in ("de", "del", "la", "el", "the")), place)
        content = [word for word in words if word not in _KIND_WORDS]
        for word in content:
            if len(word) > 2:
                members = self._areas.setdefault((place.kind, word), [])
                if place.id not in members:
                    members.append(place.id)
        alone = " ".join(content)
        if place.kind in ("stage", "food") and alone and alone not in _BARE:
            self._register(alone, place)
            for word in content:
                if len(word) > 3 and word not in _BARE and place.kind == "stage":
                    self._register(word, place)

    def _register(self, alias: str, place: Place) -> None:
        if alias and place.id not in self._names.setdefault(alias, []):
            self._names[alias].append(place.id)

    def find(self, text: str, taken: list[tuple[int, int]]) -> tuple[list[PlaceMention], list[str]]:
        """Return the places that a text names, and the kinds of place that it names without one.

        Args:
            text: normalised question.
            taken: spans of letters that are something else, such as acts.
        """
        found = self._by_area(text, taken)
        occupied = taken + [(one.begin, one.end) for one in found]
        found += self._by_name(text, occupied)
        found.sort(key=lambda one: one.begin)
        kinds: list[str] = []
        occupied = taken + [(one.begin, one.end) for one in found]
        for begin, end, kind in self._words.spans("kinds", text):
            if not _overlaps(begin, end, occupied) and kind not in kinds:
                kinds.append(kind)
        return found, kinds

    def beside(self, place: PlaceId, kind: str) -> PlaceId | None:
        """Return the place of a kind that has the name of the same area."""
        if self._places[place].kind != "stage":
            return None
        for word in normalise(self._places[place].name_es).split():
            found = self._in_area(kind, word)
            if found is not None:
                return found
        return None

    def _by_name(self, text: str, occupied: list[tuple[int, int]]) -> list[PlaceMention]:
        spans = [match.span() for match in re.finditer(r"\S+", text)]
        found: list[PlaceMention] = []
        for size in range(min(self._longest, len(spans)), 0, -1):
            for first in range(len(spans) - size + 1):
                begin, end = spans[first][0], spans[first + size - 1][1]
                taken = occupied + [(one.begin, one.end) for one in found]
                if _overlaps(begin, end, taken):
                    continue
                place = self._named(text[begin:end])
                if place is not None:
                    found.append(PlaceMention(place, begin, end))
        return found

    def _named(self, window: str) -> PlaceId | None:
        exact = self._names.get(window)
        if exact:
            return exact[0] if len(exact) == 1 else self._stage_of(exact)
        if len(window) < 6:
            return None
        best, best_score = None, MIN_SIMILARITY
        for alias in self._long_names.get(window.count(" "), ()):
            if abs(len(alias) - len(window)) <= 2:
                score = fuzz.ratio(window, alias)
                if score >= best_score:
                    best, best_score = self._stage_of(self._names[alias]), score
        return best

    def _stage_of(self, members: list[PlaceId]) -> PlaceId:
        """Return the stage among places of one name, or the first of them."""
        return next((one for one in members if self._places[one].kind == "stage"), members[0])

    def _by_area(self, text: str, taken: list[tuple[int, int]]) -> list[PlaceMention]:
        """Return places that are named by kind and area, such as "the toilets at Faro" or "barra de la Cantera"."""
        found: list[PlaceMention] = []
        for begin, end, kind in self._words.spans("kinds", text):
            if _overlaps(begin, end, taken + [(one.begin, one.end) for one in found]):
                continue
            near = self._area_after(text, end, kind) or self._area_before(text, begin, kind)
            if near is not None:
                place, edge = near
                found.append(PlaceMention(place, min(begin, edge[0]), max(end, edge[1])))
        return found

    def _area_after(self, text: str, end: int, kind: str) -> tuple[PlaceId, tuple[int, int]] | None:
        match = re.match(
            r"\s+(?:(?:de|del|la|el|en|at|the|by|in|of|junto|al|a|stage|escenario|near|next|to|que|esta|is"
            r"|there)\s+){0,5}(\S+)",
            text[end:],
        )
        if match is None:
            return None
        place = self._in_area(kind, match[1])
        return None if place is None else (place, (end + match.start(1), end + match.end(1)))

    def _area_before(self, text: str, begin: int, kind: str) -> tuple[PlaceId, tuple[int, int]] | None:
        match = re.search(r"(\S+)\s+(?:(?:stage|s)\s+)?$", text[:begin])
        if match is None:
            return None
        place = self._in_area(kind, match[1])
        return None if place is None else (place, match.span(1))

    def _in_area(self, kind: str, word: str) -> PlaceId | None:
        kinds = {"entrance": ("entrance", "exit"), "exit": ("exit", "entrance")}.get(kind, (kind,))
        for one in kinds:
            members = self._areas.get((one, word), [])
            if len(members) == 1:
                return members[0]
        return None


def _overlaps(begin: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(begin < other_end and other_begin < end for other_begin, other_end in spans)
