"""The list of stages with visuals, and the picture of one on a whole screen."""

from __future__ import annotations

from typing import get_args

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from console.authentication import CurrentUser, require_role
from console.features.visuals.view import CHANNEL, ROLES
from console.services import Services
from schemas.visuals import VISUALS, Scene

router = APIRouter()

SCENES: tuple[Scene, ...] = get_args(Scene)


@router.get("/visuals", response_class=HTMLResponse)
async def stages(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """List the stages with visuals."""
    require_role(user, *ROLES)
    visuals = services.venue.section(VISUALS)
    return services.page(request, "visuals/stages.html", user, visuals=visuals, scenes=SCENES)


@router.get("/visuals/{stage}", response_class=HTMLResponse)
async def picture(request: Request, user: CurrentUser, services: Services, stage: str) -> HTMLResponse:
    """Show the sound of a stage as a moving picture; 404 for a stage without visuals."""
    require_role(user, *ROLES)
    visuals = next((one for one in services.venue.section(VISUALS) if one.stage == stage), None)
    if visuals is None:
        raise HTTPException(404, "this stage has no visuals: name it in the venue file, in the section visuals")
    state = {"scene": visuals.scene, "scenes": SCENES, "fast_flashes": visuals.fast_flashes}
    channel = f"{CHANNEL}:{stage}"
    return services.page(
        request, "visuals/visuals.html", user, channel=channel, state=state, stage=stage, scenes=SCENES
    )
