"""The Alexa endpoint: an intent with the slot `question`, answered in words.

Amazon requires three checks: the skill's id, a fresh timestamp, and the signature of the request. The first two are
made here. The signature needs Amazon's certificate from the network, which a console does not reach: the proxy in
front of it must check it, and say so in the header `X-Alexa-Verified`. docs/operate/assistant.md describes both.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from msgspec import Struct, field

from console.features.assistant.ask import NOTICE, answered
from console.requests import decode_body, request_origin
from console.services import Services
from schemas.assistant import MAX_EARLIER

router = APIRouter()

MAX_AGE_SECONDS = 150
"""Age of a request from which it is refused: Amazon's limit."""


class Application(Struct, frozen=True):
    """The skill that a request is for."""

    application_id: str = field(name="applicationId")


class Session(Struct, frozen=True):
    """Session of a skill; its attributes bring the questions before."""

    application: Application
    attributes: dict[str, Any] = {}
    new: bool = True
    session_id: str = field(name="sessionId", default="")


class Slot(Struct, frozen=True):
    """One slot of an intent."""

    value: str = ""


class Intent(Struct, frozen=True):
    """Intent that Alexa recognised."""

    name: str = ""
    slots: dict[str, Slot] = {}


class Inner(Struct, frozen=True):
    """The request proper."""

    type: str
    timestamp: datetime
    locale: str = "es-ES"
    intent: Intent = Intent()


class AlexaRequest(Struct, frozen=True):
    """Body of a request."""

    session: Session
    request: Inner


@router.post("/api/alexa")
async def alexa(request: Request, services: Services) -> Response:
    """Answer an Alexa request.

    Raises:
        HTTPException: 404 no skill is configured; 403 another skill, or an unchecked signature; 422 the body is not
            valid; 400 it is too old.
    """
    skill = services.settings.alexa_skill
    if not skill:
        raise HTTPException(404, "no Alexa skill is configured: set PULSO_ALEXA_SKILL")
    asked = await decode_body(request, AlexaRequest)
    if not secrets.compare_digest(asked.session.application.application_id.encode(), skill.encode()):
        raise HTTPException(403, "the request is for another skill")
    secret = services.settings.alexa_proxy_token
    sent = request.headers.get("x-alexa-verified", "")
    if secret is None or not secrets.compare_digest(sent.encode(), secret.get_secret_value().encode()):
        raise HTTPException(403, "the proxy did not check the signature of the request")
    age = abs((datetime.now(UTC) - asked.request.timestamp).total_seconds())
    if age > MAX_AGE_SECONDS:
        raise HTTPException(400, f"the request is {age:.0f} s old")
    language: Literal["es", "en"] = "en" if asked.request.locale.startswith("en") else "es"
    if asked.request.type == "LaunchRequest":
        return _speech(NOTICE[language], {}, end=False)
    text = next((slot.value for slot in asked.request.intent.slots.values() if slot.value), "")
    if asked.request.type != "IntentRequest" or not text:
        return _speech("", {}, end=True)
    stored = asked.session.attributes.get("earlier", [])
    earlier = tuple(str(one)[:1_000] for one in stored)[-MAX_EARLIER:] if isinstance(stored, list) else ()
    conversation = secrets.token_urlsafe(12) if not asked.session.session_id else asked.session.session_id[-100:]
    _, answer = await answered(
        services, request_origin(request), text[:1_000],
        conversation=conversation, earlier=earlier, language=language, channel="alexa",
    )  # fmt: skip
    spoken = answer.text if earlier else f"{NOTICE[language]} {answer.text}"
    return _speech(spoken, {"earlier": [*earlier, text][-MAX_EARLIER:]}, end=answer.urgent)


def _speech(text: str, attributes: Mapping[str, object], *, end: bool) -> Response:
    body = {
        "version": "1.0",
        "sessionAttributes": attributes,
        "response": {"outputSpeech": {"type": "PlainText", "text": text}, "shouldEndSession": end},
    }
    return Response(msgspec.json.encode(body), media_type="application/json")
