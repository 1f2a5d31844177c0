"""Alerts: the life cycle of each alert, notifications, precision."""

from __future__ import annotations

from pathlib import Path

from processors.alerts import notifications
from processors.alerts.alarm import NEVER_RAISED_IDLE
from schemas.alerts import ACTIONS, ALERTS, LABELS, OBSERVATIONS
from schemas.control_room import CONTROL_ROOM
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="alerts",
    messages=Path(notifications.__file__).parent,
    topics=(OBSERVATIONS, ACTIONS, ALERTS, LABELS),
    agents={"alerts": "stream.features.alerts.agents:register"},
    venue_section=CONTROL_ROOM,
    needs_redis=True,
    metrics=("stream.features.alerts.metrics",),
    commands=(
        "stream.commands.alerts:register",
        "stream.commands.labels:register",
        "stream.commands.rules:register",
    ),
    console="console.features.alerts:FEATURE",
    access={
        "alerts": Access(
            consumes=(OBSERVATIONS, ACTIONS, ALERTS),
            consumes_results=True,
            broadcasts=(LABELS,),
            produces=(OBSERVATIONS, ACTIONS, ALERTS, LABELS),
            tables=(StateTopics("alarms", (OBSERVATIONS, ACTIONS), keeps_offsets=False, idle=NEVER_RAISED_IDLE),),
        ),
        "console": Access(broadcasts=(LABELS,), produces=(ACTIONS,)),
        "operator": Access(produces=(ACTIONS,)),
    },
)
