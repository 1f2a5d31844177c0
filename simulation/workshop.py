"""Makes pictures and sound ahead of their time, in a process of its own so that playing stays on time."""

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
from simulation.moments import Media, Planned
from stream.runtime.child_process import die_with_parent

AHEAD = 240
"""media that may wait to be played: at 70 KB a picture, some tens of megabytes"""


class WorkshopError(PulsoError, RuntimeError):
    """Pictures or sound could not be made; the cause is attached."""


class Workshop:
    """Works through what is planned, in order, at most `AHEAD` before what was taken last.

    A context manager; leaving it drops what is unfinished.
    """

    def __init__(self, planned: Iterable[Planned], *, processes: int = 1) -> None:
        self._waiting: Iterator[Planned] = iter(planned)
        self._made: dict[int, Future[Media]] = {}
        # A fresh interpreter: a fork would inherit the threads' locks of Kafka's client.
        self._pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _step_back)
        self._order()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def prepared(self) -> int:
        """How many are ready and wait to be taken."""
        return sum(future.done() for future in self._made.values())

    def take(self, planned: Planned) -> Media | None:
        """What was made, or None while it isn't ready.

        Raises:
            WorkshopError: making it failed.
        """
        future = self._made.get(id(planned))
        if future is None or not future.done():
            return None
        self.drop(planned)
        try:
            return future.result()
        except BrokenProcessPool as error:
            raise WorkshopError("the process that makes pictures and sound ended; is memory short?") from error
        except Exception as error:
            raise WorkshopError(f"{planned.source} at {planned.time:.0f} s could not be made: {error}") from error

    def drop(self, planned: Planned) -> None:
        """Forget one that won't be played, and begin with a later one."""
        future = self._made.pop(id(planned), None)
        if future is not None:
            future.cancel()
        self._order()

    def _order(self) -> None:
        while len(self._made) < AHEAD and (planned := next(self._waiting, None)) is not None:
            self._made[id(planned)] = self._pool.submit(planned.make)


def _step_back() -> None:
    """Ctrl-C is for the parent to handle, models come before pictures, and nothing stays behind a killed demo."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)
