"""State of a camera: what is persisted over restarts, and what only consecutive frames need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from processors.attendance.gate_line import GateCounter
from processors.cameras.faults import CameraBaseline, Fault, FaultDetector
from processors.cameras.flashes import FlashDetector
from processors.cameras.frame_observer import FrameObserver
from processors.cameras.freeze import FreezeDetector
from processors.crowd.ground_plane import ground_plane_of
from processors.crowd.optical_flow import FlowPrior, RecentPictures
from processors.crowd.zone_analyzer import ZoneAnalyzer, ZoneState
from processors.violence.scorer import ViolenceState
from schemas.cameras import CameraSettings
from schemas.venue import Venue


class CameraState(Struct):
    """State of a camera that is persisted: plain data, some kilobytes of JSON.

    Attributes:
        baseline: usual appearance of the camera's pictures.
        zones: state of each zone in the camera's view, by place and name of the view.
        context_time: time of the last frame whose zone occupancy was published as context, seconds; None before the
            first.
    """

    baseline: CameraBaseline = field(default_factory=CameraBaseline, name="usual")
    zones: dict[str, ZoneState] = field(default_factory=dict)
    context_time: float | None = field(default=None, name="told")


class CameraSession:
    """State of a camera that two seconds of frames restore, so it is not persisted.

    Attributes:
        count_time: time of the last counted frame; None before the first.
        usable_time: time in seconds of the last picture that could be trusted; None before the first.
        assessment: time in seconds and fault of the last assessed picture; None before the first.
        is_dense: whether a zone was dense in the last count, so that steady velocity is worth its time.
        background: (rows, columns) bool, cells that no zone of the camera covers; empty before the first count.
    """

    def __init__(self, camera: CameraSettings, venue: Venue, observers: Sequence[FrameObserver]) -> None:
        """Prepare a camera.

        Raises:
            GroundError: the camera's four ground points can't be used.
        """
        self.camera = camera
        self.ground = ground_plane_of(camera)
        self.zones = [
            (f"{place}/{view.zone}", view, ZoneAnalyzer(view, venue, self.ground))
            for place, view in enumerate(camera.views)
        ]
        self.gates = [GateCounter(gate) for gate in camera.gates]
        self.observers = tuple(observer for observer in observers if camera.id in observer.cameras)
        thresholds = camera.faults or venue.crowd.faults
        self.faults = FaultDetector(thresholds)
        self.freeze = FreezeDetector(thresholds)
        self.flashes = FlashDetector()
        self.flash_seconds = thresholds.flash_seconds
        self.pictures = RecentPictures()
        self.flow_prior = FlowPrior()
        self.violence: ViolenceState | None = None
        self.count_time: datetime | None = None
        self.usable_time: float | None = None
        self.assessment: tuple[float, Fault | None] | None = None
        self.is_dense = False
        self.background: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)

    @property
    def has_ground(self) -> bool:
        """True where speeds and pressure can be measured."""
        return self.ground is not None

    def was_usable(self, time: float) -> bool:
        """Return whether a picture could be trusted so shortly before `time` that the camera is not blind."""
        return self.usable_time is not None and 0 <= time - self.usable_time < self.flash_seconds

    def clear_motion(self) -> None:
        """Forget pictures and network state; what a blind camera showed before says nothing about motion now."""
        self.violence = None
        self.pictures.clear()
        self.flow_prior.clear()
