"""A camera frame as received, and the result of its analysis."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from processors.cameras.frame_observer import FrameObservation
from schemas.context import VenueContext
from schemas.crowd import CrowdCount
from schemas.ids import CameraId, EventId, GateId
from schemas.violence import ViolenceScore


class CameraFrame(Struct, frozen=True):
    """One frame of one camera, as received.

    Attributes:
        damaged: whether the stream lost packets, so that parts of the picture are not what the camera saw.
    """

    event_id: EventId
    camera: CameraId
    time: datetime
    jpeg: bytes
    damaged: bool = False


class GateCrossing(Struct, frozen=True):
    """Heads that crossed one gate between `since` and the time of the frame."""

    gate: GateId
    since: datetime
    entered: float
    left: float


class EvidenceItem(Struct, frozen=True):
    """A picture or clip for the evidence store.

    Attributes:
        id: derived from the frame, so that a retry stores the same item again.
        content_type: media type of the body, such as image/webp.
    """

    id: str
    content_type: str
    body: bytes


class FrameResult(Struct, frozen=True):
    """Result of the analysis of one frame.

    Attributes:
        count: heads in the picture; None where no count was due.
        score: probability of a fight; None until the violence network is warm.
        contexts: occupancy of the camera's zones, for other features; empty except every few seconds.
        crossings: people who crossed the camera's gates.
        observations: results of frame observers.
        evidence: items made at this frame; `count` and `score` refer to them by id.
        error: reason why the frame could not be analyzed; empty if it was.
    """

    frame: CameraFrame
    count: CrowdCount | None = None
    score: ViolenceScore | None = None
    contexts: tuple[VenueContext, ...] = ()
    crossings: tuple[GateCrossing, ...] = ()
    observations: tuple[FrameObservation, ...] = ()
    evidence: tuple[EvidenceItem, ...] = ()
    error: str = ""
