"""The vision worker: frames → heads in zones and fights. A camera is worth watching only live."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from processors.inference import open_folder
from processors.vision.density import CrowdCounter
from processors.vision.violence import ViolenceScorer
from processors.vision.watch import Frame, Seen, Watch
from schemas.topics import CONTEXT, CROWD, FRAMES, VIOLENCE
from stream import metrics
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
    # A new watch forgets what it saw, which two seconds of frames bring back.
    models = worker.live(
        ("crowd", "violence"),
        lambda folders: Watch(
            worker.venue,
            CrowdCounter(open_folder(folders["crowd"])),
            ViolenceScorer(open_folder(folders["violence"])),
        ),
    )
    # The models release the interpreter: one thread of its own keeps the worker's heartbeats and timers alive.
    thread = ThreadPoolExecutor(1, thread_name_prefix="vision")

    async def frames(batch: list[Incoming]) -> Outcome:
        fresh, dropped = live(batch, datetime.now(UTC))
        looked = [Frame(one.envelope.id, one.key, one.envelope.time, one.value) for one in fresh]
        seen = await asyncio.get_running_loop().run_in_executor(thread, models.value.look, looked)
        outcome = Outcome(dropped=dropped)
        for incoming, one in zip(fresh, seen, strict=True):
            if one.error:
                outcome.dead.append((incoming, UnusableError("content", one.error)))
                continue
            outcome.results += _results(incoming, one)
            _show(one)
        return outcome

    worker.agent(FRAMES, frames, most=MOST)


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
    return found


def _show(seen: Seen) -> None:
    """Gauges; only cameras and zones of the venue file come so far, so the labels are bounded."""
    count, score = seen.count, seen.score
    if count is not None:
        metrics.CAMERA_BLIND.labels(count.camera).set(count.blind is not None)
        for zone in count.zones:
            metrics.ZONE_PERSONS.labels(count.camera, zone.zone).set(zone.persons)
            if zone.density is not None:
                metrics.ZONE_DENSITY.labels(count.camera, zone.zone).set(zone.density)
    if score is not None:
        metrics.VIOLENCE.labels(score.camera).set(score.probability)
