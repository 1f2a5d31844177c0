"""The JSON endpoint of the assistant: a question in, its answer out, without a login."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from msgspec import Meta, Struct

from console.features.assistant.limit import AskLimit
from console.features.assistant.view import AnswerView
from console.requests import decode_body, request_origin
from console.services import ConsoleServices, Services
from schemas.assistant import MAX_EARLIER, QUESTIONS, RATINGS, AnswerRating, AssistantAnswer, AttendeeQuestion, Channel
from schemas.ids import EventId, PlaceId
from schemas.topic import Topic
from stream.runtime.producer import NotDeliveredError

router = APIRouter()

ANSWER_SECONDS = 5.0
"""Time to wait for the worker."""

NOTICE = {
    "es": "Soy un asistente automático, no una persona. En una emergencia llama al 112.",
    "en": "I am an automatic assistant, not a person. In an emergency call 112.",
}
"""Notice at the beginning of a conversation: people must be informed that a machine answers (EU AI Act, article 50)."""

Short = Annotated[str, Meta(min_length=1, max_length=100)]
Words = Annotated[str, Meta(min_length=1, max_length=1_000)]


class AskRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a question.

    Attributes:
        earlier: the questions before it, which the page keeps; the server remembers none.
    """

    question: Words
    conversation: Short | None = None
    earlier: tuple[Words, ...] = ()
    language: Literal["es", "en"] | None = None
    place: Short | None = None


class RateRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a rating."""

    id: Short
    conversation: Short
    helpful: bool


@router.post("/api/ask")
async def ask(request: Request, services: Services) -> Response:
    """Answer a question.

    Raises:
        HTTPException: 422 the body is not valid; 429 too many questions; 503 Kafka or the worker does not answer.
    """
    asked = await decode_body(request, AskRequest)
    conversation = asked.conversation or secrets.token_urlsafe(12)
    question_id, answer = await answered(
        services,
        request_origin(request),
        asked.question,
        conversation=conversation,
        earlier=asked.earlier,
        language=asked.language,
        place=asked.place,
        channel="page" if "sec-fetch-mode" in request.headers else "webhook",
    )
    fields = {
        "id": question_id, "conversation": conversation, "answer": answer.text, "language": answer.language,
        "sources": answer.sources, "handover": answer.handover, "urgent": answer.urgent, "place": answer.go_to,
        "notice": "" if asked.earlier else NOTICE[answer.language],
    }  # fmt: skip
    return Response(msgspec.json.encode(fields), media_type="application/json")


@router.post("/api/ask/rating", status_code=204)
async def rate(request: Request, services: Services) -> None:
    """Store what somebody thought of an answer."""
    rating = await decode_body(request, RateRequest)
    await _check_limit(services, rating.conversation, request_origin(request))
    now = datetime.now(UTC)
    record = AnswerRating(
        id=f"{rating.id}/rating", conversation=rating.conversation, time=now, question=rating.id, helpful=rating.helpful
    )
    await _send(services, RATINGS, record, now)


async def answered(
    services: ConsoleServices,
    origin: str,
    text: str,
    *,
    conversation: str,
    earlier: tuple[str, ...] = (),
    language: Literal["es", "en"] | None = None,
    place: str | None = None,
    channel: Channel = "webhook",
) -> tuple[str, AssistantAnswer]:
    """Send a question to the worker and return its id and its answer.

    Raises:
        HTTPException: 429 too many questions; 503 Kafka or the worker does not answer.
    """
    await _check_limit(services, conversation, origin)
    now = services.now()
    record = AttendeeQuestion(
        id=secrets.token_urlsafe(12),
        conversation=conversation,
        time=now,
        text=text,
        earlier=tuple(one[:1_000] for one in earlier[-MAX_EARLIER:]),
        language=language,
        place=PlaceId(place) if place else None,
        channel=channel,
    )
    with services.part(AnswerView).pending.expect(EventId(record.id)) as answer:
        await _send(services, QUESTIONS, record, now)
        try:
            return record.id, await asyncio.wait_for(answer, ANSWER_SECONDS)
        except TimeoutError as error:
            raise HTTPException(503, "no answer in time; in an emergency call 112 or tell the nearest staff") from error


async def _send(
    services: ConsoleServices,
    topic: Topic[AttendeeQuestion] | Topic[AnswerRating],
    record: AttendeeQuestion | AnswerRating,
    now: datetime,
) -> None:
    try:
        await services.writer.send(
            topic, key=record.conversation, record=record, id=record.id, by="assistant", time=now
        )
    except NotDeliveredError as error:
        raise HTTPException(503, "not sent; in an emergency call 112 or tell the nearest staff") from error


async def _check_limit(services: ConsoleServices, conversation: str, origin: str) -> None:
    if wait := await services.part(AskLimit).wait_seconds(conversation, origin):
        raise HTTPException(429, f"too many questions; try again in {wait} s", {"Retry-After": str(wait)})
