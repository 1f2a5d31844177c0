"""Agents of captions: pieces of speech → lines; people's corrections → the corrected lines."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta

import msgspec

from processors.captions.caption_log import CaptionLog
from processors.captions.glossary import Glossary, glossary_of
from processors.captions.transcriber import SpeechModelError
from processors.captions.voice_activity import SAMPLE_RATE
from schemas.captions import (
    CAPTION_SETTINGS,
    CAPTIONS,
    CORRECTIONS,
    MAX_TEXT,
    SPEECH,
    CaptionCorrection,
    CaptionLine,
    Language,
)
from schemas.fields import identifier
from schemas.ids import CaptionId, EventId, StageId
from stream.features.captions import metrics
from stream.features.captions.speech_recognizer import (
    Heard,
    SpeechRecognizer,
    SpeechSoundError,
    read_speech,
    recognizer_of,
)
from stream.runtime.effects import BatchResult, OutputRecord
from stream.runtime.record import InvalidRecordError, Record
from stream.runtime.worker_context import WorkerContext

log = logging.getLogger(__name__)

MAX_AGE = timedelta(seconds=10)
"""A piece that waited longer is dropped: what is read on a stage must be what is said there now."""

MAX_EVENTS = 1
"""Each line is written when it is ready."""


def register(worker: WorkerContext) -> None:
    """Add the agents."""
    agent = CaptionsAgent(worker, recognizer_of(worker.settings))
    worker.broadcast(CAPTIONS, agent.add_line)
    worker.agent(SPEECH, agent.caption, max_events=MAX_EVENTS)
    worker.agent(CORRECTIONS, agent.correct)
    if worker.venue.section(CAPTION_SETTINGS).feeds:
        worker.background(agent.warm_up)


class CaptionsAgent:
    """Captions the stages of a venue.

    It reads its own lines as a broadcast topic, which is caught up before the first piece: a piece whose line was
    written before the worker was killed gets no second one.
    """

    def __init__(self, worker: WorkerContext, recognizer: SpeechRecognizer) -> None:
        self._worker = worker
        self._recognizer = recognizer
        self._log = CaptionLog()
        self._decoder = msgspec.json.Decoder(CaptionLine)
        self._stages = {stage.id for stage in worker.venue.stages}
        self._languages: dict[StageId, Language | None] = {
            feed.stage: feed.language for feed in worker.venue.section(CAPTION_SETTINGS).feeds
        }
        self._glossary: Glossary = glossary_of(worker.venue)
        self._skipped: dict[StageId, float] = {}

    def add_line(self, value: bytes | None) -> None:
        """Add a line of the broadcast topic."""
        if value is None:
            return
        try:
            self._log.add(self._decoder.decode(value))
        except msgspec.MsgspecError as error:
            log.warning("a line of %s can't be read: %s", CAPTIONS.name, error)

    async def warm_up(self) -> None:
        """Open the model, so that the first line takes as long as others; log why there is none."""
        try:
            await self._recognizer.warm_up()
        except SpeechModelError as error:
            log.error("speech is not captioned: %s", error)  # noqa: TRY400 - no defect

    async def caption(self, records: list[Record[bytes]]) -> BatchResult:
        """Produce the line of each piece of speech."""
        result = BatchResult()
        for record in records:
            try:
                await self._caption(record, result)
            except InvalidRecordError as error:
                result.reject(record, error)
        return result

    async def correct(self, records: list[Record[CaptionCorrection]]) -> BatchResult:
        """Produce the corrected version of each line."""
        result = BatchResult()
        for record in records:
            line = self._log.get(record.payload.line)
            if line is None or line.stage != record.key:
                result.reject(record, InvalidRecordError("content", f"no line {record.payload.line!r} of {record.key}"))
                continue
            corrected = await self._corrected(line, record)
            self._log.add(corrected)
            result.outputs.append(OutputRecord(CAPTIONS, line.stage, corrected, record.envelope))
            metrics.CORRECTED.labels(line.stage).inc()
        return result

    async def _caption(self, record: Record[bytes], result: BatchResult) -> None:
        stage = self._stage_of(record)
        id = CaptionId(identifier(f"{record.id}/line"))
        if id in self._log:
            return  # repeated after a crash: its line was written before
        try:
            samples = read_speech(record.value)
        except SpeechSoundError as error:
            raise InvalidRecordError("content", str(error)) from error
        seconds = len(samples) / SAMPLE_RATE
        if datetime.now(UTC) - record.received > MAX_AGE:
            self._skipped[stage] = self._skipped.get(stage, 0.0) + seconds
            metrics.SKIPPED.labels(stage).inc(seconds)
            result.dropped.append(record)
            return
        until = record.envelope.time
        begin = until - timedelta(seconds=seconds)
        began = time.monotonic()
        try:
            heard = await self._recognizer.hear(
                samples,
                self._languages.get(stage),
                hints=self._glossary.hints(),
                names=self._glossary.names,
                correct=lambda text: self._glossary.correct(text).text,
            )
        except SpeechModelError as error:
            raise InvalidRecordError("content", str(error)) from error
        metrics.COMPUTED.labels(stage).inc(time.monotonic() - began)
        self._worker.report_progress()
        if heard.transcript.refused:
            metrics.REFUSED.labels(stage, heard.transcript.refused).inc()
            return
        line = self._line(record, id, stage, begin, heard)
        metrics.LINES.labels(stage, line.language).inc()
        metrics.DELAY.labels(stage).observe(max(0.0, (line.time - until).total_seconds()))
        result.outputs.append(OutputRecord(CAPTIONS, record.key, line, record.envelope))

    def _line(self, record: Record[bytes], id: CaptionId, stage: StageId, begin: datetime, heard: Heard) -> CaptionLine:
        found = heard.transcript
        return CaptionLine(
            id=id,
            event_id=EventId(id),
            stage=stage,
            begin=begin,
            until=record.envelope.time,
            time=max(datetime.now(UTC), record.envelope.time),
            language=found.language,
            text=heard.text[:MAX_TEXT],
            translation=None if heard.translation is None else heard.translation[:MAX_TEXT],
            model=self._recognizer.identity,
            confidence=found.confidence,
            skipped_seconds=round(self._skipped.pop(stage, 0.0), 2),
            spoken="" if found.text == heard.text else found.text[:MAX_TEXT],
        )

    async def _corrected(self, line: CaptionLine, record: Record[CaptionCorrection]) -> CaptionLine:
        correction = record.payload
        translation = correction.translation
        if translation is None and correction.text != line.text:
            # Whisper translates sound, not text: without the text translator the old translation stays.
            names = self._glossary.names
            translation = await self._recognizer.translate(correction.text, line.language, names=names)
        return msgspec.structs.replace(
            line,
            event_id=EventId(identifier(record.id)),
            time=correction.time,
            text=correction.text,
            translation=translation or line.translation,
            automatic=False,
            corrected_by=correction.by,
            skipped_seconds=0.0,
        )

    def _stage_of(self, record: Record[bytes]) -> StageId:
        if self._stages and record.key not in self._stages:
            names = ", ".join(sorted(self._stages))
            raise InvalidRecordError("content", f"no stage {record.key!r} in the venue file; it has {names}")
        return StageId(record.key)
