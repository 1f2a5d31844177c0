"""A camera's frame as it came, and what was made of it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.crowd.evidence_picture import EvidencePicture
from schemas.context import VenueContext
from schemas.crowd import CrowdCount
from schemas.violence import ViolenceScore


class CameraFrame(Struct, frozen=True):
    """One picture of one camera, as it came."""

    event_id: str
    camera: str
    time: datetime
    jpeg: bytes


class GateCrossing(Struct, frozen=True):
    """Heads that crossed one gate from `since` to the frame's time."""

    gate: str
    since: datetime
    entered: float
    left: float


class FrameResult(Struct, frozen=True):
    """What was made of one frame; `error` says why nothing was.

    Attributes:
        cells: the masked picture, grey and so coarse that no one can be recognised, (rows, columns) uint8; None where
            it was not looked at for fights.
    """

    frame: CameraFrame
    count: CrowdCount | None = None
    score: ViolenceScore | None = None
    contexts: tuple[VenueContext, ...] = ()
    crossings: tuple[GateCrossing, ...] = ()
    evidence: EvidencePicture | None = None
    cells: NDArray[np.uint8] | None = None
    error: str = ""
