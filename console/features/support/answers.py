"""Approval of answers by people of the support desk."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from redis.exceptions import RedisError

from console.authentication import ActingUser, require_role
from console.features.support.view import SupportView
from console.requests import RequestId, decode_body, request_origin
from console.services import ConsoleServices, Services
from processors.support.answers import AnswersFileError, localized_answer
from processors.support.privacy import mask_personal_data
from schemas.documents import request_body
from schemas.support import ANSWERS, AnswerText, ApprovedAnswer, answer_key
from stream.runtime.producer import NotDeliveredError
from stream.stores import audit

router = APIRouter()


class AnswerApprovalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a request to approve an answer, or to withdraw an approval.

    Attributes:
        id: made by the browser; sent again under the same id, it changes nothing.
        message: the mail that the answer was written for, whose facts it must not disclose to others.
    """

    id: RequestId
    topic: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    language: Literal["es", "en"]
    question: AnswerText = ""
    answer: AnswerText = ""
    without_facts: AnswerText = ""
    automatic: bool = False
    withdrawn: bool = False
    message: str | None = None


@router.post("/api/support/answers", openapi_extra={"requestBody": request_body(AnswerApprovalRequest)})
async def approve(request: Request, user: ActingUser, services: Services) -> Response:
    """Write one approval; it counts from then on for every mail of the topic, and on the FAQ page."""
    require_role(user, "support")
    body = await decode_body(request, AnswerApprovalRequest)
    now = datetime.now(UTC)
    approved = ApprovedAnswer(
        id=f"{user.name}/{body.id}", topic=body.topic, language=body.language, question=body.question.strip(),
        answer=body.answer.strip(), without_facts=body.without_facts.strip(), automatic=body.automatic, by=user.name,
        time=now, withdrawn=body.withdrawn,
    )  # fmt: skip
    if not approved.withdrawn:
        _check(services, approved, body.message)
    key = answer_key(approved.topic, approved.language)
    try:
        await services.writer.send(ANSWERS, key=key, record=approved, id=approved.id, by=user.name, time=now)
        verb = "answer-withdrawn" if approved.withdrawn else "answer-approved"
        await audit.record(services.redis, user.name, verb, key, approved.answer, request_origin(request))
    except (NotDeliveredError, RedisError, OSError) as error:
        raise HTTPException(503, "Redis or Kafka does not answer; try again") from error
    return Response(status_code=202)


def _check(services: ConsoleServices, approved: ApprovedAnswer, message: str | None) -> None:
    """Refuse an answer that can't be used, and one with facts that belong to one person only."""
    try:
        localized_answer(approved)
    except AnswersFileError as error:
        raise HTTPException(422, str(error)) from error
    mail = services.part(SupportView).mail(message) if message else None
    for text in (approved.question, approved.answer, approved.without_facts):
        if mask_personal_data(text) != text:
            raise HTTPException(
                422, f"this names a person or a detail of one mail; without it: {mask_personal_data(text)}"
            )
        for name in ("order", "amount") if mail else ():
            for value in mail.facts.get(name, ()) if mail else ():
                if value in text:
                    raise HTTPException(422, f"{value!r} is a detail of this mail only: write {{{name}}} in its place")
