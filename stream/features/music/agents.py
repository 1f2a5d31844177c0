"""Agent for music: fragments of sound → mood, genre, tempo and loudness of each stage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from processors.models.drift import CONFIDENCE
from processors.music.stage_state import StageState
from processors.music.tagger import PARTS, AnalyzedFragment
from schemas.ids import StageId
from schemas.music import SNIPPETS, TAGS, MusicTags
from stream.features.models import metrics as model_metrics
from stream.features.music import metrics
from stream.features.music.fragment_analyzer import FragmentAnalyzerProcess
from stream.features.music.lights import osc_desks
from stream.registry.reloadable_model import ReloadableModel
from stream.runtime.effects import BatchResult, Effects, OutputRecord
from stream.runtime.record import InvalidRecordError, Record
from stream.runtime.state import StateCodec, StateTable, apply_to_states
from stream.runtime.worker_context import WorkerContext

MAX_EVENTS = 8
"""Largest number of fragments in a batch."""

MAX_AGE = timedelta(seconds=60)
"""A fragment that waited longer is dropped, unless it is the newest of its stage: fragments overlap."""


def register(worker: WorkerContext) -> None:
    """Add the agent."""
    settings = worker.venue.music
    codec = StateCodec(lambda stage, row: StageState(StageId(stage), row, settings), lambda state: state.to_row())
    states = worker.states("stages", SNIPPETS, codec)
    analyzer = worker.reloadable_model(PARTS, FragmentAnalyzerProcess, close=FragmentAnalyzerProcess.close)
    agent = MusicAgent(worker, states, analyzer)
    worker.agent(SNIPPETS, agent.tag, states=states, max_events=MAX_EVENTS)


class MusicAgent:
    """Tags the fragments of each stage."""

    def __init__(
        self,
        worker: WorkerContext,
        states: StateTable[StageState],
        analyzer: ReloadableModel[FragmentAnalyzerProcess],
    ) -> None:
        self._worker = worker
        self._states = states
        self._analyzer = analyzer
        self._stages = {stage.id for stage in worker.venue.stages}
        self._desks = osc_desks(worker.venue)

    async def tag(self, records: list[Record[bytes]]) -> BatchResult:
        """Produce the tags of each fragment."""
        analyzer = self._analyzer.value
        newest = {record.key: record for record in records}
        now = datetime.now(UTC)

        async def apply(record: Record[bytes], stage: StageState) -> Effects[StageState]:
            if now - record.envelope.received > MAX_AGE and newest[record.key] is not record:
                return Effects(dropped=True)
            return await self._apply(record, stage, analyzer)

        return await apply_to_states(records, self._states, apply, key=self._stage_of)

    def _stage_of(self, record: Record[bytes]) -> str:
        if self._stages and record.key not in self._stages:
            names = ", ".join(sorted(self._stages))
            raise InvalidRecordError("content", f"no stage {record.key!r} in the venue file; it has {names}")
        return record.key

    async def _apply(
        self, record: Record[bytes], stage: StageState, analyzer: FragmentAnalyzerProcess
    ) -> Effects[StageState]:
        if stage.is_applied(record.offset):
            return Effects()
        analysis = await analyzer.analyze(record.value, stage.name)
        if analysis.died and self._analyzer.in_canary_period:
            raise RuntimeError(analysis.error)  # the new models may be the cause
        if analysis.fragment is None:
            raise InvalidRecordError("content", analysis.error)
        tags = stage.apply(analysis.fragment, record.envelope.time, record.offset, record.id, analyzer.identity)
        self._worker.report_progress()
        _publish_drift(analyzer, analysis.fragment)
        if tags is None:
            return Effects(state=stage)
        _publish_tags(tags)
        for desk in self._desks.get(tags.stage, ()):
            desk.show_tags(tags)
        return Effects((OutputRecord(TAGS, record.key, tags, record.envelope),), stage)


def _publish_tags(tags: MusicTags) -> None:
    """Set the gauges; results have only stages of the venue file, so the labels are bounded."""
    for mood, probability in tags.moods.items():
        metrics.MOOD.labels(tags.stage, mood).set(probability)
    for genre, probability in tags.genres.items():
        metrics.GENRE.labels(tags.stage, genre).set(probability)
    metrics.TEMPO.labels(tags.stage).set(tags.tempo / 60)
    metrics.LOUDNESS.labels(tags.stage).set(tags.loudness)


def _publish_drift(analyzer: FragmentAnalyzerProcess, fragment: AnalyzedFragment) -> None:
    """Set the gauges of drift and confidence; silence and speech are no evidence of either."""
    if fragment.tags is None or not fragment.tags.is_music:
        return
    for name, probabilities in (("mood", fragment.tags.moods), ("genre", fragment.tags.genres)):
        if (drift := analyzer.drift.get(name)) is None:
            continue
        drift.add({**fragment.tags.statistics, CONFIDENCE: max(probabilities.values())})
        model_metrics.MODEL_CONFIDENCE.labels(name).set(drift.confidence or 0.0)
        for statistic, psi in drift.psi().items():
            model_metrics.MODEL_DRIFT.labels(name, statistic).set(psi)
