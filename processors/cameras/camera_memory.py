"""What is remembered of a camera: some beyond a restart, the rest for as long as its pictures follow each other."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from processors.attendance.gate_line import GateCounter
from processors.cameras.faults import FaultFinder, Usual
from processors.cameras.stillness import Stillness
from processors.crowd.ground import ground_of
from processors.crowd.motion import Course, LastPictures
from processors.crowd.zone_analyzer import ZoneMemory, ZoneWatch
from processors.violence.scorer import ViolenceState
from schemas.cameras import Camera
from schemas.venue import Venue


class CameraMemory(Struct):
    """What is remembered of a camera beyond a restart: plain data, some kilobytes as JSON."""

    usual: Usual = field(default_factory=Usual)
    zones: dict[str, ZoneMemory] = field(default_factory=dict)
    told: float = -1e18
    """when the occupancy of its zones was last told to the bars, seconds"""


class LiveMemory:
    """What is remembered of a camera for as long as its pictures follow each other: rebuilt in two seconds."""

    def __init__(self, camera: Camera, venue: Venue) -> None:
        """Raises GroundError where the camera's four ground points can't be used."""
        ground = ground_of(camera)
        self.camera = camera
        self.zones = [(f"{place}/{v.zone}", v, ZoneWatch(v, venue, ground)) for place, v in enumerate(camera.views)]
        self.counted: datetime | None = None
        self.violence: ViolenceState | None = None
        self.faults = FaultFinder(camera.faults or venue.crowd.faults)
        self.still = Stillness()
        self.judged: tuple[float, str | None] = (-1e18, None)
        self.pictures = LastPictures()
        self.course = Course()
        self.measured = ground is not None
        self.dense = False
        self.background: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)
        self.evidence: tuple[float, str] | None = None
        self.gates = [GateCounter(gate) for gate in camera.gates]
