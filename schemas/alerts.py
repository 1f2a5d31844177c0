"""Alerts: observations, steps of the life cycle, actions, labels; their topics."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

from schemas.fields import NAMED, Count, Identifier, Instant
from schemas.ids import AlertId, AlertKey, EventId
from schemas.topic import DAY, HOUR, Topic

Severity = Literal["low", "medium", "high", "critical"]
Audience = Literal["security", "bar", "support", "production"]
AlertState = Literal[
    "raised", "updated", "acknowledged", "noted", "assigned", "judged", "shelved", "unshelved", "resolved"
]
Verdict = Literal["confirmed", "rejected"]

AUDIENCES: tuple[Audience, ...] = get_args(Audience)


class Observation(Struct, frozen=True, kw_only=True):
    """One value that a rule watches, keyed by the alert that it may raise."""

    id: Annotated[EventId, NAMED]
    key: Annotated[AlertKey, NAMED]
    rule: Identifier
    subject: Identifier
    time: Instant
    value: float
    text: dict[str, str] = {}
    """Sentences for people, by language."""
    evidence: tuple[Identifier, ...] = ()
    """Ids of pictures and clips in the evidence store that show why; they are kept only as long as they are needed."""
    amount: float | None = None
    """Units that people are asked to fetch; people are notified again when it changes much while the alert is open."""
    source: Identifier | None = None
    """Place that the units are fetched from."""
    origin: Identifier | None = None
    """Source that the value rests on, as `camera/gate`; None where it rests on several or on none."""
    blind_since: Instant | None = None
    """Set instead of a value: the origin of the open alert has been silent since then."""


class Alert(Struct, frozen=True, kw_only=True):
    """One step in the life of an alert; `id` and `version` together make it idempotent."""

    id: Annotated[AlertId, NAMED]
    key: Annotated[AlertKey, NAMED]
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
    event_id: Annotated[EventId, NAMED]
    """Id of the event that caused this step."""
    acknowledged_by: str | None = None
    resolved_by: str | None = None
    """Name of a person, or None when the value cleared by itself."""
    assigned_to: str | None = None
    verdict: Verdict | None = None
    """Judgement of a person who looked; None until there is one."""
    notes: Count = 0
    note: str = ""
    by: str | None = None
    """Name of the person who took this step, or None when the value caused it."""
    evidence: tuple[Identifier, ...] = ()
    """Evidence of the observation that raised the alert, or of the one that last updated it."""
    resolved_at: Instant | None = None
    """Time of resolution; a verdict that comes later does not open the alert again."""
    amount: float | None = None
    """Units that people are asked to fetch, as last notified."""
    source: Identifier | None = None
    """Place that the units are fetched from."""
    amount_before: float | None = None
    """Amount before this step; set only where the step changes amount or place."""
    origin: Identifier | None = None
    """Source that the value rests on, as `camera/gate`."""
    blind_since: Instant | None = None
    """Time since which that source has been silent: the value is not known any more. None while it is seen."""
    shelved_until: Instant | None = None
    """Time at which a shelved alert comes back, by the wall clock; None while it is not shelved."""
    shelved_by: str | None = None
    """Name of the operator who shelved it."""
    shelved_reason: str = ""
    """Reason for shelving."""


class AlertLabel(Struct, frozen=True, kw_only=True):
    """A person's verdict on one alert, kept for retraining and for live precision; of each alert the last counts."""

    id: Annotated[AlertId, NAMED]
    """Id of the alert."""
    key: Annotated[AlertKey, NAMED]
    rule: Identifier
    subject: Identifier
    """Camera, bar, stage or mail that the rule measured."""
    raised_at: Instant
    time: Instant
    """Time of the verdict."""
    verdict: Verdict
    by: Identifier
    note: str = ""
    peak: float | None = None
    """Highest value notified; None where the state no longer has the alert."""
    evidence: tuple[Identifier, ...] = ()


AlertVerb = Literal["acknowledge", "resolve", "note", "assign", "confirm", "reject", "shelve", "unshelve"]


class AlertAction(Struct, frozen=True, kw_only=True):
    """Action of a person on an alert."""

    id: Annotated[EventId, NAMED]
    key: Annotated[AlertKey, NAMED]
    action: AlertVerb
    by: Identifier
    time: Instant
    note: Annotated[str, Meta(max_length=2_000)] = ""
    to: Identifier | None = None
    """Name of the person whom the alert is assigned to."""
    alert: Annotated[AlertId, NAMED] | None = None
    """Id of the alert that is confirmed or rejected; if left out, the open one of the key, else its last one."""
    minutes: Annotated[float, Meta(gt=0, le=480)] | None = None
    """Time for which the alert is shelved; the note is the reason."""


OBSERVATIONS = Topic(
    "alerts.observations",
    "alert key",
    Observation,
    "pulso.alert.observation.v1",
    "Values that alert rules watch, keyed by alert so that one worker owns the life of each.",
    retention_ms=HOUR,
)


ACTIONS = Topic("alerts.actions", "alert key", AlertAction, "pulso.alert.action.v1", "Action of a person on an alert.")


ALERTS = Topic(
    "alerts", "alert key", Alert, "pulso.alert.v1", "One step in the life of an alert.", retention_ms=30 * DAY
)


LABELS = Topic(
    "alerts.labels",
    "alert id",
    AlertLabel,
    "pulso.alert.label.v1",
    "Verdict of a person on an alert.",
    partitions=1,  # every reader needs all verdicts, for the precision of rules
    compacted=True,
)
