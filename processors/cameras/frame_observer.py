"""Extension point of the camera analyzer: further measurements on each counted frame.

A feature that needs the heads or the motion in a camera's picture implements `FrameObserver` and passes it to
`CameraAnalyzer`. The vision worker then calls it for every frame in which heads are counted, and sends what it
returns; the analyzer itself stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from processors.crowd.density import DensityMap
from processors.crowd.ground_plane import GroundPlane
from processors.crowd.optical_flow import Velocity
from schemas.cameras import CameraSettings
from schemas.ids import CameraId, EventId
from schemas.topic import Topic


class FrameMeasurements(Struct, frozen=True):
    """Measurements of one counted frame.

    Attributes:
        camera: settings of the camera in the venue file.
        event_id: id of the frame's event; ids of what is derived from the frame must depend on nothing else.
        time: when the frame was taken.
        heads: (rows, columns) float32, heads in each cell, without padding; None while the camera is blind.
        rows, columns: size of the picture in cells; may be fractions, since the last cells may lie partly outside.
            A point (x, y) in shares of width and height is at column x · columns and row y · rows.
        velocity: (rows, columns, 2) float32, velocity of each cell in shares of width and height per second; None
            where no earlier frame is close enough in time.
        ground: mapping from the picture to metres; None where the venue file does not give it.
        blind: reason why the picture can't be trusted, or None.
    """

    camera: CameraSettings
    event_id: EventId
    time: datetime
    heads: NDArray[np.float32] | None = None
    rows: float = 0.0
    columns: float = 0.0
    velocity: Velocity | None = None
    ground: GroundPlane | None = None
    blind: str | None = None

    def heads_within(self, polygon: Sequence[tuple[float, float]]) -> float:
        """Return the heads in a polygon whose corners are shares of width and height.

        Raises:
            ValueError: the camera is blind.
        """
        if self.heads is None:
            raise ValueError(f"camera {self.camera.id} is blind ({self.blind}); it has no cells to measure")
        return DensityMap(self.heads, self.rows, self.columns).within(polygon)


class FrameObservation(Struct, frozen=True):
    """One record to produce because of a frame.

    Attributes:
        key: key of the record on the topic.
        part: distinguishes several records of one frame on one topic.
    """

    topic: Topic[Any]
    key: str
    payload: Struct
    part: str = ""


class FrameObserver(Protocol):
    """Measures something on each counted frame of some cameras.

    Called in the thread of the analyzer, one frame at a time, each camera's frames in the order of time, so an
    observer may keep state without locks. A frame that is analyzed again after a crash must give the same records.
    """

    @property
    def cameras(self) -> Collection[CameraId]:
        """Ids of the cameras to observe; for all others nothing is prepared and nothing is called."""
        ...

    def observe(self, measurements: FrameMeasurements) -> Iterable[FrameObservation]:
        """Measure one counted frame; return the records to produce."""
        ...
