"""Attendance: people in the whole venue, and the flow at its gates, beside the zones and on the plan."""

from __future__ import annotations

from pathlib import Path

from console.feature import ConsoleFeature, PageExtension, ViewDefinition
from console.features.attendance.view import AttendanceView
from schemas.attendance import OCCUPANCY
from schemas.sources import SOURCE_STATES

ZONES = "zones"
"""Live channel of the feature `crowd`, whose state has the attendance, too."""

FEATURE = ConsoleFeature(
    name="attendance",
    folder=Path(__file__).parent,
    views=(
        ViewDefinition(
            lambda context: AttendanceView(context.venue), ZONES, replay={OCCUPANCY: 200, SOURCE_STATES: 1_000}
        ),
    ),
    extensions=(
        PageExtension(
            page="control_room",
            scripts=("attendance.js", "plan_gates.js"),
            styles=("attendance.css", "plan_gates.css"),
            channels=(ZONES,),
        ),
        PageExtension(
            page="cameras",
            scripts=("camera_gates.js", "plan_gates.js"),
            styles=("camera_gates.css", "plan_gates.css"),
            channels=(ZONES,),
        ),
    ),
)
