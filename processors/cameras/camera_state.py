"""What is remembered of a camera: some beyond a restart, the rest for as long as its pictures follow each other."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from processors.attendance.gate_line import GateCounter
from processors.cameras.faults import CameraBaseline, FaultDetector
from processors.cameras.stillness import Stillness
from processors.crowd.ground_plane import ground_plane_of
from processors.crowd.optical_flow import FlowPrior, RecentPictures
from processors.crowd.zone_analyzer import ZoneAnalyzer, ZoneState
from processors.violence.scorer import ViolenceState
from schemas.cameras import CameraSettings
from schemas.venue import Venue


class CameraState(Struct):
    """What is remembered of a camera beyond a restart: plain data, some kilobytes as JSON."""

    usual: CameraBaseline = field(default_factory=CameraBaseline)
    zones: dict[str, ZoneState] = field(default_factory=dict)
    told: float = -1e18
    """when the occupancy of its zones was last told to the bars, seconds"""


class CameraSession:
    """What is remembered of a camera for as long as its pictures follow each other: rebuilt in two seconds."""

    def __init__(self, camera: CameraSettings, venue: Venue) -> None:
        """Raises GroundError where the camera's four ground points can't be used."""
        ground = ground_plane_of(camera)
        self.camera = camera
        self.zones = [(f"{place}/{v.zone}", v, ZoneAnalyzer(v, venue, ground)) for place, v in enumerate(camera.views)]
        self.counted: datetime | None = None
        self.violence: ViolenceState | None = None
        self.faults = FaultDetector(camera.faults or venue.crowd.faults)
        self.still = Stillness()
        self.judged: tuple[float, str | None] = (-1e18, None)
        self.pictures = RecentPictures()
        self.flow_prior = FlowPrior()
        self.measured = ground is not None
        self.dense = False
        self.background: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)
        self.evidence: tuple[float, str] | None = None
        self.gates = [GateCounter(gate) for gate in camera.gates]
