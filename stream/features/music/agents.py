"""The music worker: fragments of sound → mood, genre, tempo and loudness of each stage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from processors.models.drift import CONFIDENCE
from processors.music.stage_state import StageState
from processors.music.tagger import PARTS, AnalyzedFragment
from schemas.models import FEEDBACK, ModelFeedback
from schemas.music import SNIPPETS, TAGS, MusicTags
from stream.features.music.lights import desks_of
from stream.features.music.listener import Listener
from stream.runtime import metrics
from stream.runtime.batch_result import Outcome, Result
from stream.runtime.decoding import UnusableError
from stream.runtime.record import Incoming
from stream.runtime.state import LiveRows
from stream.runtime.worker import Worker

BUFFER = 64
"""events read ahead; a fragment may have some hundred kilobytes"""

MOST = 8

JUDGED = ("mood", "genre")
"""models whose answers people correct with `pulso models correct`"""

STALE = timedelta(seconds=60)
"""Fragments overlap: one that waited longer is dropped, unless it is the newest of its stage."""


def register(worker: Worker) -> None:
    """Add the agent."""
    desks = desks_of(worker.venue)
    known = {stage.id for stage in worker.venue.stages}
    table = worker.table("stages", SNIPPETS)
    stages: LiveRows[StageState] = LiveRows(table, lambda name, row: StageState(name, row, worker.venue.music))
    live = worker.live(PARTS, Listener, close=Listener.close)

    async def fragments(batch: list[Incoming]) -> Outcome:
        outcome, listener = Outcome(), live.value
        newest = {incoming.key: incoming for incoming in batch}
        now = datetime.now(UTC)
        changed: dict[str, StageState] = {}
        for incoming in batch:
            if known and incoming.key not in known:
                names = ", ".join(sorted(known))
                error = UnusableError("content", f"no stage {incoming.key!r} in the venue file; it has {names}")
                outcome.dead.append((incoming, error))
                continue
            if now - incoming.envelope.received > STALE and newest[incoming.key] is not incoming:
                outcome.dropped.append(incoming)
                continue
            stage = stages.get(incoming.key)
            if stage.applied(incoming.offset):
                continue
            listened = await listener.listen(incoming.value, incoming.key)
            if listened.died and live.on_probation:
                raise RuntimeError(listened.error)  # new models may be to blame
            if listened.fragment is None:
                outcome.dead.append((incoming, UnusableError("content", listened.error)))
                continue
            event = incoming.envelope
            tags = stage.apply(listened.fragment, event.time, incoming.offset, event.id, listener.identity)
            changed[incoming.key] = stage
            worker.alive()
            _watch_drift(listener, listened.fragment)
            if tags is not None:
                outcome.results.append(Result(TAGS, incoming.key, tags, event))
                _show(tags)
                for desk in desks.get(tags.stage, ()):
                    desk.show_tags(tags)
        for name, stage in changed.items():
            row = stage.to_row()
            outcome.rows[name] = row
            stages.wrote(name, row, stage)
        return outcome

    async def feedback(batch: list[Incoming]) -> Outcome:
        for incoming in batch:
            told: ModelFeedback = incoming.record
            if told.model not in JUDGED:
                continue
            metrics.MODEL_FEEDBACK.labels(told.model, "right" if told.said == told.right else "wrong").inc()
        return Outcome()

    for model in JUDGED:
        for verdict in ("right", "wrong"):  # a series must be there before it can be seen to rise
            metrics.MODEL_FEEDBACK.labels(model, verdict)
    worker.agent(FEEDBACK, feedback)
    worker.agent(SNIPPETS, fragments, table=table, most=MOST, failed=stages.forget)


def _show(tags: MusicTags) -> None:
    """Gauges; only stages of the venue file come so far, so the labels are bounded."""
    for mood, probability in tags.moods.items():
        metrics.MOOD.labels(tags.stage, mood).set(probability)
    for genre, probability in tags.genres.items():
        metrics.GENRE.labels(tags.stage, genre).set(probability)
    metrics.TEMPO.labels(tags.stage).set(tags.tempo / 60)
    metrics.LOUDNESS.labels(tags.stage).set(tags.loudness)


def _watch_drift(listener: Listener, fragment: AnalyzedFragment) -> None:
    """How unlike training the music is, and how sure the models are of it; silence and talk say nothing."""
    if fragment.tags is None or not fragment.tags.is_music:
        return
    for name, answers in (("mood", fragment.tags.moods), ("genre", fragment.tags.genres)):
        if (drift := listener.drift.get(name)) is None:
            continue
        drift.add({**fragment.tags.statistics, CONFIDENCE: max(answers.values())})
        metrics.MODEL_CONFIDENCE.labels(name).set(drift.confidence or 0.0)
        for statistic, psi in drift.psi().items():
            metrics.MODEL_DRIFT.labels(name, statistic).set(psi)
