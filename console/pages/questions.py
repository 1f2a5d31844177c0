"""The page of questions, which needs no login, and the answers on it, which people of the support desk approve."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from redis.exceptions import RedisError

from console.authentication import Visitor, acting, need
from console.language import LANGUAGES, Language
from console.requests import body_of
from console.services import House, house
from processors.support.answers import AnswersFileError, localized_answer
from processors.support.faq import FaqEntry, most_asked_entries
from processors.support.privacy import mask_personal_data
from schemas.documents import request_body
from schemas.support import ANSWERS, AnswerText, ApprovedAnswer, answer_key
from stream.runtime.producer import NotDeliveredError
from stream.stores import audit

router = APIRouter()
Parts = Annotated[House, Depends(house)]


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What a page sends when somebody approves an answer, or takes an approval back.

    Attributes:
        id: made by the browser; sent again under the same id, it changes nothing.
        message: the mail that the answer was written for, whose facts it must not tell others.
    """

    id: Annotated[str, msgspec.Meta(min_length=8, max_length=80, pattern=r"^[A-Za-z0-9-]+$")]
    topic: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    language: Literal["es", "en"]
    question: AnswerText = ""
    answer: AnswerText = ""
    without_facts: AnswerText = ""
    automatic: bool = False
    withdrawn: bool = False
    message: str | None = None


@router.get("/faq", response_class=HTMLResponse)
async def faq(request: Request, parts: Parts, language: str = "") -> HTMLResponse:
    """What is asked most, with the approved answers; it holds nothing that a customer wrote."""
    chosen = _language(language) or parts.language(request)
    return parts.page(request, "faq", None, language=chosen, entries=_entries(parts, chosen))


@router.get("/api/faq")
async def questions(request: Request, parts: Parts, language: str = "") -> Response:
    """The same for a script, and for the festival's own page or app."""
    chosen = _language(language) or parts.language(request)
    told = [{"topic": one.topic, "question": one.question, "answer": one.answer} for one in _entries(parts, chosen)]
    return Response(msgspec.json.encode(told), media_type="application/json")


@router.post("/api/support/answers", openapi_extra={"requestBody": request_body(Approval)})
async def approve(request: Request, visitor: Annotated[Visitor, Depends(acting)], parts: Parts) -> Response:
    """Write one approval; it counts from then on for every mail of the topic, and on the page of questions."""
    need(visitor, "support")
    one = await body_of(request, Approval)
    now = datetime.now(UTC)
    approved = ApprovedAnswer(
        id=f"{visitor.name}/{one.id}", topic=one.topic, language=one.language, question=one.question.strip(),
        answer=one.answer.strip(), without_facts=one.without_facts.strip(), automatic=one.automatic, by=visitor.name,
        time=now, withdrawn=one.withdrawn,
    )  # fmt: skip
    if not approved.withdrawn:
        _check(parts, approved, one.message)
    key = answer_key(approved.topic, approved.language)
    try:
        await parts.records.send(ANSWERS, key=key, record=approved, id=approved.id, by=visitor.name, time=now)
        origin = request.client.host if request.client else ""
        verb = "answer-withdrawn" if approved.withdrawn else "answer-approved"
        await audit.record(parts.redis, visitor.name, verb, key, approved.answer, origin)
    except (NotDeliveredError, RedisError, OSError) as error:
        raise HTTPException(503, "Redis or Kafka does not answer; try again") from error
    return Response(status_code=202)


def _check(parts: House, approved: ApprovedAnswer, message: str | None) -> None:
    """Refuse what nobody could use, and what belongs to one person alone."""
    try:
        localized_answer(approved)
    except AnswersFileError as error:
        raise HTTPException(422, str(error)) from error
    mail = parts.results.support.mail(message) if message else None
    for text in (approved.question, approved.answer, approved.without_facts):
        if mask_personal_data(text) != text:
            raise HTTPException(
                422, f"this names somebody or something of one mail; without it: {mask_personal_data(text)}"
            )
        for name in ("order", "amount") if mail else ():
            for value in mail.facts.get(name, ()) if mail else ():
                if value in text:
                    raise HTTPException(422, f"{value!r} is of this mail alone: write {{{name}}} in its place")


def _entries(parts: House, language: Language) -> list[FaqEntry]:
    return most_asked_entries(parts.results.support.asked(), parts.results.support.answers, language)


def _language(asked: str) -> Language | None:
    return next((one for one in LANGUAGES if one == asked), None)
