"""The vision worker: frames → heads in zones and fights. A camera is worth watching only live."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from msgspec.structs import replace

from processors.cameras.analyzer import Watch
from processors.cameras.camera_memory import CameraMemory
from processors.cameras.frame_result import Frame, Seen
from processors.crowd.density import CrowdCounter
from processors.models.inference import open_folder
from processors.violence.evidence import CONTENT_TYPE, Clip, FightWitness
from processors.violence.scorer import ViolenceScorer
from schemas.cameras import FRAMES
from schemas.context import CONTEXT
from schemas.crowd import CROWD, ZoneCount
from schemas.violence import VIOLENCE
from stream.features.attendance.agents import changes, count_attendance
from stream.features.cameras.camera_states import CameraRows
from stream.features.cameras.frame_selection import LiveFrames
from stream.runtime import metrics
from stream.runtime.batch_result import Outcome, Result
from stream.runtime.decoding import UnusableError
from stream.runtime.record import Incoming
from stream.runtime.worker import Worker
from stream.stores.evidence import EvidenceStore

BUFFER = 128
"""events read ahead; a frame may have some hundred kilobytes"""

MOST = 16
"""frames a batch, so that a fight is told of before the next second is looked at"""


def register(worker: Worker) -> None:
    """Add the agent."""
    live = LiveFrames()
    witness = FightWitness(worker.venue)
    memories: dict[str, CameraMemory] = {}
    table = worker.table("cameras", FRAMES)
    rows = CameraRows(table, memories)
    evidence = EvidenceStore(worker.settings.redis if worker.venue.evidence.keep_hours else None)
    # A new watch forgets what two seconds of frames bring back; the memories go on.
    models = worker.live(
        ("crowd", "violence"),
        lambda folders: Watch(
            worker.venue,
            CrowdCounter(open_folder(folders["crowd"])),
            ViolenceScorer(open_folder(folders["violence"])),
            memories,
        ),
    )
    # The models release the interpreter: one thread of its own keeps the worker's heartbeats and timers alive.
    thread = ThreadPoolExecutor(1, thread_name_prefix="vision")

    known = {camera.id for camera in worker.venue.cameras}

    async def frames(batch: list[Incoming]) -> Outcome:
        fresh, dropped = live.choose(batch, datetime.now(UTC), worker.is_last)
        _count_frames(known, ok=fresh, dropped=dropped)
        looked = [Frame(one.envelope.id, one.key, one.envelope.time, one.value) for one in fresh]
        rows.load(frame.camera for frame in looked)
        run = asyncio.get_running_loop().run_in_executor
        seen = await _witnessed(await run(thread, _look, models.value, witness, looked), witness, evidence)
        outcome = Outcome(dropped=dropped, rows=dict(rows.due((frame.camera, frame.time) for frame in looked)))
        seen = [await _stored(one, evidence) for one in seen]
        for incoming, one in zip(fresh, seen, strict=True):
            if one.error:
                outcome.dead.append((incoming, UnusableError("content", one.error)))
                continue
            outcome.results += _results(incoming, one)
            _show(one)
        return outcome

    worker.agent(FRAMES, frames, table=table, most=MOST, failed=rows.forget)
    count_attendance(worker)


async def _stored(seen: Seen, evidence: EvidenceStore) -> Seen:
    """Store a picture before anything that names it is sent; what Redis does not take is named nowhere."""
    made, count = seen.evidence, seen.count
    if made is None or count is None or await evidence.put(made.id, made.content_type, made.body):
        return seen
    return replace(seen, count=replace(count, evidence=()))


def _look(watch: Watch, witness: FightWitness, frames: list[Frame]) -> list[tuple[Seen, Clip | None]]:
    """What was seen, with the clip that is due and, in the score, the evidence that there is at that moment."""
    found = []
    for one in watch.look(frames):
        clip = None if one.error else witness.see(one)
        evidence = witness.evidence(one.frame.camera)
        score = replace(one.score, evidence=evidence) if one.score is not None and evidence else one.score
        found.append((replace(one, score=score), clip))
    return found


async def _witnessed(
    looked: list[tuple[Seen, Clip | None]], witness: FightWitness, evidence: EvidenceStore
) -> list[Seen]:
    """Store the clips before anything that names them is sent; what Redis does not take is named nowhere."""
    missing = set()
    for one, clip in looked:
        if clip is not None and not await evidence.put(clip.id, CONTENT_TYPE, clip.body):
            missing.add(clip.id)
            witness.forget(one.frame.camera)
    return [
        replace(one, score=replace(one.score, evidence=()))
        if one.score is not None and missing.intersection(one.score.evidence)
        else one
        for one, _ in looked
    ]


def _count_frames(known: set[str], **outcomes: list[Incoming]) -> None:
    """By camera; only those of the venue file, so the labels are bounded."""
    for outcome, frames in outcomes.items():
        for camera, number in Counter(frame.key for frame in frames).items():
            if camera in known:
                metrics.CAMERA_FRAMES.labels(camera, outcome).inc(number)


def _results(incoming: Incoming, seen: Seen) -> list[Result]:
    found = []
    if seen.count is not None:
        found.append(Result(CROWD, incoming.key, seen.count, incoming.envelope))
    if seen.score is not None:
        found.append(Result(VIOLENCE, incoming.key, seen.score, incoming.envelope))
    for context in seen.contexts:
        key = f"{context.zone}/{context.source}"
        found.append(Result(CONTEXT, key, context, incoming.envelope, part=key))
    return found + changes(incoming, seen)


def _show(seen: Seen) -> None:
    """Gauges; only cameras and zones of the venue file come so far, so the labels are bounded."""
    count, score = seen.count, seen.score
    if count is not None:
        metrics.CAMERA_BLIND.labels(count.camera).set(count.blind is not None)
        for zone in count.zones:
            _show_zone(count.camera, zone)
    if score is not None:
        metrics.VIOLENCE.labels(score.camera).set(score.probability)


def _show_zone(camera: str, zone: ZoneCount) -> None:
    metrics.ZONE_PERSONS.labels(camera, zone.zone).set(zone.persons)
    if zone.density is not None:
        metrics.ZONE_DENSITY.labels(camera, zone.zone).set(zone.density)
    for ahead in zone.forecast:
        metrics.ZONE_FORECAST.labels(camera, zone.zone, str(ahead.minutes)).set(ahead.mean)
    if zone.limit_chance is not None:
        metrics.ZONE_LIMIT.labels(camera, zone.zone).set(zone.limit_chance)
    if zone.flow is None:
        return
    metrics.ZONE_COUNTER_FLOW.labels(camera, zone.zone).set(zone.flow.counter_flow)
    if zone.flow.speed is not None:
        metrics.ZONE_SPEED.labels(camera, zone.zone).set(zone.flow.speed)
    if zone.flow.pressure is not None:
        metrics.ZONE_PRESSURE.labels(camera, zone.zone).set(zone.flow.pressure)
