"""Sources: what each process of sources reports about itself, and what follows from it; their topics."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Struct

from schemas.fields import NAMED, Count, Identifier, Instant, NonNegative, Text
from schemas.ids import EventId
from schemas.topic import DAY, HOUR, Topic

WATCH = "sources"
"""Key of all reports: one partition and one state row, so that the sources of a process are judged together."""

SilenceCause = Literal["process", "network"]
"""Reason for which all sources of a process are silent: it ended, or what they have in common was lost."""


class FeedReport(Struct, frozen=True, kw_only=True):
    """Events of one feed of a source: a bar of the tills' endpoint, a network of the posts' endpoint."""

    name: Identifier
    events: Count
    """Events since the process started."""


class SourceReport(Struct, frozen=True, kw_only=True):
    """One source of a process. Ages are relative to the time of the report, so clocks need not agree."""

    kind: Identifier
    name: Identifier
    up: bool
    """True while it is open, although it may have no events."""
    age: NonNegative | None
    """Seconds since its last event or, where it has no rhythm, since it was last known to work; None before the first
    sign of life of this process."""
    period: NonNegative | None = None
    """Seconds between two events of a healthy source; None where events come when people act."""
    reason: Text = ""
    """Reason of the loss, without secrets."""
    ended: bool = False
    """True when it has no more events, as a file that was played to its end: it is silent on purpose."""
    events: Count = 0
    """Events since the process started."""
    feeds: tuple[FeedReport, ...] = ()


class ProcessReport(Struct, frozen=True, kw_only=True):
    """Report of a process of sources, every few seconds; or the time, from the worker that watches them."""

    id: Annotated[EventId, NAMED]
    kind: Literal["report", "time"] = "report"
    """report: the state of all sources of a process. time: nothing but the time, by which silence is measured."""
    time: Instant
    process: Identifier = "sources"
    instance: Identifier = "-"
    """Distinguishes one start of the process from the next."""
    sources: tuple[SourceReport, ...] = ()
    final: bool = False
    """True in the last report of a process that is stopped on purpose."""


class SourceState(Struct, frozen=True, kw_only=True):
    """A source, or a feed of one, as the watch judges it."""

    event_id: Annotated[EventId, NAMED]
    source: Identifier
    """Kind and name, as `camera/gate`; of a feed its kind and its own name, as `tills/north`."""
    kind: Identifier
    name: Identifier
    time: Instant
    silent: bool
    since: Instant
    """Time of the last sign of life."""
    watched: bool = True
    """False for a source that has ended or was removed: it is no longer expected."""
    covered: bool = False
    """True while an alert of its process speaks for it."""
    reason: Text = ""


class ProcessState(Struct, frozen=True, kw_only=True):
    """A process of sources: True in `silent` while all that it should deliver is missing at once."""

    event_id: Annotated[EventId, NAMED]
    process: Identifier
    time: Instant
    silent: bool
    since: Instant
    cause: SilenceCause | None = None
    sources: tuple[Identifier, ...] = ()
    """Sources of the process that are silent."""
    number: Count = 0
    """Sources of the process."""


REPORTS = Topic(
    "sources.reports",
    "sources",
    ProcessReport,
    "pulso.source.report.v1",
    "What a process of sources reports about them every few seconds.",
    partitions=1,  # whether all are silent at once is seen in one place
    retention_ms=HOUR,
)


SOURCE_STATES = Topic(
    "sources.states",
    "kind/name",
    SourceState,
    "pulso.source.state.v1",
    "Whether a source delivers, by its own rhythm.",
    partitions=1,  # readers need all of them
    retention_ms=DAY,
)


PROCESS_STATES = Topic(
    "sources.processes",
    "process",
    ProcessState,
    "pulso.source.process.v1",
    "Whether all sources of a process are silent at once; written every few seconds.",
    partitions=1,
    retention_ms=HOUR,
)


def source_key(kind: str, name: str) -> str:
    """Return the key of a source.

    >>> source_key("camera", "gate")
    'camera/gate'
    """
    return f"{kind}/{name}"
