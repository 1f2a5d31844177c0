"""What a worker computes with, exchanged while it runs, and taken back when it fails."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from stream.features.models import metrics
from stream.registry.model_store import SHIPPED, Folders, ModelStore
from stream.runtime.settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")


class FallbackModel(Protocol):
    """Interface by which a worker tries a failed event with the previous models."""

    @property
    def in_canary_period(self) -> bool:
        """Return True while the previous models are still loaded."""

    def use_previous(self) -> None:
        """Use the previous models for one event."""

    def use_current(self, failure: Exception | None) -> None:
        """Use the current models again.

        Args:
            failure: counts against the current models, since the previous ones did not fail.
        """


class ReloadableModel(Generic[T]):
    """An object built from models, rebuilt when one of them is promoted or rolled back.

    For a canary period after a change the previous object is kept. An event that fails then is tried with that one,
    too: if it succeeds, nothing is lost and the failure counts against the new models. Enough failures roll them
    back, for every worker.

    Args:
        store: where the models are.
        names: of the models.
        build: makes it of the models' folders, in a thread; any exception refuses the models.
        close: lets go of one that is not needed any more.
        worker: its name, for the history.

    Raises:
        ModelError: the shipped models can't be used.
    """

    def __init__(
        self,
        store: ModelStore,
        names: Sequence[str],
        build: Callable[[Folders], T],
        *,
        close: Callable[[T], None] = lambda _: None,
        worker: str = "",
        settings: Settings | None = None,
    ) -> None:
        settings = settings or Settings()
        self._store, self._names, self._build, self._close, self._worker = store, tuple(names), build, close, worker
        self._probation, self._limit = settings.model_probation_seconds, settings.model_errors
        self._before: T | None = None
        self._until = 0.0
        self._blame: list[str] = []
        self._changed: dict[str, str] = {}
        self._stepping = False
        for name in self._names:
            for outcome in ("taken", "refused", "returned"):  # a series must be there before it can be seen to rise
                metrics.MODEL_CHANGES.labels(name, outcome)
        self._value, self._versions = self._first()
        self._versions_before = self._versions

    @property
    def value(self) -> T:
        """What to compute with now: take it once a batch."""
        return self._value

    @property
    def in_canary_period(self) -> bool:
        """Return True while the previous models are still loaded."""
        return self._before is not None

    def close(self) -> None:
        """Close the models in use and the previous ones."""
        self._close(self._value)
        if self._before is not None:
            self._close(self._before)

    async def check(self) -> None:
        """Look whether other models are in use, and change to them; call it now and then."""
        if self._stepping:
            return
        if self._before is not None and time.monotonic() > self._until:
            before, self._before = self._before, None
            self._close(before)
        versions = self._pointers()
        changed = {name: version for name, version in versions.items() if version != self._versions[name]}
        if not changed:
            return
        try:
            value = await asyncio.to_thread(self._build, self._store.folders(self._names))
        except Exception as error:
            log.exception("%s: can't use %s", self._worker, changed)
            self._go_back(changed, [f"{self._worker} can't use it: {type(error).__name__}: {error}"], "refused")
            return
        if self._before is not None:
            self._close(self._before)
        self._before, self._value = self._value, value
        self._versions_before, self._versions = self._versions, versions
        self._until = time.monotonic() + self._probation
        self._changed, self._blame = changed, []
        for name, version in changed.items():
            log.warning("%s: %s is now version %s", self._worker, name, version)
            metrics.MODEL_CHANGES.labels(name, "taken").inc()

    def use_previous(self) -> None:
        """Use the previous models for one event."""
        assert self._before is not None  # noqa: S101 - in_canary_period was asked
        self._stepping = True
        self._before, self._value = self._value, self._before

    def use_current(self, failure: Exception | None) -> None:
        """Use the new ones again, unless there have been too many failures of theirs."""
        assert self._before is not None  # noqa: S101
        self._stepping = False
        if failure is not None:
            self._blame.append(f"{type(failure).__name__}: {failure}")
        if len(self._blame) < self._limit:
            self._before, self._value = self._value, self._before
            return
        failed, self._before = self._before, None
        self._versions = self._versions_before
        why = [f"{self._worker}: {len(self._blame)} events failed that the version before can do", *self._blame[-3:]]
        self._go_back(self._changed, why, "returned")
        self._close(failed)

    def _go_back(self, changed: dict[str, str], why: list[str], outcome: str) -> None:
        for name, version in changed.items():
            if version == SHIPPED:
                continue  # somebody went back to it on purpose, and nothing is safer
            now = self._store.roll_back(name, by=f"worker {self._worker}", why=why, off=version, what="went back")
            log.error("%s: %s goes back to version %s: %s", self._worker, name, now, "; ".join(why))
            metrics.MODEL_CHANGES.labels(name, outcome).inc()

    def _first(self) -> tuple[T, dict[str, str]]:
        """With the versions in use, or where they can't be used with those before, down to the shipped ones."""
        while True:
            versions = self._pointers()
            try:
                return self._build(self._store.folders(self._names)), versions
            except Exception as error:
                promoted = {name: version for name, version in versions.items() if version != SHIPPED}
                if not promoted:
                    raise
                log.exception("%s: can't start with %s", self._worker, promoted)
                why = [f"{self._worker} can't start with it: {type(error).__name__}: {error}"]
                self._go_back(promoted, why, "refused")

    def _pointers(self) -> dict[str, str]:
        return {name: self._store.pointer(name).version for name in self._names}
