"""Analysis of camera frames: people in each zone and their motion, fights, gate crossings, and image faults."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from processors.cameras.camera_state import CameraSession, CameraState
from processors.cameras.evidence import AnalyzedFrame, EvidenceRecorder
from processors.cameras.faults import Fault, Thumbnail
from processors.cameras.frame_observer import FrameMeasurements, FrameObservation, FrameObserver
from processors.cameras.frame_result import CameraFrame, FrameResult, GateCrossing
from processors.cameras.picture import Picture, PictureError, apply_masks, decode
from processors.crowd.density import CrowdCounter, DensityMap, shares_of_cells
from processors.crowd.optical_flow import QUICK_STEP, RUNNING_SPEED, STEADY_STEP, FlowPrior, MotionEstimator, Velocity
from processors.crowd.zone_analyzer import ZoneState
from processors.violence.scorer import ViolenceScorer
from schemas.context import VenueContext
from schemas.crowd import CrowdCount
from schemas.ids import CameraId
from schemas.venue import Venue
from schemas.violence import ViolenceScore

CLOCK_RESET = timedelta(seconds=60)
"""A frame this much older than the last counted one comes from a clock that was set back, or another recording."""

CLOCK_JITTER_SHARE = 0.1
"""Share of the counting interval by which the times of a source may vary."""

ASSESSMENT_SECONDS = 0.2
"""Time between two assessments of image faults: every second frame of a camera that sends eight per second."""

DENSE = 1.5
"""Density of a zone in persons/m² from which pressure and jams justify a second estimate of the motion."""


class CameraAnalyzer:
    """Analyzes the frames of all cameras of a venue.

    Every frame is scored for violence, in the order of time. Heads are counted as often as the venue file says.
    A picture is decoded once, and its masks are applied before anything else reads it. Not safe for concurrent use.

    Attributes:
        states: persisted state by camera. Whoever stores it may replace entries between calls.
    """

    def __init__(
        self,
        venue: Venue,
        counter: CrowdCounter,
        scorer: ViolenceScorer,
        states: dict[CameraId, CameraState] | None = None,
        *,
        crowd_evidence: EvidenceRecorder | None = None,
        violence_evidence: EvidenceRecorder | None = None,
        observers: Sequence[FrameObserver] = (),
    ) -> None:
        """Prepare the cameras of the venue.

        Args:
            venue: cameras, zones and crowd settings.
            counter: counts heads.
            scorer: scores violence.
            states: persisted state by camera; changed.
            crowd_evidence: records what counts refer to; None records nothing.
            violence_evidence: records what scores refer to; None records nothing.
            observers: further measurements on counted frames.

        Raises:
            GroundError: a camera's four ground points can't be used.
        """
        self._venue = venue
        self._sessions = {camera.id: CameraSession(camera, venue, observers) for camera in venue.cameras}
        self._counter = counter
        self._scorer = scorer
        self._motion = MotionEstimator()
        self._crowd_evidence = crowd_evidence
        self._violence_evidence = violence_evidence
        self.states: dict[CameraId, CameraState] = {} if states is None else states

    def analyze(self, frames: Sequence[CameraFrame]) -> list[FrameResult]:
        """Analyze frames of any cameras, each camera's in the order of time."""
        return [self._analyze_frame(frame) for frame in frames]

    def _analyze_frame(self, frame: CameraFrame) -> FrameResult:
        session = self._sessions.get(frame.camera)
        if session is None:
            # Its privacy masks are not configured either, so its pictures must not be processed.
            configured = ", ".join(self._sessions) or "none"
            return FrameResult(frame, error=f"no camera {frame.camera!r} in the venue file; it has {configured}")
        try:
            picture = apply_masks(decode(frame.jpeg), session.camera.masks)
        except PictureError as error:
            return FrameResult(frame, error=str(error))
        state = self.states.setdefault(frame.camera, CameraState())
        thumbnail = Thumbnail.from_picture(picture)
        time = frame.time.timestamp()
        blind = self._blind_reason(session, state, frame, thumbnail)
        if blind is not None and session.was_usable(time):
            # A flash: no sample, rather than a low one. The network goes on from the picture before it.
            return self._with_evidence(AnalyzedFrame(frame, picture), FrameResult(frame))
        due = self._count_is_due(session, frame.time)
        if blind is not None:
            return self._blind_result(session, AnalyzedFrame(frame, picture), blind, due=due)
        session.usable_time = time
        score, grey = self._score(session, frame, picture)
        velocity_inputs = _earlier_pictures(session, thumbnail, time)
        if not due:
            return self._with_evidence(AnalyzedFrame(frame, picture, grey, score=score), FrameResult(frame))
        density = self._counter.density(picture)
        velocity, steady = self._velocities(session, thumbnail, density, velocity_inputs)
        count = self._count(session, state, frame, density, velocity, steady)
        result = FrameResult(
            frame,
            contexts=self._contexts(state, count, time),
            crossings=_crossings(session, _heads(density), velocity, frame.time),
            observations=_observations(session, frame, density, velocity),
        )
        return self._with_evidence(AnalyzedFrame(frame, picture, grey, count, density, velocity, score), result)

    def _blind_result(self, session: CameraSession, analyzed: AnalyzedFrame, blind: str, *, due: bool) -> FrameResult:
        """Return the result of a picture that can't be trusted: no heads, no score, but the reason."""
        session.clear_motion()
        frame = analyzed.frame
        if not due:
            return self._with_evidence(analyzed, FrameResult(frame))
        count = CrowdCount(
            event_id=frame.event_id, camera=frame.camera, time=frame.time, persons=None, blind=blind,
            model=self._counter.identity,
        )  # fmt: skip
        result = FrameResult(frame, observations=_observations(session, frame, blind=blind))
        return self._with_evidence(replace(analyzed, count=count), result)

    def _blind_reason(
        self, session: CameraSession, state: CameraState, frame: CameraFrame, thumbnail: Thumbnail
    ) -> str | None:
        """Return the reason why a picture can't be trusted: a fault, a flash, or None."""
        time = frame.time.timestamp()
        if frame.damaged:  # shown to no detector: what it would learn from the picture is wrong
            return "damaged"
        frozen = session.freeze.update(thumbnail.luma, time)
        if frozen:
            session.usable_time = None  # the pictures before were the same one
        flash = session.flashes.is_flash(thumbnail.luma, time)
        fault = self._fault(session, state, thumbnail, time, flash=flash)
        if fault is None and not flash:
            session.flashes.accept(thumbnail.luma, time)
        return fault or ("frozen" if frozen else None) or ("flash" if flash else None)

    def _fault(
        self, session: CameraSession, state: CameraState, thumbnail: Thumbnail, time: float, *, flash: bool
    ) -> Fault | None:
        """Assess a picture, unless the last one was good, in the same light, and less than 0.2 s ago."""
        last = session.assessment
        if last is not None and 0 <= time - last[0] < ASSESSMENT_SECONDS and last[1] is None and not flash:
            return None
        quality, baseline = session.faults.assess(thumbnail, time, state.baseline)
        if not flash:
            state.baseline = baseline
        session.assessment = time, quality.fault
        return quality.fault

    def _count_is_due(self, session: CameraSession, time: datetime) -> bool:
        last = session.count_time
        interval = timedelta(seconds=session.camera.count_every_seconds)
        if last is not None and -CLOCK_RESET < time - last < (1 - CLOCK_JITTER_SHARE) * interval:
            return False
        session.count_time = time
        return True

    def _score(
        self, session: CameraSession, frame: CameraFrame, picture: Picture
    ) -> tuple[ViolenceScore | None, NDArray[np.uint8] | None]:
        """Return the score, once the network is warm, and its input picture; neither if the frame came too soon."""
        state = session.violence or self._scorer.start()
        probabilities, (after,) = self._scorer.step([state], [picture], [frame.time.timestamp()])
        session.violence = after
        if after is state or after.picture is None:
            return None, None
        if not self._scorer.is_warm(after):
            return None, after.picture
        score = ViolenceScore(
            event_id=frame.event_id,
            camera=session.camera.id,
            time=frame.time,
            probability=probabilities[0],
            zone=session.camera.views[0].zone if session.camera.views else None,
            model=self._scorer.identity,
        )
        return score, after.picture

    def _velocities(
        self, session: CameraSession, thumbnail: Thumbnail, density: DensityMap, earlier: _EarlierPictures
    ) -> tuple[Velocity | None, Velocity | None]:
        """Return the velocity now, and the steady one without the motion of dancing where the crowd is dense."""
        velocity = self._velocity(session, earlier.quick, thumbnail, density, session.flow_prior)
        if velocity is not None and _mean_speed(velocity, density) < RUNNING_SPEED:
            velocity = self._velocity(session, earlier.best, thumbnail, density)
        return velocity, self._velocity(session, earlier.steady, thumbnail, density)

    def _velocity(
        self,
        session: CameraSession,
        earlier: tuple[float, NDArray[np.uint8]] | None,
        thumbnail: Thumbnail,
        density: DensityMap,
        prior: FlowPrior | None = None,
    ) -> Velocity | None:
        if earlier is None:
            return None
        seconds, luma = earlier
        return self._motion.velocity(luma, thumbnail.luma, seconds, _background(session, density), prior)

    def _count(
        self,
        session: CameraSession,
        state: CameraState,
        frame: CameraFrame,
        density: DensityMap,
        velocity: Velocity | None,
        steady: Velocity | None,
    ) -> CrowdCount:
        time, heads = frame.time.timestamp(), _heads(density)
        zones = tuple(
            zone.update(
                density.within(view.polygon),
                heads,
                velocity,
                time,
                state.zones.setdefault(name, ZoneState()),
                steady=steady,
            )
            for name, view, zone in session.zones
        )
        session.is_dense = session.has_ground and any((zone.density or 0.0) >= DENSE for zone in zones)
        return CrowdCount(
            event_id=frame.event_id,
            camera=session.camera.id,
            time=frame.time,
            persons=density.total,
            zones=zones,
            model=self._counter.identity,
        )

    def _contexts(self, state: CameraState, count: CrowdCount, time: float) -> tuple[VenueContext, ...]:
        """Return the occupancy of the zones every few seconds; consumers forecast minutes, so more is not needed."""
        last = state.context_time
        if last is not None and 0 <= time - last < self._venue.crowd.context_every_seconds:
            return ()
        state.context_time = time
        return tuple(
            VenueContext(zone=zone.zone, time=count.time, source=count.camera, occupancy=zone.persons)
            for zone in count.zones
        )

    def _with_evidence(self, analyzed: AnalyzedFrame, result: FrameResult) -> FrameResult:
        """Add count and score to a result, with the evidence that they refer to."""
        camera, count, score = analyzed.frame.camera, analyzed.count, analyzed.score
        items = []
        if self._crowd_evidence is not None:
            items.append(self._crowd_evidence.record(analyzed))
            if count is not None and (ids := self._crowd_evidence.evidence_ids(camera)):
                count = replace(count, evidence=ids)
        if self._violence_evidence is not None:
            items.append(self._violence_evidence.record(analyzed))
            if score is not None and (ids := self._violence_evidence.evidence_ids(camera)):
                score = replace(score, evidence=ids)
        evidence = tuple(item for item in items if item is not None)
        return replace(result, count=count, score=score, evidence=evidence)


class _EarlierPictures(NamedTuple):
    """Pictures to measure motion against, each with its age in seconds; None where there is none of about that age."""

    best: tuple[float, NDArray[np.uint8]] | None
    quick: tuple[float, NDArray[np.uint8]] | None
    steady: tuple[float, NDArray[np.uint8]] | None


def _earlier_pictures(session: CameraSession, thumbnail: Thumbnail, time: float) -> _EarlierPictures:
    """Look up earlier pictures, then add this one to them."""
    luma, pictures = thumbnail.luma, session.pictures
    earlier = _EarlierPictures(
        pictures.before(time, luma),
        pictures.before(time, luma, QUICK_STEP),
        pictures.before(time, luma, STEADY_STEP) if session.is_dense else None,
    )
    pictures.add(time, luma)
    return earlier


def _heads(density: DensityMap) -> NDArray[np.float32]:
    """Return the cells of the picture, without the padding."""
    return density.heads[: math.ceil(density.rows_seen), : math.ceil(density.columns_seen)]


def _mean_speed(velocity: Velocity, density: DensityMap) -> float:
    """Return the mean speed of all heads, in shares of the picture's width per second."""
    heads = _heads(density)
    rows, columns = heads.shape
    speeds = np.linalg.norm(velocity * np.asarray((1.0, rows / columns), np.float32), axis=-1)
    return float((heads * speeds).sum() / max(1.0, float(heads.sum())))


def _crossings(
    session: CameraSession, heads: NDArray[np.float32], velocity: Velocity | None, time: datetime
) -> tuple[GateCrossing, ...]:
    counted = [(gate, gate.update(heads, velocity, time.timestamp())) for gate in session.gates]
    return tuple(
        GateCrossing(gate.id, datetime.fromtimestamp(counts.since, UTC), counts.entered, counts.left)
        for gate, counts in counted
        if counts is not None
    )


def _observations(
    session: CameraSession,
    frame: CameraFrame,
    density: DensityMap | None = None,
    velocity: Velocity | None = None,
    *,
    blind: str | None = None,
) -> tuple[FrameObservation, ...]:
    """Return what the camera's observers report of a counted frame."""
    if not session.observers:
        return ()
    measurements = FrameMeasurements(
        camera=session.camera,
        event_id=frame.event_id,
        time=frame.time,
        heads=None if density is None else _heads(density),
        rows=0.0 if density is None else density.rows_seen,
        columns=0.0 if density is None else density.columns_seen,
        velocity=velocity,
        ground=session.ground,
        blind=blind,
    )
    return tuple(found for observer in session.observers for found in observer.observe(measurements))


def _background(session: CameraSession, density: DensityMap) -> NDArray[np.bool_]:
    """Return the cells that no zone of the camera covers."""
    rows, columns = _heads(density).shape
    if session.background.shape != (rows, columns):
        covered = np.zeros((rows, columns), np.float32)
        for view in session.camera.views:
            covered += shares_of_cells(tuple((x * columns, y * rows) for x, y in view.polygon), rows, columns)
        session.background = covered == 0
    return session.background
