"""What a camera shows: people in each zone, a fight, or that it sees nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from processors.vision.density import CrowdCounter, DensityMap
from processors.vision.level_of_service import level_of_service
from processors.vision.picture import Picture, PictureError, apply_masks, decode, quality
from processors.vision.violence import ViolenceScorer, ViolenceState
from schemas.events import VenueContext
from schemas.results import CrowdCount, ViolenceScore, ZoneCount
from schemas.venue import Camera, Venue, View

AGAIN_SECONDS = 60.0
"""A frame whose time lies so far before the last one counted is of a clock set back, or of another evening."""


class Frame(Struct, frozen=True):
    """One picture of one camera, as it came."""

    event_id: str
    camera: str
    time: datetime
    jpeg: bytes


class Seen(Struct, frozen=True):
    """What was made of one frame; `error` says why nothing was."""

    frame: Frame
    count: CrowdCount | None = None
    score: ViolenceScore | None = None
    contexts: tuple[VenueContext, ...] = ()
    error: str = ""


class Watch:
    """Looks at the frames of many cameras; what it remembers of each is rebuilt within two seconds after a restart.

    Every frame is scored for violence, in the order of time. Heads are counted as often as the venue file says.
    Masks are applied before any model looks. Not for several threads at a time.
    """

    def __init__(self, venue: Venue, counter: CrowdCounter, scorer: ViolenceScorer) -> None:
        self._cameras = {camera.id: camera for camera in venue.cameras}
        self._areas = {zone.id: zone.area_m2 for zone in venue.zones}
        self._counter = counter
        self._scorer = scorer
        self._states: dict[str, ViolenceState] = {}
        self._counted: dict[str, datetime] = {}

    def look(self, frames: Sequence[Frame]) -> list[Seen]:
        """Look at frames, of any cameras, each camera's in the order they came."""
        return [self._look(frame) for frame in frames]

    def _look(self, frame: Frame) -> Seen:
        camera = self._cameras.get(frame.camera)
        if camera is None:
            # Its privacy masks are not known either, so no one may look at it.
            known = ", ".join(self._cameras) or "none"
            return Seen(frame, error=f"no camera {frame.camera!r} in the venue file; it has {known}")
        try:
            picture = apply_masks(decode(frame.jpeg), camera.masks)
        except PictureError as error:
            return Seen(frame, error=str(error))
        blind = quality(picture).blind
        due = self._is_due(camera, frame.time)
        if blind is not None:
            self._states.pop(camera.id, None)
            return Seen(frame, count=self._blind(frame, blind) if due else None)
        score = self._score(camera, frame, picture)
        if not due:
            return Seen(frame, score=score)
        count, contexts = self._count(camera, frame, picture)
        return Seen(frame, count=count, score=score, contexts=contexts)

    def _is_due(self, camera: Camera, time: datetime) -> bool:
        last = self._counted.get(camera.id)
        wait = timedelta(seconds=camera.count_every_seconds)
        # A source's clock jitters by less than a tenth of the wait.
        if last is not None and -timedelta(seconds=AGAIN_SECONDS) < time - last < 0.9 * wait:
            return False
        self._counted[camera.id] = time
        return True

    def _score(self, camera: Camera, frame: Frame, picture: Picture) -> ViolenceScore | None:
        state = self._states.get(camera.id) or self._scorer.start()
        probabilities, states = self._scorer.step([state], [picture], [frame.time.timestamp()])
        self._states[camera.id] = states[0]
        if states[0] is state or not self._scorer.is_warm(states[0]):
            return None
        return ViolenceScore(
            event_id=frame.event_id,
            camera=camera.id,
            time=frame.time,
            probability=probabilities[0],
            zone=camera.views[0].zone if camera.views else None,
            model=self._scorer.identity,
        )

    def _count(self, camera: Camera, frame: Frame, picture: Picture) -> tuple[CrowdCount, tuple[VenueContext, ...]]:
        density = self._counter.density(picture)
        zones = tuple(self._zone(view, density) for view in camera.views)
        count = CrowdCount(
            event_id=frame.event_id,
            camera=camera.id,
            time=frame.time,
            persons=density.total,
            zones=zones,
            model=self._counter.identity,
        )
        contexts = tuple(
            VenueContext(zone=zone.zone, time=frame.time, source=camera.id, occupancy=zone.persons) for zone in zones
        )
        return count, contexts

    def _zone(self, view: View, density: DensityMap) -> ZoneCount:
        persons = density.within(view.polygon)
        area = view.area_m2 or self._areas.get(view.zone)
        if area is None:
            return ZoneCount(zone=view.zone, persons=persons)
        return ZoneCount(
            zone=view.zone,
            persons=persons,
            density=persons / area,
            level_of_service=level_of_service(persons / area),
        )

    def _blind(self, frame: Frame, why: str) -> CrowdCount:
        return CrowdCount(
            event_id=frame.event_id,
            camera=frame.camera,
            time=frame.time,
            persons=None,
            blind=why,
            model=self._counter.identity,
        )
