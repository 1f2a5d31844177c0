"""Steering of camera sources: the rate that a worker wants of each camera while it can't analyze every frame."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime

from schemas.cameras import CAMERA_RATES, CameraRate
from schemas.fields import identifier
from schemas.ids import CameraId, EventId
from stream.features.cameras import metrics
from stream.features.cameras.camera_turns import CameraTurns
from stream.runtime.worker_context import WorkerContext

STEERING_SECONDS = 0.2
"""Time between two checks for a new turn; a source sends full rate so much later than its turn begins."""

REFRESH_SECONDS = 3.0
"""Time after which a rate is sent again that still holds."""

VALID_SECONDS = 10.0
"""Time for which a rate is valid: a source whose worker has died sends at its own rate again after it."""


class CameraSteering:
    """Publishes the rates of the cameras whose frames this worker gets, as long as it is at its limit."""

    def __init__(
        self,
        worker: WorkerContext,
        turns: CameraTurns,
        cameras: Collection[CameraId],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worker, self._turns, self._cameras, self._clock = worker, turns, frozenset(cameras), clock
        self._sent: dict[CameraId, tuple[float | None, float, float]] = {}
        """Rate, interval and time of the last record of each limited camera."""

    def take(self, cameras: Iterable[CameraId]) -> None:
        """Steer the cameras of another version of the venue."""
        self._cameras = frozenset(cameras)

    async def publish(self) -> None:
        """Send the rates that have changed or must be repeated."""
        now, present = self._clock(), self._cameras.intersection(self._turns.cameras)
        for camera in self._sent.keys() - present:
            del self._sent[camera]  # another worker has it, or it is off: the last rate expires
        records = [record for camera in sorted(present) if (record := self._record(camera, now)) is not None]
        await asyncio.gather(
            *(self._worker.try_produce(CAMERA_RATES, one.camera, one, id=one.id, time=one.time) for one in records)
        )

    def _record(self, camera: CameraId, now: float) -> CameraRate | None:
        """Return the record of a camera if it is to be sent now."""
        current, longest = self._turns.interval(camera), self._turns.base_interval(camera)
        metrics.CAMERA_INTERVAL.labels(camera).set(longest.total_seconds())
        rate = 1 / current.total_seconds() if current else None
        sent = self._sent.get(camera)
        if sent is None and not longest:
            return None
        if sent is not None and sent[:2] == (rate, longest.total_seconds()) and now - sent[2] < REFRESH_SECONDS:
            return None
        if longest:
            self._sent[camera] = rate, longest.total_seconds(), now
        else:
            del self._sent[camera]
        time_ = datetime.now(UTC)
        return CameraRate(
            id=EventId(identifier(f"{camera}/{time_.isoformat()}")),
            camera=camera,
            time=time_,
            frames_per_second=rate,
            valid_seconds=VALID_SECONDS,
            interval_seconds=longest.total_seconds(),
            watched_less=bool(longest),
        )
