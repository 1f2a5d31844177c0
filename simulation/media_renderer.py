"""Rendering of images and sound ahead of their time, in a separate process so that playback stays on time."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self

from schemas.errors import PulsoError
from simulation.timeline import PlannedMedia, TimedMedia
from stream.runtime.child_process import die_with_parent

MAX_WAITING_MEDIA = 240
"""Maximum number of media that wait to be played: at 70 KB an image, some tens of megabytes."""


class MediaRenderError(PulsoError, RuntimeError):
    """Rendering of an image or sound failed; the cause is attached."""


class MediaRenderer:
    """Context manager that renders planned media in order, at most `MAX_WAITING_MEDIA` ahead of the last one taken.

    Leaving it drops unfinished media.
    """

    def __init__(self, planned: Iterable[PlannedMedia], *, processes: int = 1) -> None:
        self._waiting: Iterator[PlannedMedia] = iter(planned)
        self._made: dict[int, Future[TimedMedia]] = {}
        # A fresh interpreter: a fork would inherit the threads' locks of Kafka's client.
        self._pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _init_process)
        self._submit_next()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def prepared(self) -> int:
        """Number of rendered media that wait to be taken."""
        return sum(future.done() for future in self._made.values())

    def take(self, planned: PlannedMedia) -> TimedMedia | None:
        """Return the rendered media, or None while they are not ready.

        Raises:
            MediaRenderError: rendering failed.
        """
        future = self._made.get(id(planned))
        if future is None or not future.done():
            return None
        self.drop(planned)
        try:
            return future.result()
        except BrokenProcessPool as error:
            raise MediaRenderError(
                "the process that renders images and sound ended unexpectedly; check that the machine has free memory"
            ) from error
        except Exception as error:
            raise MediaRenderError(
                f"the media of {planned.source} at {planned.time:.0f} s of the evening could not be rendered: {error}"
            ) from error

    def drop(self, planned: PlannedMedia) -> None:
        """Discard media that will not be played, and start rendering later ones."""
        future = self._made.pop(id(planned), None)
        if future is not None:
            future.cancel()
        self._submit_next()

    def _submit_next(self) -> None:
        while len(self._made) < MAX_WAITING_MEDIA and (planned := next(self._waiting, None)) is not None:
            self._made[id(planned)] = self._pool.submit(planned.make)


def _init_process() -> None:
    """Leave Ctrl-C to the parent, end with the parent, and run at a lower priority than the workers' models."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)
