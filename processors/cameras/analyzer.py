"""What a camera shows: people in each zone and how they move, a fight, or that it sees nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from processors.alerts.rules import Watch as Rules
from processors.cameras.camera_state import CameraSession, CameraState
from processors.cameras.coarse_picture import coarse
from processors.cameras.faults import Thumbnail
from processors.cameras.frame_result import CameraFrame, FrameResult, GateCrossing
from processors.cameras.picture import Picture, PictureError, apply_masks, decode
from processors.crowd.density import CrowdCounter, DensityMap, shares_of_cells
from processors.crowd.evidence_picture import draw, encode, evidence_id
from processors.crowd.optical_flow import FAST, QUICK_STEP, STEADY_STEP, FlowPrior, MotionEstimator, Velocity
from processors.crowd.zone_analyzer import ZoneState
from processors.violence.scorer import ViolenceScorer
from schemas.context import VenueContext
from schemas.crowd import CrowdCount
from schemas.venue import Venue
from schemas.violence import ViolenceScore

AGAIN_SECONDS = 60.0
"""A frame whose time lies so far before the last one counted is of a clock set back, or of another evening."""

JUDGE_SECONDS = 0.2
"""between two looks at whether a picture can be believed: every second frame of a camera that sends eight"""

DENSE = 1.5
"""persons/m² in a zone from which pressure and jams are worth a second look at the motion"""

EVIDENCE_SECONDS = 5.0
"""between two pictures of one incident"""


class CameraAnalyzer:
    """Looks at the frames of many cameras.

    Every frame is scored for violence, in the order of time. Heads are counted as often as the venue file says.
    A picture is decoded once, and its masks are applied before anything looks. Not for several threads at a time.

    Attributes:
        memories: what is remembered by camera beyond a restart; whoever stores it may put it back here.
    """

    def __init__(
        self,
        venue: Venue,
        counter: CrowdCounter,
        scorer: ViolenceScorer,
        memories: dict[str, CameraState] | None = None,
    ) -> None:
        """Raises GroundError where a camera's four ground points can't be used."""
        self._venue = venue
        self._lives = {camera.id: CameraSession(camera, venue) for camera in venue.cameras}
        self._counter = counter
        self._scorer = scorer
        self._motion = MotionEstimator()
        self._rules = Rules(venue)
        self.memories: dict[str, CameraState] = {} if memories is None else memories

    def analyze(self, frames: Sequence[CameraFrame]) -> list[FrameResult]:
        """Look at frames, of any cameras, each camera's in the order they came."""
        return [self._analyze_frame(frame) for frame in frames]

    def _analyze_frame(self, frame: CameraFrame) -> FrameResult:
        live = self._lives.get(frame.camera)
        if live is None:
            # Its privacy masks are not known either, so no one may look at it.
            known = ", ".join(self._lives) or "none"
            return FrameResult(frame, error=f"no camera {frame.camera!r} in the venue file; it has {known}")
        try:
            picture = apply_masks(decode(frame.jpeg), live.camera.masks)
        except PictureError as error:
            return FrameResult(frame, error=str(error))
        memory = self.memories.setdefault(frame.camera, CameraState())
        small, time = Thumbnail.from_picture(picture), frame.time.timestamp()
        blind = self._blind(live, memory, small, time)
        due = self._is_due(live, frame.time)
        if blind is not None:
            live.violence = None
            live.pictures.clear()
            live.flow_prior.clear()
            return (
                self._shown(live, FrameResult(frame, count=self._told_blind(frame, blind)), picture)
                if due
                else FrameResult(frame)
            )
        score, cells = self._score(live, frame, picture)
        before = live.pictures.before(time, small.luma)
        just_before = live.pictures.before(time, small.luma, QUICK_STEP)
        steady = live.pictures.before(time, small.luma, STEADY_STEP) if live.dense else None
        live.pictures.add(time, small.luma)
        if not due:
            return FrameResult(frame, score=score, cells=cells)
        density = self._counter.density(picture)
        velocity = self._velocity(live, just_before, small, density, live.flow_prior)
        if velocity is not None and _speed(velocity, density) < FAST:
            velocity = self._velocity(live, before, small, density)
        count = self._count(live, memory, frame, density, (velocity, self._velocity(live, steady, small, density)))
        seen = FrameResult(
            frame,
            count=count,
            score=score,
            contexts=self._contexts(memory, count, time),
            crossings=_crossings(live, _seen(density), velocity, frame.time),
            cells=cells,
        )
        return self._shown(live, seen, picture, density, velocity)

    def _blind(self, live: CameraSession, memory: CameraState, small: Thumbnail, time: float) -> str | None:
        live.still, frozen = live.still.update(small.luma, time, live.faults.settings)
        if not 0 <= time - live.judged[0] < JUDGE_SECONDS:
            judged, memory.usual = live.faults.assess(small, time, memory.usual)
            live.judged = (time, judged.fault)
        return live.judged[1] or ("frozen" if frozen else None)

    def _is_due(self, live: CameraSession, time: datetime) -> bool:
        last = live.counted
        wait = timedelta(seconds=live.camera.count_every_seconds)
        # A source's clock jitters by less than a tenth of the wait.
        if last is not None and -timedelta(seconds=AGAIN_SECONDS) < time - last < 0.9 * wait:
            return False
        live.counted = time
        return True

    def _score(
        self, live: CameraSession, frame: CameraFrame, picture: Picture
    ) -> tuple[ViolenceScore | None, NDArray[np.uint8] | None]:
        """The score, once there is one, and what may be kept of the picture; neither if the frame came too soon."""
        state = live.violence or self._scorer.start()
        probabilities, (after,) = self._scorer.step([state], [picture], [frame.time.timestamp()])
        live.violence = after
        if after is state or after.picture is None:
            return None, None
        height, width = picture.shape[:2]
        cells = coarse(after.picture, self._venue.fight_clips.cells_across, height=height, width=width)
        if not self._scorer.is_warm(after):
            return None, cells
        score = ViolenceScore(
            event_id=frame.event_id,
            camera=live.camera.id,
            time=frame.time,
            probability=probabilities[0],
            zone=live.camera.views[0].zone if live.camera.views else None,
            model=self._scorer.identity,
        )
        return score, cells

    def _velocity(
        self,
        live: CameraSession,
        before: tuple[float, NDArray[np.uint8]] | None,
        small: Thumbnail,
        density: DensityMap,
        flow_prior: FlowPrior | None = None,
    ) -> Velocity | None:
        if before is None:
            return None
        return self._motion.velocity(before[1], small.luma, before[0], _background(live, density), flow_prior)

    def _count(
        self,
        live: CameraSession,
        memory: CameraState,
        frame: CameraFrame,
        density: DensityMap,
        velocities: tuple[Velocity | None, Velocity | None],
    ) -> CrowdCount:
        time, heads = frame.time.timestamp(), _seen(density)
        velocity, steady = velocities
        count = CrowdCount(
            event_id=frame.event_id,
            camera=live.camera.id,
            time=frame.time,
            persons=density.total,
            zones=tuple(
                zone.update(
                    density.within(view.polygon),
                    heads,
                    velocity,
                    time,
                    memory.zones.setdefault(name, ZoneState()),
                    steady=steady,
                )
                for name, view, zone in live.zones
            ),
            model=self._counter.identity,
        )
        live.dense = live.measured and any((zone.density or 0.0) >= DENSE for zone in count.zones)
        return count

    def _contexts(self, memory: CameraState, count: CrowdCount, time: float) -> tuple[VenueContext, ...]:
        """Occupancy for the bars, now and then: what they forecast does not change within seconds."""
        if 0 <= time - memory.told < self._venue.crowd.context_every_seconds:
            return ()
        memory.told = time
        return tuple(
            VenueContext(zone=zone.zone, time=count.time, source=count.camera, occupancy=zone.persons)
            for zone in count.zones
        )

    def _told_blind(self, frame: CameraFrame, why: str) -> CrowdCount:
        return CrowdCount(
            event_id=frame.event_id,
            camera=frame.camera,
            time=frame.time,
            persons=None,
            blind=why,
            model=self._counter.identity,
        )

    def _shown(
        self,
        live: CameraSession,
        seen: FrameResult,
        picture: Picture,
        density: DensityMap | None = None,
        velocity: Velocity | None = None,
    ) -> FrameResult:
        """Add evidence while a value stands where an alert is raised: the alert may come with any of them."""
        count = seen.count
        if count is None or not self._alarming(count):
            live.evidence = None
            return seen
        time, made = count.time.timestamp(), None
        if live.evidence is None or not 0 <= time - live.evidence[0] < EVIDENCE_SECONDS:
            shown = density or DensityMap(np.zeros((1, 1), np.float32), 1, 1)
            blurred = self._venue.evidence.blurred
            drawn = draw(picture, shown, count.zones, live.camera, velocity, blurred=blurred)
            made = encode(drawn, count.event_id)
            live.evidence = (time, evidence_id(count.event_id))
        return replace(seen, count=replace(count, evidence=(live.evidence[1],)), evidence=made)

    def _alarming(self, count: CrowdCount) -> bool:
        rules = self._venue.rules
        return any(one.value >= rules[one.rule].raise_at for one in self._rules.observations(count))


def _seen(density: DensityMap) -> NDArray[np.float32]:
    """The cells of the picture, without the padding."""
    return density.heads[: math.ceil(density.rows_seen), : math.ceil(density.columns_seen)]


def _speed(velocity: Velocity, density: DensityMap) -> float:
    """Mean over heads, in shares of the picture's width a second."""
    heads = _seen(density)
    rows, columns = heads.shape
    speeds = np.linalg.norm(velocity * np.asarray((1.0, rows / columns), np.float32), axis=-1)
    return float((heads * speeds).sum() / max(1.0, float(heads.sum())))


def _crossings(
    live: CameraSession, heads: NDArray[np.float32], velocity: Velocity | None, time: datetime
) -> tuple[GateCrossing, ...]:
    found = [(gate, gate.update(heads, velocity, time.timestamp())) for gate in live.gates]
    return tuple(
        GateCrossing(gate.id, datetime.fromtimestamp(passed.since, UTC), passed.entered, passed.left)
        for gate, passed in found
        if passed is not None
    )


def _background(live: CameraSession, density: DensityMap) -> NDArray[np.bool_]:
    """Cells that no zone of the camera covers."""
    rows, columns = _seen(density).shape
    if live.background.shape != (rows, columns):
        covered = np.zeros((rows, columns), np.float32)
        for view in live.camera.views:
            covered += shares_of_cells(tuple((x * columns, y * rows) for x, y in view.polygon), rows, columns)
        live.background = covered == 0
    return live.background
