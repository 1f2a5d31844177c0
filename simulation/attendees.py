"""Simulated attendees: pseudonyms who import their listening, plan the evening, ask questions, and plan again.

Their taste is drawn at random with the evening's seed. `simulation.programme_changes` has what happens meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from processors.festival.sections import acts_of
from processors.recommendations.taste_model import TasteModel
from schemas.assistant import QUESTIONS, RATINGS, AnswerRating, AttendeeQuestion
from schemas.ids import ActId, EventId, ListenerId, PlaceId
from schemas.itinerary import WISHES, BreakWish, ItineraryWishes
from schemas.programme import PROGRAMME, Act
from schemas.recommendations import TASTE_EVENTS, TasteEvent
from schemas.routes import PATHS
from schemas.venue import Venue
from schemas.venue_map import Mobility
from simulation.evening import MINUTE, Evening, clock
from simulation.programme_changes import MOVED_ACT, evening_sets
from simulation.timeline import TimelineEvent

ATTENDEES = 24
LISTENERS = 6
"""Attendees who import their listening; each of their lists is computed by the worker that also reads mail."""
PLAYED_ARTISTS = 3
LATE_ATTENDEES = 8
"""Attendees who plan when the stage of the headliner is full."""
PLANS_FROM = clock("18:20")
PLAN_INTERVAL_SECONDS = 45.0
PLANS_AGAIN_AT = {"path": clock("20:55"), "set": clock("22:20"), "crowd": clock("23:34") + 40}
"""Times at which some plan again: after a path was closed, after an act was moved, and when a stage is full."""
ORIGIN, CENTRE = PlaceId("entrance"), PlaceId("j-centre")
"""Places of attendees at their first plan, and at later ones."""
HEADLINER = ActId("la-hora-clara")
_MOBILITIES: tuple[Mobility, ...] = ("none", "none", "none", "slow", "none", "pushchair", "none", "wheelchair")
_GENRE_LIKING, _LEAST_LIKING = 0.6, 0.3

QuestionOutcome = Literal["answered", "handed_over", "urgent"]


@dataclass(frozen=True, slots=True)
class PlannedQuestion:
    """Question of an attendee.

    Attributes:
        place: where the attendee is, if they say so.
        outcome: expected outcome.
    """

    time: float
    language: Literal["es", "en"]
    text: str
    outcome: QuestionOutcome = "answered"
    place: str | None = None


QUESTIONS_ASKED = (
    PlannedQuestion(clock("19:05"), "es", "¿A qué hora toca La Hora Clara?"),
    PlannedQuestion(clock("19:10"), "en", "When does Marea Doble play?"),
    PlannedQuestion(clock("19:20"), "es", "¿Dónde está el aseo adaptado más cercano?", place="forest"),
    PlannedQuestion(clock("20:05"), "es", "¿Puedo entrar con una botella de agua?"),
    PlannedQuestion(clock("20:20"), "en", "Where is the nearest water point?", place="main"),
    PlannedQuestion(clock("20:58"), "es", "¿Cómo llego a la Carpa?", place="entrance"),
    PlannedQuestion(clock("21:05"), "en", "May I bring my dog?"),
    PlannedQuestion(clock("21:31"), "en", "Can I charge my electric car on the meadow?", "handed_over"),
    PlannedQuestion(clock("22:24"), "es", "¿Dónde toca Trío Almazara?"),
    PlannedQuestion(clock("23:25"), "en", "Help, my friend collapsed and she is not breathing", "urgent", "north-bar"),
)  # fmt: skip


RATED_QUESTIONS = {0: True, 7: False}
"""Questions, by position, whose answers attendees rate."""


def attendee_timeline(evening: Evening, venue: Venue) -> Iterator[TimelineEvent]:
    """Yield what attendees send; a venue without a map and a programme has none."""
    if not venue.section(PATHS).places or not venue.section(PROGRAMME).sets:
        return
    group = _Attendees(evening, venue)
    yield from group.listening()
    yield from group.plans()
    yield from group.plans_when_full()
    yield from group.questions()


class _Attendees:
    """Attendees of one evening, each with a taste of their own."""

    def __init__(self, evening: Evening, venue: Venue) -> None:
        self._evening = evening
        self._random = np.random.default_rng([evening.seed, 57])
        self._acts = acts_of(venue.section(PROGRAMME))
        self._sets = evening_sets(evening, venue)
        self._places = {place.id for place in venue.section(PATHS).places}

    def listening(self) -> Iterator[TimelineEvent]:
        """Yield imported plays, a genre and a like of some attendees; the last one is forgotten at the end."""
        artists = TasteModel.load().names
        for number in range(LISTENERS):
            name, time = self._name("listener", number), PLANS_FROM + MINUTE * (2 * number)
            act = self._acts[int(self._random.integers(len(self._acts)))]
            told: list[tuple[Literal["play", "genre", "like"], str]] = [
                ("play", artists[index][:200])
                for index in sorted(self._random.choice(len(artists), PLAYED_ARTISTS, replace=False))
            ]
            told += [("genre", act.genres[0])] if act.genres else []
            told.append(("like", act.id))
            for position, (kind, value) in enumerate(told):
                yield self._taste(name, time + position, kind, value)
        yield self._taste(name, clock("01:50"), "forget", "")

    def plans(self) -> Iterator[TimelineEvent]:
        """Yield the wishes of each attendee, and those of every second one again after each change."""
        for number in range(ATTENDEES):
            name, mobility = self._name("attendee", number), _MOBILITIES[number % len(_MOBILITIES)]
            utilities = self._utilities()
            yield self._wishes(name, PLANS_FROM + PLAN_INTERVAL_SECONDS * number, utilities, mobility, ORIGIN)
            if number % 2 == 0:
                for time in (PLANS_AGAIN_AT["path"], PLANS_AGAIN_AT["set"]):
                    yield self._wishes(name, time + number, utilities, mobility, CENTRE)

    def plans_when_full(self) -> Iterator[TimelineEvent]:
        """Yield the wishes of those who come late, and like the headliner most and the moved act less."""
        for number in range(LATE_ATTENDEES):
            utilities = {HEADLINER: 1.0, MOVED_ACT: round(float(self._random.uniform(0.4, 0.9)), 2)}
            time = PLANS_AGAIN_AT["crowd"] + number
            wishes = self._wishes(self._name("late", number), time, utilities, "none", CENTRE)
            yield replace(wishes, important=number == 0)  # the stage must have been counted

    def questions(self) -> Iterator[TimelineEvent]:
        """Yield the questions, each in a conversation of its own."""
        for number, one in enumerate(QUESTIONS_ASKED):
            phone = self._name("phone", number)
            question = AttendeeQuestion(
                id=f"question/{phone}",
                conversation=phone,
                time=self._evening.at(one.time),
                text=one.text,
                place=PlaceId(one.place) if one.place and one.place in self._places else None,
            )
            yield TimelineEvent("attendees", QUESTIONS, one.time, phone, question.id, "attendees", question)
            if number in RATED_QUESTIONS:
                yield self._rating(question, one.time + MINUTE, helpful=RATED_QUESTIONS[number])

    def _rating(self, question: AttendeeQuestion, time: float, *, helpful: bool) -> TimelineEvent:
        name, phone = f"rating/{question.conversation}", question.conversation
        rating = AnswerRating(
            id=name, conversation=phone, time=self._evening.at(time), question=question.id, helpful=helpful
        )
        return TimelineEvent("attendees", RATINGS, time, phone, name, "attendees", rating)

    def _name(self, kind: str, number: int) -> ListenerId:
        return ListenerId(f"{kind}-{self._evening.doors:%Y%m%d}-{number}")

    def _utilities(self) -> dict[ActId, float]:
        genres = sorted({act.genres[0] for act in self._acts if act.genres})
        liked = {genres[index] for index in self._random.choice(len(genres), min(4, len(genres)), replace=False)}
        values = {act.id: self._liking(act, liked) for act in self._acts}
        return {act: value for act, value in values.items() if value > _LEAST_LIKING}

    def _liking(self, act: Act, liked: set[str]) -> float:
        genre = _GENRE_LIKING if liked & set(act.genres) else 0.0
        return round(0.6 * act.popularity + genre + float(self._random.uniform(0, 0.3)), 2)

    def _wishes(
        self, name: ListenerId, time: float, utilities: dict[ActId, float], mobility: Mobility, origin: PlaceId
    ) -> TimelineEvent:
        ahead = {one.act for one in self._sets if one.end > self._evening.at(time)} | {MOVED_ACT}
        meal = BreakWish(
            minutes=20, kind="food", begin=self._evening.at(clock("19:30")), end=self._evening.at(clock("21:30"))
        )
        wishes = ItineraryWishes(
            visitor=name,
            day=self._evening.doors.date(),
            begin=self._evening.at(max(time, clock("18:40"))),
            end=self._evening.at(clock("01:55")),
            origin=origin,
            utilities={act: value for act, value in utilities.items() if act in ahead},
            mobility=mobility,
            breaks=(meal,) if time < clock("19:30") else (),
        )
        id = f"wishes/{name}@{self._evening.at(time):%H%M%S}"
        return TimelineEvent("attendees", WISHES, time, name, id, "attendees", wishes)

    def _taste(
        self, name: ListenerId, time: float, kind: Literal["play", "genre", "like", "forget"], value: str
    ) -> TimelineEvent:
        id = EventId(f"taste/{name}@{self._evening.at(time):%H%M%S}")
        event = TasteEvent(id=id, listener=name, time=self._evening.at(time), kind=kind, value=value)
        return TimelineEvent("attendees", TASTE_EVENTS, time, name, id, "attendees", event)
