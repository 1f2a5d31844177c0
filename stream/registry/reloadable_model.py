"""Live reload of models in a worker, with rollback when a new version fails."""

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

REBUILD_WAIT_SECONDS = 0.05
"""Time between two looks while an event is tried with the previous models."""


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
        store: model store.
        names: names of the models.
        build: builds the object from the models' folders, in a thread; any exception rejects the models.
        close: releases an object that is no longer needed.
        worker: name of the worker, for the history.
        settings: canary period and number of failures; those of the environment where None.

    Raises:
        ModelError: The shipped models can't be loaded.
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
        self._canary_seconds, self._max_failures = settings.model_probation_seconds, settings.model_errors
        self._previous: T | None = None
        self._canary_ends = 0.0
        self._failures: list[str] = []
        self._changed: dict[str, str] = {}
        self._using_previous = False
        for name in self._names:
            for outcome in ("taken", "refused", "returned"):  # a series must exist before its rise can be measured
                metrics.MODEL_CHANGES.labels(name, outcome)
        self._value, self._versions = self._load()
        self._previous_versions = self._versions

    @property
    def value(self) -> T:
        """The object built from the models in use; read it once for each batch."""
        return self._value

    @property
    def in_canary_period(self) -> bool:
        """Return True while the previous models are still loaded."""
        return self._previous is not None

    def close(self) -> None:
        """Close the models in use and the previous ones."""
        self._close(self._value)
        if self._previous is not None:
            self._close(self._previous)

    async def check(self) -> None:
        """Load other models if the store says so; called at an interval."""
        if self._using_previous:
            return
        if self._previous is not None and time.monotonic() > self._canary_ends:
            previous, self._previous = self._previous, None
            self._close(previous)
        await asyncio.to_thread(self._store.refresh, self._names)
        versions = self._versions_in_use()
        changed = {name: version for name, version in versions.items() if version != self._versions[name]}
        if not changed:
            return
        try:
            value = await asyncio.to_thread(self._build, self._store.folders(self._names))
        except Exception as error:
            log.exception("%s: can't load %s", self._worker, changed)
            why = [f"{self._worker} can't load it: {type(error).__name__}: {error}"]
            await asyncio.to_thread(self._roll_back, changed, why, "refused")
            return
        if self._previous is not None:
            self._close(self._previous)
        self._previous, self._value = self._value, value
        self._previous_versions, self._versions = self._versions, versions
        self._canary_ends = time.monotonic() + self._canary_seconds
        self._changed, self._failures = changed, []
        for name, version in changed.items():
            log.info("%s: %s is now version %s", self._worker, name, version)
            metrics.MODEL_CHANGES.labels(name, "taken").inc()

    async def rebuild(self) -> None:
        """Build from the same models again, since something else that `build` reads has changed; end a canary period.

        Raises:
            Exception: whatever `build` raises; the object in use stays.
        """
        value = await asyncio.to_thread(self._build, self._store.folders(self._names))
        while self._using_previous:  # noqa: ASYNC110 - for one event; the objects must not change under it
            await asyncio.sleep(REBUILD_WAIT_SECONDS)
        replaced = [one for one in (self._value, self._previous) if one is not None]
        self._value, self._previous = value, None
        for one in replaced:
            self._close(one)

    def use_previous(self) -> None:
        """Use the previous models for one event; only in the canary period."""
        self._using_previous = True
        self._swap()

    def use_current(self, failure: Exception | None) -> None:
        """Use the current models again; roll them back when they have failed too often."""
        self._using_previous = False
        if failure is not None:
            self._failures.append(f"{type(failure).__name__}: {failure}")
        if len(self._failures) < self._max_failures:
            self._swap()
            return
        failed, self._previous = self._previous, None
        self._versions = self._previous_versions
        why = [
            f"{self._worker}: {len(self._failures)} events failed that the version before can do",
            *self._failures[-3:],
        ]
        self._roll_back(self._changed, why, "returned")
        if failed is not None:
            self._close(failed)

    def _swap(self) -> None:
        if self._previous is None:
            raise RuntimeError(f"{self._worker}: the canary period is over, there are no previous models")
        self._previous, self._value = self._value, self._previous

    def _roll_back(self, changed: dict[str, str], why: list[str], outcome: str) -> None:
        for name, version in changed.items():
            if version == SHIPPED:
                continue  # put into use on purpose, and there is nothing to go back to
            now = self._store.roll_back(name, by=f"worker {self._worker}", why=why, off=version, what="went back")
            log.error("%s: %s goes back to version %s: %s", self._worker, name, now, "; ".join(why))
            metrics.MODEL_CHANGES.labels(name, outcome).inc()

    def _load(self) -> tuple[T, dict[str, str]]:
        """Build from the versions in use; while that fails, roll back, down to the shipped ones."""
        self._store.refresh(self._names)
        while True:
            versions = self._versions_in_use()
            try:
                return self._build(self._store.folders(self._names)), versions
            except Exception as error:
                promoted = {name: version for name, version in versions.items() if version != SHIPPED}
                if not promoted:
                    raise
                log.exception("%s: can't start with %s", self._worker, promoted)
                why = [f"{self._worker} can't start with it: {type(error).__name__}: {error}"]
                self._roll_back(promoted, why, "refused")

    def _versions_in_use(self) -> dict[str, str]:
        return {name: self._store.pointer(name).version for name in self._names}
