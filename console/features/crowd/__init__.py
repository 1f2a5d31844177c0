"""Crowd: people by zone in the control room, on the plan and beside the camera pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from console.feature import ConsoleFeature, LiveChannel, PageExtension, ViewDefinition
from console.features.crowd.view import CHANNEL, ZonesView
from console.services import ConsoleServices
from schemas.crowd import CROWD
from schemas.sources import SOURCE_STATES


def plan_state(services: ConsoleServices) -> Mapping[str, object]:
    """Return the venue from above, as the venue file draws it, and the titles of its zones."""
    plan = services.venue.plan
    return {"plan": plan.model_dump() if plan else None, "places": services.zone_titles()}


FEATURE = ConsoleFeature(
    name="crowd",
    folder=Path(__file__).parent,
    channels=(LiveChannel(CHANNEL, roles=("security", "production")),),
    views=(
        ViewDefinition(lambda context: ZonesView(context.venue), CHANNEL, replay={CROWD: 100, SOURCE_STATES: 1_000}),
    ),
    extensions=(
        PageExtension(
            page="control_room",
            template="zones.html",
            scripts=("zones.js",),
            styles=("zones.css", "plan.css"),
            channels=(CHANNEL,),
            state=plan_state,
        ),
        PageExtension(
            page="cameras",
            template="camera_plan.html",
            scripts=("camera_counts.js",),
            styles=("camera_counts.css", "plan.css"),
            channels=(CHANNEL,),
            state=plan_state,
        ),
    ),
)
