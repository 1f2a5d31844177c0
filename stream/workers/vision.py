"""The vision worker: frames → heads in zones and fights. A camera is worth watching only live."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from processors.vision.density import CrowdCounter
from processors.vision.violence import ViolenceScorer
from processors.vision.watch import Frame, Seen, Watch
from schemas.results import ZoneCount
from schemas.topics import CONTEXT, CROWD, FRAMES, VIOLENCE
from stream import metrics
from stream.attendance import changes, count_attendance
from stream.camera_rows import CameraRows
from stream.evidence import EvidenceStore
from stream.incoming import Incoming, UnusableError
from stream.outcome import Outcome, Result
from stream.worker import Worker

BUFFER = 128
"""events read ahead; a frame may have some hundred kilobytes"""

MOST = 16
"""frames a batch, so that a fight is told of before the next second is looked at"""

STALE = timedelta(seconds=2)
"""A frame that waited longer is dropped, unless it is the newest of its camera."""


def register(worker: Worker) -> None:
    """Add the agent."""
    watch = Watch(worker.venue, CrowdCounter.load(), ViolenceScorer.load())
    table = worker.table("cameras", FRAMES)
    rows = CameraRows(table, watch.memories)
    evidence = EvidenceStore(worker.settings.redis)
    # The models release the interpreter: one thread of its own keeps the worker's heartbeats and timers alive.
    thread = ThreadPoolExecutor(1, thread_name_prefix="vision")

    async def frames(batch: list[Incoming]) -> Outcome:
        fresh, dropped = live(batch, datetime.now(UTC))
        looked = [Frame(one.envelope.id, one.key, one.envelope.time, one.value) for one in fresh]
        rows.load(frame.camera for frame in looked)
        seen = await asyncio.get_running_loop().run_in_executor(thread, watch.look, looked)
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


def live(batch: list[Incoming], now: datetime) -> tuple[list[Incoming], list[Incoming]]:
    """Frames worth looking at, and those that came too late for that: of each camera the newest is always looked at."""
    newest = {incoming.key: incoming for incoming in batch}
    fresh: list[Incoming] = []
    dropped: list[Incoming] = []
    for incoming in batch:
        waited = now - incoming.envelope.received
        (fresh if waited <= STALE or newest[incoming.key] is incoming else dropped).append(incoming)
    return fresh, dropped


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
