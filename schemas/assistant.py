"""Assistant for attendees: questions, answers and ratings; their Kafka topics."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.fields import NAMED, Identifier, Instant
from schemas.ids import EventId, PlaceId
from schemas.topic import DAY, Topic

QuestionText = Annotated[str, Meta(max_length=1_000)]
Channel = Literal["page", "webhook", "alexa"]

MAX_EARLIER = 8
"""Questions of a conversation that a question may bring along."""


class AttendeeQuestion(Struct, frozen=True, kw_only=True):
    """A question of an attendee. It names nobody: a conversation is a random id that the phone makes.

    Attributes:
        earlier: the questions before it in this conversation, oldest first; nothing else is remembered of it.
        language: language of the answer; that of the text if left out.
        place: place on the map where the person is, if they say so.
    """

    id: Identifier
    conversation: Identifier
    time: Instant
    text: QuestionText
    earlier: Annotated[tuple[QuestionText, ...], Meta(max_length=MAX_EARLIER)] = ()
    language: Literal["es", "en"] | None = None
    place: Annotated[PlaceId, NAMED] | None = None
    channel: Channel = "page"


class AssistantAnswer(Struct, frozen=True, kw_only=True):
    """Answer to one question.

    Attributes:
        skill: name of the skill that answered; `danger`, `refused` or `none` else.
        sources: ids of what the answer was made of.
        handover: a person must take over.
        urgent: people may be in danger.
        danger: kind of danger.
        summary: the question with personal data masked, for those who take over; empty unless `handover`.
        here: place where the person is, if they said so.
        go_to: place to which the answer leads.
    """

    event_id: Annotated[EventId, NAMED]
    conversation: Identifier
    time: Instant
    language: Literal["es", "en"]
    text: Annotated[str, Meta(max_length=10_000)]
    skill: str
    sources: tuple[Identifier, ...] = ()
    handover: bool = False
    urgent: bool = False
    danger: str = ""
    summary: str = ""
    here: PlaceId | None = None
    here_es: str = ""
    here_en: str = ""
    go_to: PlaceId | None = None


class AnswerRating(Struct, frozen=True, kw_only=True):
    """Rating of an answer by an attendee."""

    id: Identifier
    conversation: Identifier
    time: Instant
    question: Identifier
    helpful: bool


QUESTIONS = Topic(
    "assistant.questions",
    "conversation",
    AttendeeQuestion,
    "pulso.assistant.question.v1",
    "A question of an attendee.",
    retention_ms=DAY,
    sensitive=True,
)

ASSISTANT_ANSWERS = Topic(
    "assistant.answers",
    "conversation",
    AssistantAnswer,
    "pulso.assistant.answer.v1",
    "The answer to an attendee's question, and if a person must take over.",
    retention_ms=DAY,
    sensitive=True,
)

RATINGS = Topic(
    "assistant.ratings",
    "conversation",
    AnswerRating,
    "pulso.assistant.rating.v1",
    "What an attendee thought of an answer.",
    retention_ms=DAY,
    sensitive=True,
)
