"""Queues and occupancy, from live state that is still true."""

from __future__ import annotations

from processors.assistant.answer import Answer, Skill, sentences, unknown_live
from processors.assistant.festival import Festival
from processors.assistant.question import Question
from processors.assistant.skills.hours import _closed_live
from processors.assistant.skills.ways import matching, wanted_kinds
from processors.festival.hours import is_open
from processors.festival.live_state import LiveState, ZoneOccupancy
from schemas.ids import PlaceId

QUEUE_KINDS = ("bar", "toilet", "accessible_toilet", "entrance", "exit")


def score(question: Question, festival: Festival) -> float:  # noqa: PLR0911 - one rule a line
    """Return how well a question about queues and crowds fits."""
    if question.acts and not question.has("full"):
        return 0.0
    if question.has("price", "permission", "recommend") and not question.has("queue"):
        return 0.0
    queued = set(wanted_kinds(question)) & set(QUEUE_KINDS) or any(
        festival.place(place).kind in QUEUE_KINDS for place in question.places
    )
    crowded = (
        queued
        or "stage" in question.kinds
        or any(festival.place(place).kind in ("stage", "junction") for place in question.places)
    )
    elsewhere = bool(question.kinds or question.places) and not crowded
    if elsewhere and question.has("where", "exist", "nearest", "route") and not question.has("queue"):
        return 0.0
    if question.has("queue") and (queued or question.has("shortest", "longest")):
        return 0.94
    if question.has("queue") and (question.kinds or question.places):
        return 0.8
    if question.has("full") and (
        question.places or "stage" in question.kinds or question.acts or queued or question.kinds
    ):
        return 0.93 if question.places else 0.8
    if question.has("shortest", "longest") and (queued or "stage" in question.kinds):
        return 0.9
    if question.has("full", "queue") and len(question.words.split()) <= 9:
        return 0.6
    return 0.9 if question.follow_up and question.skill == "crowding" else 0.0


def answer(question: Question, festival: Festival) -> Answer | None:
    """Answer from live state; hand over when it is not true any more."""
    live = festival.live_at(question.now)
    if live is None or question.moments.moment is not None or _another_day(question, festival):
        return unknown_live(question, festival)
    zones = {zone.id: zone for zone in live.zones}
    waits = _waits(live)
    if question.has("full") and not (question.has("queue") and not any(place in zones for place in question.places)):
        places = [place for place in _places(question, festival) if place in zones]
        if places:
            return Answer(
                sentences([_full(zones[place], "full_at", question, festival) for place in places]),
                tuple(map(str, places)),
                place=places[0],
            )
    if question.places:
        return _at_places(waits, question, festival)
    if "stage" in question.kinds or (question.has("full") and not wanted_kinds(question)):
        return _stages(list(zones.values()), question, festival)
    return _compared(waits, question, festival)


def _another_day(question: Question, festival: Festival) -> bool:
    return bool(question.moments.days) and festival.day_of(question.now) not in question.moments.days


def _places(question: Question, festival: Festival) -> list[PlaceId]:
    if question.places:
        return list(question.places)
    acts = set(question.act_ids)
    return [
        slot.set.stage
        for slot in festival.slots(question.now)
        if slot.set.act in acts and slot.begin <= question.now < slot.end
    ]


def _waits(live: LiveState) -> dict[PlaceId, float | None]:
    waits = {queue.id: queue.minutes for queue in (*live.bar_queues, *live.toilet_queues)}
    return waits | {gate.id: gate.wait_minutes if gate.is_open else None for gate in live.gates}


def _full(zone: ZoneOccupancy, name: str, question: Question, festival: Festival) -> str:
    values = {
        "name": festival.place_name(zone.id, question.language), "occupancy": zone.occupancy, "capacity": zone.capacity,
        "percent": round(100 * zone.occupancy / zone.capacity) if zone.capacity else 0,
    }  # fmt: skip
    return festival.phrases.text(question.language, name, **values)


def _at_places(waits: dict[PlaceId, float | None], question: Question, festival: Festival) -> Answer:
    parts = []
    for place in question.places:
        minutes = waits.get(place)
        name = festival.place_name(place, question.language)
        if minutes is not None:
            parts.append(
                festival.phrases.text(
                    question.language, "queue_at" if minutes else "queue_none", name=name, minutes=f"{minutes:g}"
                )
            )
        elif place in waits:
            parts.append(_closed_live(festival.place(place), question, festival))
    if not parts:
        return unknown_live(question, festival)
    return Answer(sentences(parts), tuple(map(str, question.places)), place=question.places[0])


def _stages(zones: list[ZoneOccupancy], question: Question, festival: Festival) -> Answer:
    """Return the fullest or emptiest stage, or all of them."""
    stages = [zone for zone in zones if festival.place(zone.id).kind == "stage" and zone.capacity]
    if not stages:
        return unknown_live(question, festival)
    ordered = sorted(stages, key=lambda zone: zone.occupancy / zone.capacity)
    if question.has("shortest"):
        return Answer(_full(ordered[0], "emptiest", question, festival), (str(ordered[0].id),), place=ordered[0].id)
    if question.has("longest"):
        return Answer(_full(ordered[-1], "fullest", question, festival), (str(ordered[-1].id),), place=ordered[-1].id)
    return Answer(
        sentences([_full(zone, "full_at", question, festival) for zone in stages]),
        tuple(str(zone.id) for zone in stages),
    )


def _compared(waits: dict[PlaceId, float | None], question: Question, festival: Festival) -> Answer:
    """Return the place with the shortest or longest queue, or all queues of a kind."""
    phrases, language = festival.phrases, question.language
    kinds = set(wanted_kinds(question)) & set(QUEUE_KINDS)
    if not kinds:
        return unknown_live(question, festival)
    places = {place.id: place for place in matching(festival.places_of(*kinds), question)}
    known = {
        place: minutes for place, minutes in waits.items()
        if minutes is not None and place in places and is_open(places[place].hours, question.now, festival.zone)
        and (question.mobility != "wheelchair" or places[place].step_free)
    }  # fmt: skip
    if not known:
        return unknown_live(question, festival)
    if question.has("shortest") or question.has("longest"):
        name = "queue_longest" if question.has("longest") and not question.has("shortest") else "queue_shortest"
        chosen = (max if name == "queue_longest" else min)(known, key=lambda place: known[place])
        ties = [place for place in known if known[place] == known[chosen]]
        names = phrases.join(language, [festival.place_name(place, language) for place in ties])
        return Answer(
            phrases.text(language, name, name=names, minutes=f"{known[chosen]:g}"), tuple(map(str, ties)), place=chosen
        )
    parts = [
        phrases.text(
            language,
            "queue_at" if minutes else "queue_none",
            name=festival.place_name(place, language),
            minutes=f"{minutes:g}",
        )
        for place, minutes in known.items()
    ]
    return Answer(sentences(parts), tuple(map(str, known)))


SKILL = Skill(
    "crowding",
    ("¿Cuánta cola hay en la Barra Marea?", "¿Está llena la carpa?", "Which bar has the shortest queue?"),
    score,
    answer,
)
