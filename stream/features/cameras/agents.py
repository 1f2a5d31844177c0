"""Agent for camera frames: people in zones, fights, and gate crossings. Only live frames are analyzed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from processors.alerts.rule import reaches_threshold
from processors.cameras.analyzer import CameraAnalyzer
from processors.cameras.camera_state import CameraState
from processors.cameras.evidence import EvidenceRecorder
from processors.cameras.frame_result import CameraFrame, FrameResult
from processors.crowd.density import CrowdCounter
from processors.crowd.evidence import CrowdEvidenceRecorder
from processors.models.inference import open_folder
from processors.violence.evidence import ViolenceEvidenceRecorder
from processors.violence.scorer import ViolenceScorer
from schemas.attendance import ATTENDANCE, VENUE, AttendanceChange
from schemas.cameras import FRAMES
from schemas.context import CONTEXT
from schemas.crowd import CROWD, CrowdCount, ZoneCount
from schemas.fields import identifier
from schemas.ids import CameraId, EventId
from schemas.venue import Venue
from schemas.violence import VIOLENCE
from stream.features import registry
from stream.features.cameras import metrics
from stream.features.cameras.camera_states import CODEC, CameraStates
from stream.features.cameras.frame_selection import LiveFrameSelection
from stream.features.crowd import metrics as crowd_metrics
from stream.features.violence import metrics as violence_metrics
from stream.registry.model_store import Folders
from stream.registry.reloadable_model import ReloadableModel
from stream.runtime.effects import BatchResult, OutputRecord
from stream.runtime.feature import load_reference
from stream.runtime.record import InvalidRecordError, Record
from stream.runtime.worker_context import WorkerContext
from stream.stores.evidence import EvidenceStore

MAX_EVENTS = 16
"""Largest number of frames in a batch, so that a fight is reported before the next second is analyzed."""


def register(worker: WorkerContext) -> None:
    """Add the agent."""
    camera_states: dict[CameraId, CameraState] = {}
    table = worker.states("cameras", FRAMES, CODEC)
    states = CameraStates(table, camera_states)
    factory = AnalyzerFactory(worker.venue, camera_states)
    analyzer = worker.reloadable_model(("crowd", "violence"), factory.build)
    evidence = EvidenceStore(worker.settings.redis if worker.venue.evidence.keep_hours else None)
    agent = FramesAgent(worker, worker.venue, analyzer, states, evidence, factory.recorders)
    worker.agent(FRAMES, agent.analyze, table=table.table, max_events=MAX_EVENTS, on_failure=states.forget)

    async def take(venue: Venue) -> None:
        factory.take(venue)
        await analyzer.rebuild()
        agent.take(venue, factory.recorders)

    worker.watch_venue(take)


class AnalyzerFactory:
    """Makes the analyzer of the venue and the models in use.

    A new analyzer loses in-memory data that two seconds of frames restore; the states of cameras are kept, and so is
    evidence where only the models changed.
    """

    def __init__(self, venue: Venue, camera_states: dict[CameraId, CameraState]) -> None:
        self._camera_states = camera_states
        self._models: tuple[Folders, CrowdCounter, ViolenceScorer] | None = None
        self.take(venue)

    def take(self, venue: Venue) -> None:
        """Use another version of the venue from the next `build` on."""
        self._venue = venue
        self._crowd_evidence = CrowdEvidenceRecorder(venue, alert_predicate(venue))
        self._violence_evidence = ViolenceEvidenceRecorder(venue)
        self._observers = [load_reference(reference)(venue) for reference in registry.frame_observers()]

    @property
    def recorders(self) -> tuple[EvidenceRecorder, ...]:
        """Recorders of evidence of the venue."""
        return self._crowd_evidence, self._violence_evidence

    def build(self, folders: Folders) -> CameraAnalyzer:
        """Return an analyzer; models are opened only when they changed."""
        if self._models is None or self._models[0] != folders:
            counter, scorer = (
                CrowdCounter(open_folder(folders["crowd"])),
                ViolenceScorer(open_folder(folders["violence"])),
            )
            self._models = folders, counter, scorer
        _, counter, scorer = self._models
        return CameraAnalyzer(
            self._venue,
            counter,
            scorer,
            self._camera_states,
            crowd_evidence=self._crowd_evidence,
            violence_evidence=self._violence_evidence,
            observers=self._observers,
        )


def alert_predicate(venue: Venue) -> Callable[[CrowdCount], bool]:
    """Return a predicate: True for a count with a value at which an alert may be raised."""
    return partial(reaches_threshold, registry.rules(), venue)


class FramesAgent:
    """Analyzes live frames in a thread of its own."""

    def __init__(
        self,
        worker: WorkerContext,
        venue: Venue,
        analyzer: ReloadableModel[CameraAnalyzer],
        states: CameraStates,
        evidence: EvidenceStore,
        recorders: Iterable[EvidenceRecorder],
    ) -> None:
        self._worker = worker
        self._analyzer = analyzer
        self._states = states
        self._evidence = evidence
        self._recorders = tuple(recorders)
        self._selection = LiveFrameSelection()
        self._cameras = {camera.id for camera in venue.cameras}
        # The models release the interpreter lock: a thread keeps the worker's heartbeats and timers alive.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="vision")

    def take(self, venue: Venue, recorders: Iterable[EvidenceRecorder]) -> None:
        """Use another version of the venue for the next batches."""
        self._cameras = {camera.id for camera in venue.cameras}
        self._recorders = tuple(recorders)

    async def analyze(self, records: list[Record[bytes]]) -> BatchResult:
        """Produce counts, scores, context and crossings of live frames; drop the others."""
        live, dropped = self._selection.choose(records, datetime.now(UTC), self._worker.is_last)
        self._count_frames("ok", live)
        self._count_frames("dropped", dropped)
        frames = [camera_frame(record) for record in live]
        # One that the venue file does not know is rejected: nothing is kept of it.
        known = [frame for frame in frames if frame.camera in self._cameras]
        self._states.load(frame.camera for frame in known)
        run = asyncio.get_running_loop().run_in_executor
        analyzed = await run(self._thread, self._analyzer.value.analyze, frames)
        results = await store_evidence(analyzed, self._evidence, self._recorders)
        rows = self._states.rows_to_store((frame.camera, frame.time) for frame in known)
        batch = BatchResult(dropped=dropped, rows=dict(rows))
        for record, result in zip(live, results, strict=True):
            if result.error:
                batch.reject(record, InvalidRecordError("content", result.error))
                continue
            batch.outputs += _outputs(record, result)
            _publish(result)
        return batch

    def _count_frames(self, outcome: str, records: Sequence[Record[bytes]]) -> None:
        """Count frames by camera; only those of the venue file, so the labels are bounded."""
        for camera, number in Counter(record.key for record in records).items():
            if camera in self._cameras:
                metrics.CAMERA_FRAMES.labels(camera, outcome).inc(number)


def camera_frame(record: Record[bytes]) -> CameraFrame:
    """Return a record as the analyzer takes it."""
    envelope = record.envelope
    return CameraFrame(record.id, CameraId(record.key), envelope.time, record.value, envelope.damaged)


async def store_evidence(
    results: list[FrameResult], store: EvidenceStore, recorders: Iterable[EvidenceRecorder]
) -> list[FrameResult]:
    """Store evidence before anything that refers to it is sent; remove references to evidence that Redis refuses."""
    refused = set()
    for result in results:
        for item in result.evidence:
            if not await store.put(item.id, item.content_type, item.body):
                refused.add(item.id)
                for recorder in recorders:
                    recorder.discard(result.frame.camera, item.id)
    return [_without_evidence(result, refused) for result in results] if refused else results


def _without_evidence(result: FrameResult, refused: set[str]) -> FrameResult:
    """Remove references to evidence that could not be stored."""
    count, score = result.count, result.score
    if count is not None and refused.intersection(count.evidence):
        count = replace(count, evidence=())
    if score is not None and refused.intersection(score.evidence):
        score = replace(score, evidence=())
    return replace(result, count=count, score=score)


def _outputs(record: Record[bytes], result: FrameResult) -> list[OutputRecord]:
    outputs = []
    if result.count is not None:
        outputs.append(OutputRecord(CROWD, record.key, result.count, record.envelope))
    if result.score is not None:
        outputs.append(OutputRecord(VIOLENCE, record.key, result.score, record.envelope))
    for context in result.contexts:
        key = f"{context.zone}/{context.source}"
        outputs.append(OutputRecord(CONTEXT, key, context, record.envelope, part=key))
    outputs += [
        OutputRecord(observation.topic, observation.key, observation.payload, record.envelope, part=observation.part)
        for observation in result.observations
    ]
    changes = attendance_changes(record.id, result)
    return outputs + [OutputRecord(ATTENDANCE, VENUE, change, record.envelope, part=change.id) for change in changes]


def attendance_changes(event_id: EventId, result: FrameResult) -> list[AttendanceChange]:
    """Return the attendance changes of one frame: gate crossings, and at intervals the people in its zones."""
    time = result.frame.time.astimezone(UTC)
    crossings = [
        AttendanceChange(
            id=identifier(f"{event_id}#{crossing.gate}"), kind="crossing", by=crossing.gate, time=time,
            since=crossing.since, entered=crossing.entered, left=crossing.left,
        )
        for crossing in result.crossings
    ]  # fmt: skip
    occupancy = [
        AttendanceChange(
            id=identifier(f"{event_id}#seen-{context.zone}"), kind="seen", by=context.source, time=time,
            zone=context.zone, persons=context.occupancy or 0.0,
        )
        for context in result.contexts
    ]  # fmt: skip
    return crossings + occupancy


def _publish(result: FrameResult) -> None:
    """Set the gauges; results have only cameras and zones of the venue file, so the labels are bounded."""
    count, score = result.count, result.score
    if count is not None:
        metrics.CAMERA_BLIND.labels(count.camera).set(count.blind is not None)
        for zone in count.zones:
            _publish_zone(count.camera, zone)
    if score is not None:
        violence_metrics.VIOLENCE.labels(score.camera).set(score.probability)


def _publish_zone(camera: CameraId, zone: ZoneCount) -> None:
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
