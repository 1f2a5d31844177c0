"""Walks in words: distance, minutes and the junctions on the way."""

from __future__ import annotations

from collections.abc import Collection

from processors.assistant.festival import Festival
from processors.assistant.question import Question
from processors.festival.hours import closing_time, festival_day, is_open, opening_interval
from processors.festival.routing import Route
from schemas.ids import PlaceId
from schemas.venue_map import Place


def route_words(route: Route, question: Question, festival: Festival) -> str:
    """Return the junctions that a route passes."""
    passed = [festival.place_name(place, question.language) for place in route.places[1:-1]]
    return " → ".join(passed) or festival.phrases.text(question.language, "route_direct")


def route_values(route: Route, question: Question, festival: Festival) -> dict[str, object]:
    """Return the values of templates about a walk."""
    return {
        "name": festival.place_name(route.places[-1], question.language),
        "start": festival.place_name(route.places[0], question.language),
        "metres": round(route.metres),
        "minutes": route.minutes,
        "route": route_words(route, question, festival),
    }


def hours_sentence(place: Place, question: Question, festival: Festival) -> str:
    """Return until when a place is open that is open now."""
    if place.hours is not None and place.hours.all_day:
        return festival.phrases.text(question.language, "nearest_always")
    closes = closing_time(place.hours, question.now, festival.zone)
    return "" if closes is None else festival.phrases.text(question.language, "nearest_until", until=f"{closes:%H:%M}")


def is_open_now(place: Place, question: Question, festival: Festival) -> bool:
    """Return True if a place is open by its hours and not known to be closed."""
    return place.id not in festival.closed_now(question.now) and is_open(place.hours, question.now, festival.zone)


def hours_of(place: Place, question: Question, festival: Festival) -> tuple[str, str] | None:
    """Return opening and closing time as HH:MM; None if a place is always open or has no hours."""
    if place.hours is None or place.hours.all_day:
        return None
    opens, closes = opening_interval(place.hours, festival_day(question.now, festival.zone), festival.zone)
    return f"{opens:%H:%M}", f"{closes:%H:%M}"


def listed_places(places: Collection[Place], question: Question, festival: Festival) -> str:
    """Return places with their hours."""
    items = []
    for place in places:
        hours = hours_of(place, question, festival)
        name = festival.place_name(place.id, question.language)
        if hours is None:
            items.append(festival.phrases.text(question.language, "place_always", name=name))
        else:
            items.append(
                festival.phrases.text(question.language, "place_hours", name=name, opens=hours[0], closes=hours[1])
            )
    return "; ".join(items)


def queue_minutes(place: PlaceId, question: Question, festival: Festival) -> float | None:
    """Return the known wait at a place in minutes; None if none is known."""
    live = festival.live_at(question.now)
    if live is None:
        return None
    for queue in (*live.bar_queues, *live.toilet_queues):
        if queue.id == place:
            return queue.minutes
    return next((gate.wait_minutes for gate in live.gates if gate.id == place and gate.is_open), None)
