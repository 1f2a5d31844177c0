"""The vision worker: frames → heads in zones and fights. A camera is worth watching only live."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from msgspec.structs import replace

from processors.vision.density import CrowdCounter
from processors.vision.violence import ViolenceScorer
from processors.vision.violence_evidence import Clip, FightWitness
from processors.vision.watch import Frame, Seen, Watch
from schemas.topics import CONTEXT, CROWD, FRAMES, VIOLENCE
from stream import metrics
from stream.clip_store import ClipStore
from stream.incoming import Incoming, UnusableError
from stream.live_frames import LiveFrames
from stream.outcome import Outcome, Result
from stream.worker import Worker

BUFFER = 128
"""events read ahead; a frame may have some hundred kilobytes"""

MOST = 16
"""frames a batch, so that a fight is told of before the next second is looked at"""


def register(worker: Worker) -> None:
    """Add the agent."""
    watch = Watch(worker.venue, CrowdCounter.load(), ViolenceScorer.load())
    live = LiveFrames()
    witness = FightWitness(worker.venue)
    clips = ClipStore(worker.settings.redis, worker.venue.fight_clips.keep_hours)
    # The models release the interpreter: one thread of its own keeps the worker's heartbeats and timers alive.
    thread = ThreadPoolExecutor(1, thread_name_prefix="vision")

    async def frames(batch: list[Incoming]) -> Outcome:
        fresh, dropped = live.choose(batch, datetime.now(UTC))
        looked = [Frame(one.envelope.id, one.key, one.envelope.time, one.value) for one in fresh]
        run = asyncio.get_running_loop().run_in_executor
        seen = await _witnessed(await run(thread, _look, watch, witness, looked), witness, clips)
        outcome = Outcome(dropped=dropped)
        for incoming, one in zip(fresh, seen, strict=True):
            if one.error:
                outcome.dead.append((incoming, UnusableError("content", one.error)))
                continue
            outcome.results += _results(incoming, one)
            _show(one)
        return outcome

    worker.agent(FRAMES, frames, most=MOST)


def _look(watch: Watch, witness: FightWitness, frames: list[Frame]) -> list[tuple[Seen, Clip | None]]:
    """What was seen, with the clip that is due and, in the score, the evidence that there is at that moment."""
    found = []
    for one in watch.look(frames):
        clip = None if one.error else witness.see(one.frame, one.score)
        evidence = witness.evidence(one.frame.camera)
        score = replace(one.score, evidence=evidence) if one.score is not None and evidence else one.score
        found.append((replace(one, score=score), clip))
    return found


async def _witnessed(looked: list[tuple[Seen, Clip | None]], witness: FightWitness, clips: ClipStore) -> list[Seen]:
    """Store the clips before anything that names them is sent; what Redis does not take is named nowhere."""
    missing = set()
    for one, clip in looked:
        if clip is not None and not await clips.put(clip):
            missing.add(clip.id)
            witness.forget(one.frame.camera)
    return [
        replace(one, score=replace(one.score, evidence=()))
        if one.score is not None and missing.intersection(one.score.evidence)
        else one
        for one, _ in looked
    ]


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
