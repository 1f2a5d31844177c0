"""When places open and close, and if they are open now."""

from __future__ import annotations

import re

from processors.assistant.answer import Answer, Skill, sentences
from processors.assistant.festival import Festival
from processors.assistant.lexicon import is_beyond_tables
from processors.assistant.question import Question
from processors.assistant.skills.ways import matching, wanted_kinds
from processors.assistant.walk_text import hours_of, listed_places
from processors.festival.hours import is_open
from processors.festival.live_state import ClosedPlace, GateState
from schemas.venue_map import Place

_NOW = re.compile(
    r"\b(?:esta|estan|sigue|siguen|is|are|still|todavia|aun|ahora|now|encuentro)\b.*\b(?:abiert\w+|open"
    r"|cerrad\w+|closed|shut)\b|\b(?:abiert\w+|cerrad\w+)\s+(?:esta|estan|ahora)\b"
)


_STILL = re.compile(
    r"\b(?:can (?:i|we) still|still (?:get|buy|eat|drink|order)|todavia (?:puedo|se puede|hay|sirven)"
    r"|aun (?:puedo|se puede|hay|sirven)|sigue (?:sirviendo|habiendo)|is still)\b"
)

_PASS = re.compile(
    r"\b(?:entrar|entro|entramos|pasar|salir|salgo|salimos|usar|enter|get in|go in|come in|get out|leave|exit"
    r"|use|go out|go through)\b.{0,12}\b(?:por|through|by|via|the|at|in)\b"
)


def score(question: Question, festival: Festival) -> float:  # noqa: PLR0911 - one rule a line
    """Return how well a question about opening hours fits."""
    if question.has("who") and question.has("last", "first"):
        return 0.0
    if any(festival.place(place).kind in ("entrance", "exit") for place in question.places) and _PASS.search(
        question.words
    ):
        return 0.91
    if question.places and _STILL.search(question.words) and not question.has("play", "full", "queue"):
        return 0.9
    if question.acts or (not question.has("open", "close") and not (question.places and question.has("when", "end"))):
        return 0.0
    if is_beyond_tables(question.words):
        return 0.0
    if question.has("price", "permission", "weather", "play", "route", "walk_time"):
        return 0.3 if question.has("permission", "price") else 0.0
    if any(festival.place(place).hours is not None for place in question.places):
        return 0.92
    return 0.7 if wanted_kinds(question) or question.kinds else 0.0


def answer(question: Question, festival: Festival) -> Answer | None:
    """Answer with hours, which live closures outrank."""
    if question.places:
        places = [festival.place(place) for place in question.places if festival.place(place).hours is not None]
    else:
        kinds = wanted_kinds(question) or question.kinds
        places = matching(festival.places_of(*kinds), question)
    if not places:
        return None
    sources = tuple(str(place.id) for place in places)
    if len(places) > 2:
        kind = festival.phrases.name(question.language, "kinds", places[0].kind).capitalize()
        text = festival.phrases.text(
            question.language, "where_all", kind=kind, places=listed_places(places, question, festival)
        )
        return Answer(text, sources)
    text = sentences([_sentence(place, question, festival) for place in places])
    return Answer(text, sources, place=places[0].id)


def _sentence(place: Place, question: Question, festival: Festival) -> str:
    phrases, language = festival.phrases, question.language
    name = festival.place_name(place.id, language)
    asks_now = (
        _NOW.search(question.words) or _PASS.search(question.words) or _STILL.search(question.words)
    ) is not None or question.has("now")
    asks_at = question.moments.moment is not None
    closed = _closed_live(place, question, festival)
    if closed and (asks_now or not (question.moments.days or asks_at)):
        return closed
    hours = hours_of(place, question, festival)
    if hours is None:
        return phrases.text(language, "open_now_always" if asks_now else "open_always", name=name)
    values = {"name": name, "opens": hours[0], "closes": hours[1]}
    if asks_now or asks_at:
        moment = question.moments.moment or question.now
        return phrases.text(
            language, "open_now" if is_open(place.hours, moment, festival.zone) else "closed_now", **values
        )
    return phrases.text(language, "open_hours", **values)


def _closed_live(place: Place, question: Question, festival: Festival) -> str:
    """Return that a place is closed in spite of its hours, and until when; empty if nothing is known of it."""
    live = festival.live_at(question.now)
    if live is None:
        return ""
    phrases, language = festival.phrases, question.language
    closings: list[ClosedPlace | GateState] = [*live.closed_places, *(gate for gate in live.gates if not gate.is_open)]
    closed = next((one for one in closings if one.id == place.id), None)
    name = festival.place_name(place.id, language)
    if closed is None:
        return phrases.text(language, "out_of_service", name=name) if place.id in live.unusable_places() else ""
    reason = closed.reason_es if language == "es" else closed.reason_en
    if closed.reopens is None:
        return phrases.text(language, "closed_live_unknown", name=name, reason=reason)
    return phrases.text(
        language, "closed_live", name=name, reason=reason, reopens=f"{closed.reopens.astimezone(festival.zone):%H:%M}"
    )


SKILL = Skill(
    "hours",
    ("¿Hasta qué hora abre la Barra Faro?", "Is the shop open now?", "What time do the toilets close?"),
    score,
    answer,
)
