"""Speech of stages: the host's microphone or an aux of the desk, cut at pauses; silence and music are not sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import numpy as np

from processors.captions.speech_cutter import SpeechCutter, SpeechPiece
from processors.captions.voice_activity import SAMPLE_RATE, VoiceActivityDetector
from schemas.captions import SPEECH
from schemas.topic import Topic
from stream.sources.sound import MIN_FRAGMENT_SECONDS, SoundEvent, SoundSource, flac, too_short
from stream.sources.sound_pipe import SAMPLE_BYTES, SoundPipe
from stream.sources.source import EventSink, SourceError

BLOCK_SECONDS = 0.128
"""Sound that is judged at once: four windows of the voice activity detector."""

REPORT_SECONDS = 5.0
"""Interval at which a feed without speech says that it works."""


class SpeechSource(SoundSource):
    """Speech of one stage, in pieces between two pauses."""

    kind: ClassVar[str] = "speech"
    topic: ClassVar[Topic[bytes]] = SPEECH
    sample_rate: ClassVar[int] = SAMPLE_RATE

    _heard = 0
    """Samples since the inputs last had no speech."""

    @property
    def period_seconds(self) -> float:
        """Return the seconds between two signs of life."""
        return REPORT_SECONDS

    @property
    def _label(self) -> str:
        """Label of the source in the metrics of sound: a stage may have music beside it."""
        return f"{self.kind}-{self.name}"

    def _events(self, pipe: SoundPipe, sink: EventSink, stop: threading.Event) -> Iterator[SoundEvent]:
        """Yield the pieces of speech; their marks are positions in the input."""
        try:
            cutter = SpeechCutter(VoiceActivityDetector().add)
        except ImportError as error:
            raise SourceError("a speech feed needs the extra `captions`: run `make captions-setup`") from error
        size = int(BLOCK_SECONDS * SAMPLE_RATE) * SAMPLE_BYTES
        position = reported = 0
        while not stop.is_set():
            block = pipe.read(size, stop)
            samples = np.frombuffer(block[: len(block) // SAMPLE_BYTES * SAMPLE_BYTES], "<i2")
            position += len(samples)
            self._heard += len(samples)
            for piece in cutter.add(samples.astype(np.float32) / np.float32(32_768)):
                yield self._event(piece, position, pipe)
            if position - reported >= REPORT_SECONDS * SAMPLE_RATE:
                reported = position
                sink.report_up()
            if len(block) < size:
                break
        if not stop.is_set():
            for piece in cutter.finish():
                yield self._event(piece, position, pipe)

    def _no_events(self, path: Path) -> str:
        """Return that a file is too short; one without speech is valid."""
        heard, self._heard = self._heard, 0
        return too_short(path) if heard < MIN_FRAGMENT_SECONDS * SAMPLE_RATE else ""

    def _event(self, piece: SpeechPiece, position: int, pipe: SoundPipe) -> SoundEvent:
        samples = np.rint(piece.samples * 32_768).clip(-32_768, 32_767).astype(np.int16)
        time = self._time(pipe) - timedelta(seconds=(position - piece.end) / SAMPLE_RATE)
        return SoundEvent(str(piece.begin), time, flac(samples, SAMPLE_RATE))
