"""Queues: people counted in a queue polygon, and their waiting time; their topics; the queues of the venue file."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Struct
from pydantic import Field

from schemas.fields import NAMED, Instant, NonNegative, repeated
from schemas.ids import BarId, CameraId, EventId, GateId, QueueId
from schemas.topic import Topic
from schemas.venue import Venue
from schemas.venue_parts import NAME, Part, Polygon
from schemas.venue_section import VenueSection

QueuePlace = Literal["bar", "gate", "toilet", "other"]


class QueueSettings(Part):
    """A queue that a camera sees."""

    id: Annotated[QueueId, NAME]
    title: str = Field(default="", description="name that people use; the id if left out")
    camera: Annotated[CameraId, NAME] = Field(description="camera that sees the queue")
    polygon: Polygon
    place: QueuePlace = Field(default="other", description="what people queue for")
    bar: Annotated[BarId, NAME] | None = Field(default=None, description="bar whose tickets count the people served")
    gate: Annotated[GateId, NAME] | None = Field(
        default=None, description="gate whose crossings count the people let in"
    )
    served_per_minute: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="persons served a minute, as staff know it: used until tickets or crossings have counted them, "
        "and alone where there are none, as at toilets",
    )
    alert_from_persons: float = Field(
        default=10,
        ge=0,
        description="people from whom on a long wait raises an alert: where few are served, three who chat at an idle "
        "bar look like a wait of a quarter of an hour",
    )


class QueueCount(Struct, frozen=True, kw_only=True):
    """People in a queue in one picture."""

    event_id: Annotated[EventId, NAMED]
    queue: Annotated[QueueId, NAMED]
    camera: Annotated[CameraId, NAMED]
    time: Instant
    persons: NonNegative | None
    """Heads in the polygon; None while the camera is blind."""


class QueueWait(Struct, frozen=True, kw_only=True):
    """Length and waiting time of a queue."""

    event_id: Annotated[EventId, NAMED]
    queue: Annotated[QueueId, NAMED]
    time: Instant
    persons: NonNegative | None
    """People in the queue, smoothed; None while the camera is blind."""
    served_per_minute: NonNegative | None = None
    """Mean rate of service; None while nothing is known of it."""
    wait_minutes: NonNegative | None = None
    """Median waiting time of a person who joins now; None where the rate of service or the queue is unknown."""
    wait_low_minutes: NonNegative | None = None
    """Lower end of the 90 % interval of the waiting time."""
    wait_high_minutes: NonNegative | None = None
    """Upper end of the 90 % interval of the waiting time."""


QUEUE_COUNTS = Topic("queues.counts", "queue", QueueCount, "pulso.queue.count.v1", "People in a queue in one picture.")
QUEUE_WAITS = Topic("queues.waits", "queue", QueueWait, "pulso.queue.wait.v1", "Length and waiting time of a queue.")


def _mistakes(venue: Venue) -> list[str]:
    queues = venue.section(QUEUES)
    cameras = {camera.id for camera in venue.cameras}
    bars = {bar.id for bar in venue.bars}
    gates = {gate.id for camera in venue.cameras for gate in camera.gates}
    found = [
        f"queues: {name} stands there twice; give each its own id" for name in repeated(queue.id for queue in queues)
    ]
    for queue in queues:
        for kind, name, known in (
            ("camera", queue.camera, cameras),
            ("bar", queue.bar, bars),
            ("gate", queue.gate, gates),
        ):
            if name is not None and name not in known:
                configured = ", ".join(sorted(known)) or "none"
                found.append(f"queue {queue.id}: {kind} {name!r} is not in the venue file; it has {configured}")
        if queue.bar is not None and queue.gate is not None:
            found.append(f"queue {queue.id}: give bar or gate, not both: they count the people served")
    return found


QUEUES: VenueSection[list[QueueSettings]] = VenueSection(
    "queues", list[QueueSettings], list, "queues that cameras see, with the waiting time", _mistakes
)
