"""Sender of a stage's sound, frame by frame, to the page of visuals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from processors.music.show_frames import ShowFrame
from schemas.ids import StageId
from schemas.visuals import STAGE_FRAMES, StageFrame, VisualsSettings
from stream.features.visuals import metrics
from stream.sources.source import EventSink


class VisualsSender:
    """Sends the frames of one run of a microphone.

    A frame that Kafka does not take at once is dropped and counted: a late picture is worse than none.
    """

    def __init__(self, visuals: VisualsSettings, sink: EventSink, clock: Callable[[], datetime]) -> None:
        """Create the sender.

        Args:
            visuals: settings of the stage.
            sink: of the microphone.
            clock: tells the time at which a frame was heard.
        """
        self.frames_per_second = visuals.frames_per_second
        self._stage = StageId(visuals.stage)
        self._sink, self._clock = sink, clock
        self._session = clock().astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")
        self._number = 0
        self._dropped = metrics.FRAMES_DROPPED.labels(self._stage)

    def show_frame(self, frame: ShowFrame) -> None:
        """Send one frame; it never waits."""
        heard = StageFrame(
            stage=self._stage,
            time=self._clock(),
            level=round(frame.level, 4),
            bands={name: round(level, 4) for name, level in frame.bands.items()},
            onset=round(frame.onset, 4),
            brightness=round(frame.brightness, 1),
            beat=frame.beat,
            tempo=round(frame.tempo, 2),
            until_beat=None if frame.until_beat is None else round(frame.until_beat, 4),
        )
        name = f"{self._stage}/frame/{self._session}/{self._number}"
        self._number += 1
        self._sink.send_or_drop(
            STAGE_FRAMES, key=self._stage, value=heard, id=name, time=heard.time, dropped=self._dropped.inc
        )
