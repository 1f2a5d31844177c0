"""The camera wall: a small live picture of each camera."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from console.authentication import CurrentUser, require_role
from console.features.cameras.camera_wall import CHANNEL, CameraWall
from console.services import Services
from schemas.ids import CameraId

router = APIRouter()


@router.get("/cameras", response_class=HTMLResponse)
async def cameras(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show the pictures of all cameras."""
    require_role(user, "security")
    return services.page(request, "cameras/cameras.html", user, channel=CHANNEL)


@router.get("/camera/{name}")
async def camera(name: str, user: CurrentUser, services: Services) -> Response:
    """Return the small picture of one camera, as it is now."""
    require_role(user, "security")
    picture = services.part(CameraWall).picture(CameraId(name))
    if picture is None:
        raise HTTPException(404, f"no frame of the camera {name!r} has come since somebody opened the page")
    return Response(picture, media_type="image/jpeg")
