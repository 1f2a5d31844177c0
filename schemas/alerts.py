"""The life of an alert, and the observations that drive it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.fields import Count, Identifier, Instant
from schemas.topic import DAY, HOUR, Topic

Severity = Literal["low", "medium", "high", "critical"]
Audience = Literal["security", "bar", "support", "production"]
AlertState = Literal["raised", "updated", "acknowledged", "noted", "assigned", "judged", "resolved"]
Verdict = Literal["confirmed", "rejected"]


class Observation(Struct, frozen=True, kw_only=True):
    """One value that a rule watches, keyed by the alert that it may raise."""

    id: Identifier
    key: Identifier
    rule: Identifier
    subject: Identifier
    time: Instant
    value: float
    text: dict[str, str] = {}
    """what to tell people, by language"""
    evidence: tuple[Identifier, ...] = ()
    """pictures that show why, by their id in the evidence store; they live only as long as they are needed"""
    amount: float | None = None
    """units that people are asked to fetch; an open alert is told again when it changes much"""
    source: Identifier | None = None
    """where they are fetched from"""


class Alert(Struct, frozen=True, kw_only=True):
    """One step in the life of an alert; `id` and `version` together make it idempotent."""

    id: Identifier
    key: Identifier
    version: Annotated[int, Meta(ge=1)]
    rule: Identifier
    subject: Identifier
    state: AlertState
    severity: Severity
    audience: tuple[Audience, ...]
    raised_at: Instant
    time: Instant
    value: float
    peak: float
    threshold: float
    text: dict[str, str] = {}
    event_id: Identifier
    """the event that caused this step"""
    acknowledged_by: str | None = None
    resolved_by: str | None = None
    """a person, or None when the value cleared by itself"""
    assigned_to: str | None = None
    verdict: Verdict | None = None
    """whether a person saw what the alert says"""
    notes: Count = 0
    note: str = ""
    by: str | None = None
    """the person who took this step, or None when the value did"""
    evidence: tuple[Identifier, ...] = ()
    """pictures of the raising observation, or of the one that was last told"""
    resolved_at: Instant | None = None
    """when it was resolved; a verdict may come later, and then opens nothing again"""
    amount: float | None = None
    """units that people are asked to fetch, as last told"""
    source: Identifier | None = None
    """where they are fetched from"""
    amount_before: float | None = None
    """what was told before this step; set only where the step tells of another amount or place"""


class AlertLabel(Struct, frozen=True, kw_only=True):
    """A person's verdict on one alert, kept for retraining and for live precision; of each alert the last counts."""

    id: Identifier
    """the alert's"""
    key: Identifier
    rule: Identifier
    subject: Identifier
    """the camera, bar, stage or mail that the rule watched"""
    raised_at: Instant
    time: Instant
    """when it was judged"""
    verdict: Verdict
    by: Identifier
    note: str = ""
    peak: float | None = None
    """highest value told; None where the alert is no longer remembered"""
    evidence: tuple[Identifier, ...] = ()


AlertVerb = Literal["acknowledge", "resolve", "note", "assign", "confirm", "reject"]


class AlertAction(Struct, frozen=True, kw_only=True):
    """What a person did with an alert."""

    id: Identifier
    key: Identifier
    action: AlertVerb
    by: Identifier
    time: Instant
    note: Annotated[str, Meta(max_length=2_000)] = ""
    to: Identifier | None = None
    """whom the alert is assigned to"""
    alert: Identifier | None = None
    """id of the alert that is confirmed or rejected; left out, the open one of the key, or else the last that was"""


OBSERVATIONS = Topic(
    "alerts.observations",
    "alert key",
    Observation,
    "pulso.alert.observation.v1",
    "Values that alert rules watch, keyed by alert so that one worker owns the life of each.",
    retention_ms=HOUR,
)


ACTIONS = Topic("alerts.actions", "alert key", AlertAction, "pulso.alert.action.v1", "What a person did with an alert.")


ALERTS = Topic(
    "alerts", "alert key", Alert, "pulso.alert.v1", "One step in the life of an alert.", retention_ms=30 * DAY
)


LABELS = Topic(
    "alerts.labels",
    "alert id",
    AlertLabel,
    "pulso.alert.label.v1",
    "Whether a person saw what an alert said.",
    partitions=1,  # whoever counts precision reads all of it
    compacted=True,
)
