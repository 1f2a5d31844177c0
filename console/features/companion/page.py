"""The public pages: companion and assistant; what makes the companion installable; and its live state."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from console.conditional import TaggedAnswer
from console.features.companion.view import CompanionView
from console.language import Language
from console.registry import FOLDER
from console.services import ConsoleServices, Services

router = APIRouter()

SCRIPT = FOLDER / "features" / "companion" / "service_worker.js"


@router.get("/companion", response_class=HTMLResponse)
async def companion(request: Request, services: Services, language: str = "") -> HTMLResponse:
    """Show the companion; its data come from public endpoints, so the page is the same for everybody."""
    return _page(request, services, "companion/companion.html", language)


@router.get("/ask", response_class=HTMLResponse)
async def ask(request: Request, services: Services, language: str = "") -> HTMLResponse:
    """Show the assistant alone, in large letters; with `?kiosk=1` it forgets each conversation."""
    return _page(request, services, "companion/ask.html", language)


@router.get("/api/companion")
async def now(request: Request, services: Services) -> Response:
    """Return the live state; 304 to those whose `If-None-Match` has it. In the open demo it has the evening's time."""
    view = services.part(CompanionView)
    if services.authenticator.open_demo:
        return TaggedAnswer.of(msgspec.structs.replace(view.present(), time=services.now())).response(request)
    return view.shared.get().response(request)


@router.get("/companion/service_worker.js")
async def service_worker() -> FileResponse:
    """Return the script that opens the companion without a network."""
    return FileResponse(SCRIPT, media_type="text/javascript", headers={"Service-Worker-Allowed": "/companion"})


@router.get("/companion/manifest.webmanifest")
async def manifest(request: Request, services: Services, language: str = "") -> Response:
    """Return the web app manifest, with which a phone installs the page."""
    chosen = _language(request, services, language)
    fields = {
        "name": f"{services.venue.name}: {services.words[chosen]['companion']}",
        "short_name": services.venue.name,
        "lang": chosen,
        "id": "/companion",
        "start_url": f"/companion?language={chosen}",
        "scope": "/companion",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": [
            {"src": f"/static/companion/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png",
             "purpose": purpose}
            for size in (192, 512)
            for purpose in ("any", "maskable")
        ],
    }  # fmt: skip
    return Response(msgspec.json.encode(fields), media_type="application/manifest+json")


def _page(request: Request, services: ConsoleServices, template: str, language: str) -> HTMLResponse:
    return services.page(request, template, None, language=_language(request, services, language))


def _language(request: Request, services: ConsoleServices, requested: str) -> Language:
    return requested if requested in services.words else services.language(request)
