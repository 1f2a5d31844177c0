"""Sound of stages in real time, frame by frame, for their visuals: the fragments of the evening play faster."""

from __future__ import annotations

import threading
import time as wall
from collections.abc import Callable
from datetime import UTC, datetime

from processors.music.show_frames import ShowFrameStream
from schemas.ids import StageId
from schemas.venue import Venue
from schemas.visuals import VISUALS, VisualsSettings
from simulation.evening import Evening
from simulation.instruments import RATE
from simulation.stage_music import fragment
from stream.runtime.producer import EventProducer
from stream.sources.source import EventSink
from stream.sources.visuals import VisualsSender

PIECE_SECONDS = 12.0
"""Length of a piece; then the next one begins where the evening is by then."""

BLOCK_SECONDS = 0.05
"""Sound that is heard at once."""


class StageSound:
    """Plays every stage with visuals in a thread of its own.

    Args:
        moment: returns the evening and its time in seconds, now.
    """

    def __init__(self, venue: Venue, producer: EventProducer, moment: Callable[[], tuple[Evening, float]]) -> None:
        self._moment = moment
        self._producer = producer
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._play, args=(one,), name=f"sound-{one.stage}", daemon=True)
            for one in venue.section(VISUALS)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop, and wait for the threads."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _play(self, visuals: VisualsSettings) -> None:
        stage = StageId(visuals.stage)
        sender = VisualsSender(visuals, EventSink(self._producer, "microphone", stage), _now)
        frames = ShowFrameStream(RATE, visuals.frames_per_second)
        block = round(BLOCK_SECONDS * RATE)
        while not self._stop.is_set():
            evening, time = self._moment()
            sound = fragment(evening, stage, max(0.0, time), PIECE_SECONDS)
            began = wall.monotonic()
            for start in range(0, sound.size, block):
                if self._stop.wait(max(0.0, began + start / RATE - wall.monotonic())):
                    return
                for frame in frames.feed(sound[start : start + block]):
                    sender.show_frame(frame)


def _now() -> datetime:
    return datetime.now(UTC)
