"""The public FAQ page, which needs no login."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from console.features.support.view import SupportView
from console.language import Language
from console.services import ConsoleServices, Services
from processors.support.faq import FaqEntry, most_asked_entries

router = APIRouter()

AnswerLanguage = Literal["es", "en"]
ANSWER_LANGUAGES: tuple[AnswerLanguage, ...] = get_args(AnswerLanguage)
"""Languages of approved answers; a page in another language shows them in the venue's."""


@router.get("/faq", response_class=HTMLResponse)
async def faq(request: Request, services: Services, language: str = "") -> HTMLResponse:
    """Show the approved answers, the most asked first; nothing on the page was written by a customer."""
    chosen = _language(request, services, language)
    return services.page(request, "support/faq.html", None, language=chosen, entries=_entries(services, chosen))


@router.get("/api/faq")
async def questions(request: Request, services: Services, language: str = "") -> Response:
    """Return the same as JSON, for the page's script and for the festival's own page or app."""
    entries = _entries(services, _language(request, services, language))
    fields = [{"topic": entry.topic, "question": entry.question, "answer": entry.answer} for entry in entries]
    return Response(msgspec.json.encode(fields), media_type="application/json")


def _entries(services: ConsoleServices, language: Language) -> list[FaqEntry]:
    view = services.part(SupportView)
    answers_in = next((one for one in ANSWER_LANGUAGES if one == language), services.venue.language)
    return most_asked_entries(view.mails_by_topic(), view.answers, answers_in)


def _language(request: Request, services: ConsoleServices, requested: str) -> Language:
    return requested if requested in services.words else services.language(request)
