"""The public endpoints of the map and of the way between two places."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request, Response

from console.features.routes.view import PathsView
from console.request_limit import RequestLimit
from console.requests import request_origin
from console.services import Services
from processors.festival.routing import Route
from schemas.ids import PlaceId
from schemas.venue_map import Mobility

router = APIRouter()

Name = Annotated[str, Query(max_length=200)]


class RouteLimit(RequestLimit):
    """Routes a minute of an address; a phone does not name itself here."""

    name = "route"
    max_requests = (600, 600)


@router.get("/api/map")
async def drawing(request: Request, services: Services) -> Response:
    """Return places, paths and outlines in metres; 304 to those whose `If-None-Match` has them."""
    return services.part(PathsView).drawing.response(request)


@router.get("/api/route")
async def way(
    request: Request,
    services: Services,
    start: Name,
    end: Name = "",
    nearest: Name = "",
    mobility: Mobility = "none",
) -> Response:
    """Return the way to a place, or to the nearest open place of a kind.

    Raises:
        HTTPException: 404 a place is not on the map, or no place has that kind; 422 neither or both of `end` and
            `nearest` are given, or the mobility is unknown; 429 too many requests.
    """
    origin = request_origin(request)
    if wait := await services.part(RouteLimit).wait_seconds(origin, origin):
        raise HTTPException(429, f"too many requests; try again in {wait} s", {"Retry-After": str(wait)})
    if bool(end) == bool(nearest):
        raise HTTPException(422, "give either end, a place, or nearest, a kind of place")
    view, now = services.part(PathsView), services.now()
    for name in (start, end):
        if name and PlaceId(name) not in view.map.places:
            raise HTTPException(404, f"the map has no place {name!r}")
    if nearest:
        if nearest not in {place.kind for place in view.map.places.values()}:
            raise HTTPException(404, f"the map has no place of the kind {nearest!r}")
        found = view.nearest(PlaceId(start), nearest, mobility, now)
        route = None if found is None else found[1]
    else:
        route = view.route(PlaceId(start), PlaceId(end), mobility, now)
    fields = {"found": False, "help": view.help} if route is None else _fields(route)
    return Response(msgspec.json.encode(fields), media_type="application/json")


def _fields(route: Route) -> dict[str, object]:
    return {
        "found": True,
        "metres": round(route.metres),
        "minutes": route.minutes,
        "places": route.places,
        "steps": [
            {"start": one.start, "end": one.end, "metres": round(one.metres), "kind": one.kind, "steps": one.steps}
            for one in route.steps
        ],
    }
