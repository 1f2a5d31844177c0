"""Interface of evidence recorders: what the camera analyzer gives them, and what they return."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.cameras.frame_result import CameraFrame, EvidenceItem
from processors.cameras.picture import Picture
from processors.crowd.density import DensityMap
from processors.crowd.optical_flow import Velocity
from schemas.crowd import CrowdCount
from schemas.ids import CameraId
from schemas.violence import ViolenceScore


class AnalyzedFrame(Struct, frozen=True):
    """A frame with all that was computed from it.

    Attributes:
        picture: (height, width, 3) uint8 RGB, masked.
        grey: (144, 192) uint8, input of the violence network; None where the frame was not scored.
        count, density, velocity: None where no count was due; the latter two also while the camera is blind.
        score: None until the violence network is warm.
    """

    frame: CameraFrame
    picture: Picture
    grey: NDArray[np.uint8] | None = None
    count: CrowdCount | None = None
    density: DensityMap | None = None
    velocity: Velocity | None = None
    score: ViolenceScore | None = None


class EvidenceRecorder(Protocol):
    """Makes evidence while a result of a camera is at a value at which an alert may be raised.

    Results refer to evidence by id, so the caller stores each item before it sends the result, and calls `discard`
    where the store refuses one.
    """

    def record(self, analyzed: AnalyzedFrame) -> EvidenceItem | None:
        """Add a frame, each camera's in the order of time; return an item when one is due."""
        ...

    def evidence_ids(self, camera: CameraId) -> tuple[str, ...]:
        """Return the ids of the evidence for what the camera shows now; empty while nothing may raise an alert."""
        ...

    def discard(self, camera: CameraId, item_id: str) -> None:
        """Forget an item that could not be stored, if it is the camera's last one; the next frame makes another."""
        ...


class LatestEvidence:
    """The last item of each camera, for recorders that make one at a time.

    A recorder sets `_last[camera]` to time and id of the item that it made, and removes it when nothing may raise an
    alert any more.
    """

    def __init__(self) -> None:
        self._last: dict[CameraId, tuple[datetime, str]] = {}

    def evidence_ids(self, camera: CameraId) -> tuple[str, ...]:
        """Return the id of the camera's last item; empty while nothing may raise an alert."""
        last = self._last.get(camera)
        return () if last is None else (last[1],)

    def discard(self, camera: CameraId, item_id: str) -> None:
        """Forget an item that could not be stored, if it is the camera's last one; the next frame makes another."""
        if self.evidence_ids(camera) == (item_id,):
            del self._last[camera]
