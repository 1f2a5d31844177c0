"""Answer to danger: where to go, what to do now, and whom to tell."""

from __future__ import annotations

from processors.assistant.answer import Answer, sentences
from processors.assistant.danger import DangerKind
from processors.assistant.festival import Festival
from processors.assistant.question import Question
from processors.assistant.skills.may_i import ApprovedAnswers
from processors.assistant.walk_text import is_open_now, route_values
from schemas.ids import PlaceId
from schemas.venue_map import Place

DESTINATIONS: dict[DangerKind, tuple[str, ...]] = {
    "medical": ("first_aid",),
    "child": ("family", "first_aid"),
    "harassment": ("safe_point", "first_aid"),
    "violence": ("safe_point", "first_aid"),
    "distress": ("first_aid", "safe_point"),
    "fire": ("exit", "entrance"),
    "crowd": ("first_aid",),
    "general": ("first_aid",),
}
"""Kinds of place to go to; the first that is open is named."""

APPROVED_TOPICS: dict[DangerKind, str] = {"child": "lost_child"}
"""Topics whose approved answer says what happens now."""


def answer(kind: DangerKind, question: Question, festival: Festival, approved: ApprovedAnswers) -> Answer:
    """Return where to go and what to do now; a person takes over at once."""
    phrases, language = festival.phrases, question.language
    tell = approved.sentence_with("112", language) or phrases.text(language, "danger_tell")
    parts = [phrases.text(language, "danger_alerted"), tell]
    sources: list[str] = []
    topic = APPROVED_TOPICS.get(kind)
    found = approved.about(topic, language) if topic else None
    if found is not None:
        parts.append(approved.text(found, language).split(". ")[0] + ".")
        sources.append(found.answer.id)
    parts.append(phrases.text(language, f"danger_{kind}"))
    place, walk = _destination(kind, question, festival)
    if walk:
        parts.append(walk)
        sources.append(str(place))
    return Answer(sentences(parts), tuple(sources), handover=True, urgent=True, place=place)


def _destination(kind: DangerKind, question: Question, festival: Festival) -> tuple[PlaceId | None, str]:
    """Return the place to go to, and a sentence with the way."""
    phrases, language = festival.phrases, question.language
    closed = festival.closed_now(question.now)
    start = question.places[0] if question.places else question.here
    for wanted in _groups(kind):
        if start is not None and festival.walks is not None:
            found = festival.walks.nearest(
                start,
                wanted,
                question.mobility,
                question.now,
                closed_paths=festival.closed_paths,
                closed_places=closed,
            )
            if found is not None:
                place, route = found
                if not route.steps:
                    return place.id, phrases.text(language, "danger_go", name=festival.place_name(place.id, language))
                return place.id, phrases.text(language, "danger_go_route", **route_values(route, question, festival))
        here = _open(wanted, question, festival)
        if here and start is None:
            return here[0].id, phrases.text(language, "danger_go", name=festival.place_name(here[0].id, language))
    return None, ""


def _groups(kind: DangerKind) -> list[tuple[str, ...]]:
    """Return the kinds to try in turn; exits and entrances are tried together."""
    kinds = DESTINATIONS[kind]
    return [kinds] if kind == "fire" else [(one,) for one in kinds]


def _open(kinds: tuple[str, ...], question: Question, festival: Festival) -> list[Place]:
    """Return the open places of some kinds, those that never close first."""
    places = [place for place in festival.places_of(*kinds) if is_open_now(place, question, festival)]
    return sorted(places, key=lambda place: not (place.hours is not None and place.hours.all_day))
