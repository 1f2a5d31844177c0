"""The nearest place of a kind, the way to a place, walking times, and where something is."""

from __future__ import annotations

import re
from datetime import datetime, time

from processors.assistant.answer import Answer, Skill, sentences
from processors.assistant.festival import Festival
from processors.assistant.lexicon import is_beyond_tables
from processors.assistant.question import Question
from processors.assistant.slot_text import slots_of, to_come
from processors.assistant.walk_text import hours_sentence, listed_places, queue_minutes, route_values
from schemas.ids import PlaceId
from schemas.venue_map import Place

USUAL_TIME = time(18)
"""Local time of walks that somebody plans before the festival."""

FOOD_WORDS = {
    "vegan": r"\bvegan\w*|\bplant based", "gluten": r"\bgluten|\bcelia\w*|\bcoeliac\w*", "halal": r"\bhalal",
    "grill": r"\bparrilla|\bgrill|\bcarne\b|\bmeat\b|\bbrasa",
    "coffee": r"\bcafe\b|\bcoffee\b|\bdulce\w*|\bsweet\w*|\bpastel\w*|\bcake\w*",
    "alcohol-free": r"\bsin alcohol|\balcohol free|\bnon alcoholic",
}  # fmt: skip
"""Words of questions by the English word in brackets after the name of a place."""


def wanted_kinds(question: Question) -> tuple[str, ...]:
    """Return the kinds of place that are asked for, as the needs of the person make them."""
    kinds = [kind for kind in question.kinds if kind != "stage"]
    specific = [kind for kind in kinds if kind not in ("entrance", "exit", "water", "bar", "food")] or kinds
    if "water" in specific and "bar" in specific:
        specific.remove("bar")
    chosen = specific[:1]
    if chosen == ["toilet"] and (question.mobility == "wheelchair" or question.has("step_free")):
        chosen = ["accessible_toilet"]
    return tuple(chosen)


def matching(places: list[Place], question: Question) -> list[Place]:
    """Return the places whose note in brackets is asked for; all if none is."""
    for note, pattern in FOOD_WORDS.items():
        if re.search(pattern, question.words):
            noted = [place for place in places if note in place.name_en.lower()]
            if noted:
                return noted
    return places


_PLACE_FOR = re.compile(r"\b(?:sitio|lugar|place|room|space|espacio) (?:para|donde|to|where|for)\b")
""""A place to pray" asks for a place, and not if there is room."""


def score(question: Question, festival: Festival) -> float:  # noqa: PLR0911 - one rule a line
    """Return how well a question about ways and places fits."""
    if is_beyond_tables(question.words):
        return 0.0
    if festival.walks is None or (
        question.has("price", "permission", "weather") and not question.has("nearest", "route", "where", "walk_time")
    ):
        return 0.0
    if "camping" in question.kinds and len(set(question.kinds) - {"toilet", "accessible_toilet", "water"}) > 1:
        return 0.0
    kinds, target = wanted_kinds(question), bool(question.places) or bool(question.acts)
    if question.has("nearest") and (kinds or question.places) and not question.has("play"):
        return 0.95
    if question.has("route", "walk_time") and (target or kinds):
        return 0.93 if not question.has("queue") or question.has("walk_time") else 0.5
    if (
        question.has("where")
        and question.places
        and not question.acts
        and not question.has("play", "queue", "shortest", "full")
    ):
        return 0.9
    if question.has("shortest", "longest", "open", "close", "queue", "duration") or (
        question.has("full") and not _PLACE_FOR.search(question.words)
    ):
        return 0.0
    if kinds and (question.has("where") or question.mobility != "none" or _wants(question)):
        if question.here is not None:
            return 0.86 if question.has("where") and not question.has("permission") else 0.78
        return 0.62
    if question.follow_up and question.skill == "ways" and (kinds or target):
        return 0.9
    return 0.0


def _wants(question: Question) -> bool:
    return bool(
        re.search(
            r"\b(?:necesit\w+|busco|buscamos|buscando|quiero|queremos|need|looking for|want|hay|is there|any"
            r"|algun\w*|me urge|tengo que ir)\b",
            question.words,
        )
    )


def answer(question: Question, festival: Festival) -> Answer | None:  # noqa: PLR0911 - one rule a line
    """Answer with a walk, where the start is known, otherwise with where the place is."""
    kinds = wanted_kinds(question)
    if question.acts:
        slots = to_come(slots_of(question.act_ids, question, festival), question.now)
        if not slots:
            return None
        return _way_to(slots[0].set.stage, question, festival, _start(question))
    if kinds and not (question.has("route", "walk_time") and len(question.places) >= 2):
        start = question.places[0] if question.places else question.here
        return _nearest(kinds, start, question, festival)
    if len(question.places) >= 2:
        start, end = _ordered(question)
        return _way_to(end, question, festival, start)
    if not question.places:
        return None
    if question.has("nearest") and festival.place(question.places[0]).kind == "stage" and question.here is None:
        return _where(question.places[0], question, festival)
    return _way_to(question.places[0], question, festival, question.here)


def _start(question: Question) -> PlaceId | None:
    return question.places[0] if question.places else question.here


def _ordered(question: Question) -> tuple[PlaceId, PlaceId]:
    """Return start and end: places are named in this order, unless the first follows "to" and the second "from"."""
    first, second = question.places[:2]
    reverse = re.search(r"\b(?:to|al?|hasta)\s+.*\b(?:from|desde)\b", question.words) is not None
    return (
        (second, first)
        if reverse and not re.match(r".*\b(?:from|desde|de)\b.*\b(?:to|al?|hasta)\b", question.words)
        else (first, second)
    )


def _nearest(kinds: tuple[str, ...], start: PlaceId | None, question: Question, festival: Festival) -> Answer:
    phrases, language = festival.phrases, question.language
    candidates = matching(festival.places_of(*kinds), question)
    if question.mobility == "wheelchair" or question.has("step_free"):
        candidates = [place for place in candidates if place.step_free]
    if not candidates:
        return Answer(phrases.text(language, "handover"), handover=True)
    if start is None or festival.walks is None:
        kind = phrases.name(language, "kinds", kinds[0]).capitalize()
        text = phrases.text(language, "where_all", kind=kind, places=listed_places(candidates, question, festival))
        only = candidates[0].id if len(candidates) == 1 else None
        if only is not None:
            text = sentences([text, _where(only, question, festival).text])
        return Answer(text, tuple(str(place.id) for place in candidates), place=only)
    ids = {place.id for place in candidates}
    closed = festival.closed_now(question.now)
    moment = _departure(question, festival)
    found = festival.walks.nearest(
        start,
        lambda place: place.id in ids,
        question.mobility,
        moment,
        closed_paths=festival.closed_paths,
        closed_places=closed,
        crowded_paths=festival.crowded_paths,
    )
    if found is None:
        return Answer(phrases.text(language, "nearest_none"), tuple(kinds), handover=True)
    place, route = found
    if not route.steps:
        parts = [phrases.text(language, "nearest_here", name=festival.place_name(place.id, language))]
    else:
        parts = [phrases.text(language, "nearest", **route_values(route, question, festival))]
    parts.append(hours_sentence(place, question, festival))
    minutes = queue_minutes(place.id, question, festival)
    if minutes is not None and question.has("queue", "shortest"):
        parts.append(phrases.text(language, "queue_there", minutes=f"{minutes:g}"))
    return Answer(sentences(parts), (str(place.id), *map(str, route.places)), place=place.id)


def _way_to(end: PlaceId, question: Question, festival: Festival, start: PlaceId | None) -> Answer:
    phrases, language = festival.phrases, question.language
    if start is None or start == end or festival.walks is None:
        return _where(end, question, festival)
    moment = _departure(question, festival)
    closed = festival.closed_now(question.now)
    route = festival.walks.route(
        start,
        end,
        question.mobility,
        moment,
        closed_paths=festival.closed_paths,
        closed_places=closed,
        crowded_paths=festival.crowded_paths,
    )
    if route is None:
        return Answer(
            phrases.text(language, "route_none", name=festival.place_name(end, language)),
            (str(end),),
            handover=True,
            place=end,
        )
    name = "route_between" if start != question.here else "route"
    parts = [phrases.text(language, name, **route_values(route, question, festival))]
    if question.mobility in ("wheelchair", "pushchair") or question.has("step_free"):
        parts += [] if route.has_steps else [phrases.text(language, "route_step_free")]
    return Answer(sentences(parts), (str(end), *map(str, route.places)), place=end)


def _departure(question: Question, festival: Festival) -> datetime:
    """Return when somebody walks; who asks before the festival means an evening of it."""
    moment = question.moments.moment or question.now
    if not festival.days or festival.day_of(moment) in festival.days:
        return moment
    day = next((one for one in festival.days if one > festival.day_of(moment)), festival.days[-1])
    return datetime.combine(day, USUAL_TIME, festival.zone)


def _where(place: PlaceId, question: Question, festival: Festival) -> Answer:
    """Return beside what a place is."""
    phrases, language = festival.phrases, question.language
    name = festival.place_name(place, language)
    joined = [
        (path.metres, path.end if path.start == place else path.start)
        for path in festival.tables.paths
        if place in (path.start, path.end)
    ]
    if not joined:
        return Answer(phrases.text(language, "handover"), handover=True)
    metres, neighbour = min(joined)
    text = phrases.text(
        language, "where_is", name=name, neighbour=festival.place_name(neighbour, language), metres=round(metres)
    )
    return Answer(text, (str(place),), place=place)


SKILL = Skill(
    "ways",
    (
        "¿Dónde está el baño más cercano?",
        "¿Cómo llego al escenario Faro?",
        "Where is the nearest water point?",
        "How far is it to Marea?",
    ),
    score,
    answer,
)
