"""The page of models."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from console.authentication import CurrentUser, require_role
from console.features.models.view import CHANNEL, ROLES, ModelsView, shown_models
from console.services import Services
from stream.registry.model_store import open_model_store

router = APIRouter()


@router.get("/models", response_class=HTMLResponse)
async def models(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show which models are in use, what people say of their results, and which are due."""
    require_role(user, *ROLES)
    store = open_model_store(services.settings)
    feedback = services.part(ModelsView).feedback()
    shown = await asyncio.to_thread(shown_models, store, feedback, services.now())
    return services.page(request, "models/models.html", user, channel=CHANNEL, models=shown)
