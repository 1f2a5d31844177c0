"""Observer of camera frames that counts the people in queue polygons."""

from __future__ import annotations

from collections.abc import Iterable

from processors.cameras.frame_observer import FrameMeasurements, FrameObservation
from schemas.ids import CameraId
from schemas.queues import QUEUE_COUNTS, QUEUES, QueueCount, QueueSettings
from schemas.venue import Venue


class QueueObserver:
    """Counts the people in each queue of the venue file.

    Attributes:
        cameras: ids of the cameras that see a queue; all others cost nothing.
    """

    def __init__(self, queues: list[QueueSettings]) -> None:
        self._queues: dict[CameraId, list[QueueSettings]] = {}
        for queue in queues:
            self._queues.setdefault(queue.camera, []).append(queue)
        self.cameras = frozenset(self._queues)

    def observe(self, measurements: FrameMeasurements) -> Iterable[FrameObservation]:
        """Return one count for each queue of the camera; without persons while the camera is blind."""
        camera = measurements.camera.id
        for queue in self._queues.get(camera, ()):
            persons = None if measurements.heads is None else measurements.heads_within(queue.polygon)
            count = QueueCount(
                event_id=measurements.event_id, queue=queue.id, camera=camera, time=measurements.time, persons=persons
            )
            yield FrameObservation(QUEUE_COUNTS, queue.id, count, part=queue.id)


def queue_observer(venue: Venue) -> QueueObserver:
    """Return the observer of a venue's queues."""
    return QueueObserver(venue.section(QUEUES))
