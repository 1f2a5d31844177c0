"""Public endpoints: what to show to somebody, and the response; for the companion or the festival's own app.

Nothing that is stored or written names an attendee, not even by pseudonym. A showing has an id that is made of the
phone's token, the campaign and the day: so a phone sees one variant a day, however often it asks, and each response
counts once.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from msgspec import Meta, Struct

from console.features.promotion.view import PromotionView, approved
from console.pseudonyms import Token, pseudonym
from console.request_limit import RequestLimit
from console.requests import decode_body, redis_required, request_origin
from console.services import ConsoleServices, Services
from processors.promotion.tastes import taste_among, tastes_of
from schemas.documents import request_body
from schemas.promotion import (
    PROMOTION_EVENTS,
    CampaignId,
    CampaignState,
    MessageVariant,
    PromotionEvent,
    PromotionEventKind,
)
from stream.runtime.producer import NotDeliveredError
from stream.stores.promotion_store import PICTURE_TYPE, PromotionStore, StoredChoice

router = APIRouter()

PICTURE_PATH = "/promotion/picture/"

Genre = Annotated[str, Meta(min_length=1, max_length=200)]


class PromotionLimit(RequestLimit):
    """Requests a minute of a phone, and of an address."""

    name = "promotion"
    max_requests = (30, 1200)


class ShowRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of the question what to show; without a token the answer brings a new one.

    Attributes:
        genres: declared by the person, the favourite first. There is no field for anything else about a person.
        campaign: the latest that runs where None.
    """

    token: Token | None = None
    genres: Annotated[tuple[Genre, ...], Meta(max_length=30)] = ()
    campaign: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class ResponseReport(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a response to what was shown."""

    token: Token
    showing: Annotated[str, Meta(min_length=16, max_length=64, pattern="^[0-9a-f]+$")]


@router.post("/api/promotion", openapi_extra={"requestBody": request_body(ShowRequest)})
async def show(request: Request, services: Services) -> Response:
    """Return a variant; 204 where there is none to show.

    Raises:
        HTTPException: 422 the body is not valid; 429 too many requests; 503 Kafka or Redis does not answer.
    """
    body = await decode_body(request, ShowRequest)
    token = body.token or secrets.token_urlsafe(24)
    await _check_limit(request, services, token)
    view = services.part(PromotionView)
    campaign = next((one for one in view.running() if body.campaign in (None, one.campaign)), None)
    if campaign is None:
        return Response(status_code=204)
    now = datetime.now(UTC)
    showing = showing_id(token, campaign.campaign, _day(services, now))
    taste = taste_among(body.genres, tastes_of(services.venue))
    with redis_required():
        choice = await _choice(services, campaign, showing, taste)
    variant = next((one for one in approved(campaign) if one.id == choice.variant), None)
    if variant is None:
        return Response(status_code=204)  # withdrawn since it was chosen: shown no more
    await _write(services, "shown", showing, choice, now)
    return Response(msgspec.json.encode(_answer(token, showing, campaign, variant)), media_type="application/json")


@router.post("/api/promotion/response", openapi_extra={"requestBody": request_body(ResponseReport)})
async def respond(request: Request, services: Services) -> Response:
    """Count a response, once; 404 where nothing was shown to this phone under this id within a day."""
    body = await decode_body(request, ResponseReport)
    await _check_limit(request, services, body.token)
    with redis_required():
        choice = await services.part(PromotionStore).choice(body.showing)
    now = datetime.now(UTC)
    if choice is None or body.showing not in _own_showings(services, body.token, choice.campaign, now):
        raise HTTPException(404, "nothing was shown under this id within a day")
    await _write(services, "response", body.showing, choice, now)
    return Response(status_code=204)


@router.get(PICTURE_PATH + "{name}")
async def picture(name: str, services: Services) -> Response:
    """Return a picture of a variant."""
    with redis_required():
        body = await services.part(PromotionStore).picture(name)
    if body is None:
        raise HTTPException(404, "there is no such picture")
    return Response(body, media_type=PICTURE_TYPE)


def showing_id(token: str, campaign: CampaignId, day: date) -> str:
    """Return the id of what a phone sees of a campaign on a day.

    >>> showing_id("a" * 16, CampaignId("summer"), date(2026, 7, 4))
    '74fb5f123ebf4e63cac39fd6e5ec20dc'
    """
    return hashlib.sha256(f"{pseudonym(token)}|{campaign}|{day.isoformat()}".encode()).hexdigest()[:32]


async def _choice(services: ConsoleServices, campaign: CampaignState, showing: str, taste: str) -> StoredChoice:
    """Return the choice that was made for a showing, or make it."""
    store = services.part(PromotionStore)
    if (made := await store.choice(showing)) is not None:
        return made
    policy = await asyncio.to_thread(services.part(PromotionView).policy, campaign, taste)
    chosen = policy.choose(int(showing[:16], 16))
    return await store.keep_first(
        showing,
        StoredChoice(
            campaign=campaign.campaign, variant=chosen.variant, taste=taste, propensity=chosen.propensity,
            variants=len(policy.chances),
        ),
    )  # fmt: skip


async def _write(
    services: ConsoleServices, kind: PromotionEventKind, showing: str, choice: StoredChoice, now: datetime
) -> None:
    """Write an event of a showing; its id is the same each time.

    Raises:
        HTTPException: 503 Kafka does not answer.
    """
    event = PromotionEvent(
        showing=showing,
        campaign=choice.campaign,
        kind=kind,
        variant=choice.variant,
        taste=choice.taste,
        propensity=choice.propensity,
        variants=choice.variants,
        time=now,
    )
    try:
        await services.writer.send(
            PROMOTION_EVENTS, key=choice.campaign, record=event, id=f"{showing}/{kind}", by="attendee", time=now
        )
    except NotDeliveredError as error:
        raise HTTPException(503, "not sent; try again") from error


def _answer(token: str, showing: str, campaign: CampaignState, variant: MessageVariant) -> dict[str, object]:
    shown_picture = variant.picture and {
        "url": PICTURE_PATH + variant.picture, "es": variant.picture_es, "en": variant.picture_en
    }  # fmt: skip
    return {
        "token": token,
        "showing": showing,
        "campaign": campaign.campaign,
        "variant": variant.id,
        "text": {"es": variant.es, "en": variant.en},
        "picture": shown_picture or None,
    }


def _own_showings(services: ConsoleServices, token: str, campaign: CampaignId, now: datetime) -> tuple[str, str]:
    """Return the ids of what a phone saw of a campaign today and yesterday."""
    today = _day(services, now)
    return showing_id(token, campaign, today), showing_id(token, campaign, today - timedelta(days=1))


def _day(services: ConsoleServices, now: datetime) -> date:
    return now.astimezone(ZoneInfo(services.venue.timezone)).date()


async def _check_limit(request: Request, services: ConsoleServices, token: str) -> None:
    if wait := await services.part(PromotionLimit).wait_seconds(token, request_origin(request)):
        raise HTTPException(429, f"too many requests; try again in {wait} s", {"Retry-After": str(wait)})
