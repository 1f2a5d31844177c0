"""Agent for camera frames: people in zones, fights, and gate crossings. Only live frames are worth analyzing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from msgspec.structs import replace

from processors.cameras.analyzer import CameraAnalyzer
from processors.cameras.camera_state import CameraState
from processors.cameras.frame_result import CameraFrame, FrameResult
from processors.crowd.density import CrowdCounter
from processors.models.inference import open_folder
from processors.violence.evidence import CONTENT_TYPE, EvidenceClip, ViolenceEvidenceRecorder
from processors.violence.scorer import ViolenceScorer
from schemas.attendance import ATTENDANCE, VENUE, AttendanceChange
from schemas.cameras import FRAMES
from schemas.context import CONTEXT
from schemas.crowd import CROWD, ZoneCount
from schemas.fields import identifier
from schemas.venue import Venue
from schemas.violence import VIOLENCE
from stream.features.cameras import metrics
from stream.features.cameras.camera_states import CODEC, CameraStates
from stream.features.cameras.frame_selection import LiveFrameSelection
from stream.features.crowd import metrics as crowd_metrics
from stream.features.violence import metrics as violence_metrics
from stream.registry.model_store import Folders
from stream.registry.reloadable_model import ReloadableModel
from stream.runtime.effects import BatchResult, OutputRecord
from stream.runtime.record import InvalidRecordError, Record
from stream.runtime.worker_context import WorkerContext
from stream.stores.evidence import EvidenceStore

MAX_EVENTS = 16
"""Frames in a batch, so that a fight is reported before the next second is analyzed."""


def register(worker: WorkerContext) -> None:
    """Add the agent."""
    venue = worker.venue
    memories: dict[str, CameraState] = {}
    table = worker.states("cameras", FRAMES, CODEC)
    states = CameraStates(table, memories)

    def load(folders: Folders) -> CameraAnalyzer:
        # A new analyzer loses what two seconds of frames restore; the stored states go on.
        counter = CrowdCounter(open_folder(folders["crowd"]))
        return CameraAnalyzer(venue, counter, ViolenceScorer(open_folder(folders["violence"])), memories)

    analyzer = worker.reloadable_model(("crowd", "violence"), load)
    evidence = EvidenceStore(worker.settings.redis if venue.evidence.keep_hours else None)
    agent = FramesAgent(worker, venue, analyzer, states, evidence)
    worker.agent(FRAMES, agent.analyze, table=table.table, max_events=MAX_EVENTS, on_failure=states.forget)


class FramesAgent:
    """Analyzes the frames that are worth it, in a thread of its own."""

    def __init__(
        self,
        worker: WorkerContext,
        venue: Venue,
        analyzer: ReloadableModel[CameraAnalyzer],
        states: CameraStates,
        evidence: EvidenceStore,
    ) -> None:
        self._worker = worker
        self._analyzer = analyzer
        self._states = states
        self._evidence = evidence
        self._witness = ViolenceEvidenceRecorder(venue)
        self._selection = LiveFrameSelection()
        self._cameras = {camera.id for camera in venue.cameras}
        # The models release the interpreter lock: a thread keeps the worker's heartbeats and timers alive.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="vision")

    async def analyze(self, records: list[Record[bytes]]) -> BatchResult:
        """Produce counts, scores, context and crossings of live frames; drop the others."""
        live, dropped = self._selection.choose(records, datetime.now(UTC), self._worker.is_last)
        self._count_frames("ok", live)
        self._count_frames("dropped", dropped)
        frames = [CameraFrame(record.id, record.key, record.envelope.time, record.value) for record in live]
        self._states.load(frame.camera for frame in frames)
        run = asyncio.get_running_loop().run_in_executor
        looked = await run(self._thread, _look, self._analyzer.value, self._witness, frames)
        seen = [await self._store_picture(one) for one in await self._store_clips(looked)]
        rows = self._states.rows_to_store((frame.camera, frame.time) for frame in frames)
        result = BatchResult(dropped=dropped, rows=dict(rows))
        for record, one in zip(live, seen, strict=True):
            if one.error:
                result.reject(record, InvalidRecordError("content", one.error))
                continue
            result.outputs += _outputs(record, one)
            _publish(one)
        return result

    async def _store_clips(self, looked: list[tuple[FrameResult, EvidenceClip | None]]) -> list[FrameResult]:
        """Store the clips before anything that refers to them is sent; what Redis refuses is referred to nowhere."""
        missing = set()
        for one, clip in looked:
            if clip is not None and not await self._evidence.put(clip.id, CONTENT_TYPE, clip.body):
                missing.add(clip.id)
                self._witness.forget(one.frame.camera)
        return [
            replace(one, score=replace(one.score, evidence=()))
            if one.score is not None and missing.intersection(one.score.evidence)
            else one
            for one, _ in looked
        ]

    async def _store_picture(self, seen: FrameResult) -> FrameResult:
        """Store a picture before anything that refers to it is sent; what Redis refuses is referred to nowhere."""
        made, count = seen.evidence, seen.count
        if made is None or count is None or await self._evidence.put(made.id, made.content_type, made.body):
            return seen
        return replace(seen, count=replace(count, evidence=()))

    def _count_frames(self, outcome: str, records: Sequence[Record[bytes]]) -> None:
        """Count frames by camera; only those of the venue file, so the labels are bounded."""
        for camera, number in Counter(record.key for record in records).items():
            if camera in self._cameras:
                metrics.CAMERA_FRAMES.labels(camera, outcome).inc(number)


def _look(
    watch: CameraAnalyzer, witness: ViolenceEvidenceRecorder, frames: list[CameraFrame]
) -> list[tuple[FrameResult, EvidenceClip | None]]:
    """Return each frame's result, with the clip that is due and, in the score, the evidence at that moment."""
    results = []
    for one in watch.analyze(frames):
        clip = None if one.error else witness.update(one)
        evidence = witness.evidence(one.frame.camera)
        score = replace(one.score, evidence=evidence) if one.score is not None and evidence else one.score
        results.append((replace(one, score=score), clip))
    return results


def _outputs(record: Record[bytes], seen: FrameResult) -> list[OutputRecord]:
    outputs = []
    if seen.count is not None:
        outputs.append(OutputRecord(CROWD, record.key, seen.count, record.envelope))
    if seen.score is not None:
        outputs.append(OutputRecord(VIOLENCE, record.key, seen.score, record.envelope))
    for context in seen.contexts:
        key = f"{context.zone}/{context.source}"
        outputs.append(OutputRecord(CONTEXT, key, context, record.envelope, part=key))
    changes = attendance_changes(record.id, seen)
    return outputs + [OutputRecord(ATTENDANCE, VENUE, one, record.envelope, part=one.id) for one in changes]


def attendance_changes(event_id: str, seen: FrameResult) -> list[AttendanceChange]:
    """Return what one frame changes of attendance: gate crossings, and now and then the people in its zones."""
    time = seen.frame.time.astimezone(UTC)
    crossings = [
        AttendanceChange(
            id=identifier(f"{event_id}#{crossing.gate}"), kind="crossing", by=crossing.gate, time=time,
            since=crossing.since, entered=crossing.entered, left=crossing.left,
        )
        for crossing in seen.crossings
    ]  # fmt: skip
    occupancy = [
        AttendanceChange(
            id=identifier(f"{event_id}#seen-{context.zone}"), kind="seen", by=context.source, time=time,
            zone=context.zone, persons=context.occupancy or 0.0,
        )
        for context in seen.contexts
    ]  # fmt: skip
    return crossings + occupancy


def _publish(seen: FrameResult) -> None:
    """Set the gauges; only cameras and zones of the venue file come so far, so the labels are bounded."""
    count, score = seen.count, seen.score
    if count is not None:
        metrics.CAMERA_BLIND.labels(count.camera).set(count.blind is not None)
        for zone in count.zones:
            _publish_zone(count.camera, zone)
    if score is not None:
        violence_metrics.VIOLENCE.labels(score.camera).set(score.probability)


def _publish_zone(camera: str, zone: ZoneCount) -> None:
    labels = (camera, zone.zone)
    crowd_metrics.ZONE_PERSONS.labels(*labels).set(zone.persons)
    if zone.density is not None:
        crowd_metrics.ZONE_DENSITY.labels(*labels).set(zone.density)
    for ahead in zone.forecast:
        crowd_metrics.ZONE_FORECAST.labels(*labels, str(ahead.minutes)).set(ahead.mean)
    if zone.limit_chance is not None:
        crowd_metrics.ZONE_LIMIT.labels(*labels).set(zone.limit_chance)
    if zone.flow is None:
        return
    crowd_metrics.ZONE_COUNTER_FLOW.labels(*labels).set(zone.flow.counter_flow)
    if zone.flow.speed is not None:
        crowd_metrics.ZONE_SPEED.labels(*labels).set(zone.flow.speed)
    if zone.flow.pressure is not None:
        crowd_metrics.ZONE_PRESSURE.labels(*labels).set(zone.flow.pressure)
