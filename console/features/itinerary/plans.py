"""The public endpoints of itineraries: wishes in, a plan out; and forgetting."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, TypedDict
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from msgspec import Meta, Struct

from console.features.itinerary.view import PlanView, request_id
from console.pseudonyms import Token, pseudonym
from console.request_limit import RequestLimit
from console.requests import decode_body, request_origin
from console.services import ConsoleServices, Services
from processors.festival.hours import DAY_BEGINS
from processors.itinerary.groups import MAX_BREAKS, joint_breaks
from schemas.ids import ActId, EventId, PlaceId
from schemas.itinerary import WISHES, BreakWish, FriendWishes, ItineraryPlan, ItineraryWishes
from schemas.routes import PATHS
from schemas.venue import Venue
from schemas.venue_map import Mobility
from stream.runtime.producer import NotDeliveredError

router = APIRouter()

ANSWER_SECONDS = 5.0
"""Time to wait for the worker."""

MAX_DAYS_AWAY = 400
"""Days between now and the day of a visit, before or after; no festival is farther, and dates have an end."""

Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""Time of day as HH:MM in the festival's time; before 06:00 it is on the morning after the festival day."""

Short = Annotated[str, Meta(min_length=1, max_length=200)]
Acts = Annotated[tuple[Short, ...], Meta(max_length=60)]


class PlanLimit(RequestLimit):
    """Plans a minute of a phone, and of an address."""

    name = "itinerary"
    max_requests = (12, 600)


class OfferLimit(RequestLimit):
    """Questions for an alternative a minute of a phone, and of an address: a closed path may break many plans."""

    name = "itinerary-offer"
    max_requests = (12, 3_000)


class BreakRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A break, anywhere or at a place of a kind, inside a window."""

    minutes: Annotated[int, Meta(ge=1, le=600)]
    kind: Annotated[str, Meta(max_length=40)] | None = None
    begin: Clock | None = None
    end: Clock | None = None


class PersonalRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wishes of one person; the attributes are those of `PersonalWishes`."""

    must_see: Acts = ()
    likes: Acts = ()
    dislikes: Acts = ()
    mobility: Mobility = "none"
    max_walk_m: Annotated[float, Meta(ge=0, le=1e6)] | None = None
    breaks: Annotated[tuple[BreakRequest, ...], Meta(max_length=6)] = ()


class FriendRequest(PersonalRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wishes of somebody who goes along; without a name."""


class PlanRequest(PersonalRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of a request; the attributes are those of `ItineraryWishes`, with times of the festival day."""

    token: Token
    day: date
    begin: Clock
    end: Clock
    origin: Short
    destination: Short | None = None
    follows: bool = True
    friends: Annotated[tuple[FriendRequest, ...], Meta(max_length=7)] = ()
    accepts: Short | None = None


class OfferRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a request for the alternative that a phone was offered for its plan."""

    token: Token
    plan: Short


class PersonalFields(TypedDict):
    """Fields of `PersonalWishes`."""

    must_see: tuple[ActId, ...]
    utilities: Mapping[ActId, float]
    dislikes: tuple[ActId, ...]
    mobility: Mobility
    max_walk_m: float | None
    breaks: tuple[BreakWish, ...]


class ForgetRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a request to forget a phone's wishes and plan."""

    token: Token


@router.post("/api/itinerary")
async def plan(request: Request, services: Services) -> Response:
    """Return the best plan for wishes.

    Raises:
        HTTPException: 404 the venue has no map of paths; 422 the body is not valid; 429 too many requests; 503 no
            answer in time.
    """
    asked = await decode_body(request, PlanRequest)
    await _check_limit(services.part(PlanLimit), asked.token, request)
    now = services.now()
    found = await _planned(services, wishes_of(asked, services.venue, now), now)
    return Response(msgspec.json.encode(_of_phone(found)), media_type="application/json")


@router.post("/api/itinerary/offer")
async def offer(request: Request, services: Services) -> Response:
    """Return the last alternative that was offered for a phone's plan, or null; the plan stays until it is accepted.

    Raises:
        HTTPException: 422 the body is not valid; 429 too many requests.
    """
    asked = await decode_body(request, OfferRequest)
    await _check_limit(services.part(OfferLimit), asked.token, request)
    found = services.part(PlanView).offer(pseudonym(asked.token), EventId(asked.plan))
    return Response(
        msgspec.json.encode({"offer": None if found is None else _of_phone(found)}), media_type="application/json"
    )


@router.post("/api/itinerary/forget", status_code=204)
async def forget(request: Request, services: Services) -> None:
    """Forget a phone's wishes and plan.

    Raises:
        HTTPException: 422 the body is not valid; 429 too many requests; 503 not sent.
    """
    asked = await decode_body(request, ForgetRequest)
    await _check_limit(services.part(PlanLimit), asked.token, request)
    now = services.now()
    await _send(
        services,
        ItineraryWishes(
            visitor=pseudonym(asked.token), day=now.date(), begin=now, end=now, origin=PlaceId("forgotten"), forget=True
        ),
        now,
    )


def _of_phone(found: ItineraryPlan) -> dict[str, object]:
    """Return the fields of a plan; the phone knows its token, and nobody needs its pseudonym."""
    fields: dict[str, object] = msgspec.to_builtins(found)
    del fields["visitor"]
    return fields


async def _check_limit(limit: RequestLimit, token: str, request: Request) -> None:
    if wait := await limit.wait_seconds(token, request_origin(request)):
        raise HTTPException(429, f"too many requests; try again in {wait} s", {"Retry-After": str(wait)})


def wishes_of(asked: PlanRequest, venue: Venue, now: datetime) -> ItineraryWishes:
    """Return the wishes of a request.

    Raises:
        HTTPException: 404 the venue has no map of paths; 422 a place, day, time or number of breaks is not possible.
    """
    places = {place.id for place in venue.section(PATHS).places}
    if not places:
        raise HTTPException(404, "the venue file has no map of paths, so no visit can be planned")
    for name in (asked.origin, asked.destination):
        if name is not None and PlaceId(name) not in places:
            raise HTTPException(422, f"the map has no place {name!r}")
    zone = ZoneInfo(venue.timezone)
    if abs(asked.day - now.astimezone(zone).date()).days > MAX_DAYS_AWAY:
        raise HTTPException(422, f"the day is more than {MAX_DAYS_AWAY} days away")
    begin, end = moment_of(asked.day, asked.begin, zone), moment_of(asked.day, asked.end, zone)
    if end <= begin:
        raise HTTPException(422, "the visit ends before it begins")
    wishes = ItineraryWishes(
        visitor=pseudonym(asked.token),
        day=asked.day,
        begin=begin,
        end=end,
        origin=PlaceId(asked.origin),
        destination=None if asked.destination is None else PlaceId(asked.destination),
        follows=asked.follows,
        friends=tuple(FriendWishes(**_personal(one, asked.day, zone)) for one in asked.friends),
        accepts=None if asked.accepts is None else EventId(asked.accepts),
        **_personal(asked, asked.day, zone),
    )
    if len(joint_breaks(wishes)) > MAX_BREAKS:
        raise HTTPException(422, f"a group has at most {MAX_BREAKS} different breaks")
    return wishes


def _personal(asked: PersonalRequest, day: date, zone: ZoneInfo) -> PersonalFields:
    return PersonalFields(
        must_see=tuple(ActId(act) for act in dict.fromkeys(asked.must_see)),
        utilities={ActId(act): 1.0 for act in asked.likes},
        dislikes=tuple(ActId(act) for act in asked.dislikes),
        mobility=asked.mobility,
        max_walk_m=asked.max_walk_m,
        breaks=_breaks(asked.breaks, day, zone),
    )


def _breaks(asked: tuple[BreakRequest, ...], day: date, zone: ZoneInfo) -> tuple[BreakWish, ...]:
    return tuple(
        BreakWish(
            minutes=one.minutes,
            kind=one.kind,
            begin=None if one.begin is None else moment_of(day, one.begin, zone),
            end=None if one.end is None else moment_of(day, one.end, zone),
        )
        for one in asked
    )


def moment_of(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """Return the moment of a time of a festival day.

    >>> moment_of(date(2027, 7, 9), "01:45", ZoneInfo("Europe/Madrid")).isoformat()
    '2027-07-10T01:45:00+02:00'
    """
    at = time.fromisoformat(clock)
    return datetime.combine(day if at >= DAY_BEGINS else day + timedelta(days=1), at, zone)


async def _planned(services: ConsoleServices, wishes: ItineraryWishes, now: datetime) -> ItineraryPlan:
    """Send wishes and return the plan.

    Raises:
        HTTPException: 503 Kafka or the worker does not answer.
    """
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    pending = services.part(PlanView).pending
    with pending.expect(request_id(wishes.visitor, now)) as answer:
        await _send(services, wishes, now)
        try:
            return await asyncio.wait_for(answer, ANSWER_SECONDS)
        except TimeoutError as error:
            raise HTTPException(503, "the plan did not come in time; try again") from error


async def _send(services: ConsoleServices, wishes: ItineraryWishes, now: datetime) -> None:
    try:
        await services.writer.send(
            WISHES, key=wishes.visitor, record=wishes, id=secrets.token_urlsafe(12), by="attendee", time=now
        )
    except NotDeliveredError as error:
        raise HTTPException(503, "not sent; try again") from error
