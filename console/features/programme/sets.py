"""The public endpoint of the programme."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from console.features.programme.view import ProgrammeView
from console.services import Services

router = APIRouter()


@router.get("/api/programme")
async def programme(request: Request, services: Services) -> Response:
    """Return acts and sets as they are now; 304 to those whose `If-None-Match` has the present state."""
    return services.part(ProgrammeView).answer().response(request)
