"""States of cameras: image baselines and history of their zones, stored every few seconds of camera time."""

from __future__ import annotations

import logging
from collections.abc import Iterable, MutableMapping
from datetime import datetime

import msgspec

from processors.cameras.camera_state import CameraState
from schemas.ids import CameraId
from stream.runtime.state import StateCodec, StateTable

log = logging.getLogger(__name__)

STORE_SECONDS = 10.0
"""Seconds of camera time between two stored rows; a crash loses at most this much of a forecast's history."""


def _load(camera: str, row: bytes | None) -> CameraState:
    if row is None:
        return CameraState()
    try:
        return msgspec.json.decode(row, type=CameraState)
    except msgspec.DecodeError as error:
        # Written by another version. A quarter of an hour of history is lost, and accumulates again.
        log.warning("the stored state of camera %s can't be read and begins anew: %s", camera, error)
        return CameraState()


CODEC: StateCodec[CameraState] = StateCodec(_load, msgspec.json.encode)


class CameraStates:
    """Synchronizes the states of a camera analyzer with a table of rows."""

    def __init__(self, states: StateTable[CameraState], camera_states: MutableMapping[CameraId, CameraState]) -> None:
        """Create the synchronization.

        Args:
            states: states by camera, stored in a table.
            camera_states: the analyzer's states by camera, replaced where another worker wrote a row.
        """
        self._states, self._camera_states = states, camera_states
        self._stored_at: dict[CameraId, float] = {}

    def load(self, cameras: Iterable[CameraId]) -> None:
        """Bring the states of cameras up to date, before their frames are analyzed."""
        for camera in set(cameras):
            self._camera_states[camera] = self._states.get(camera)

    def rows_to_store(self, analyzed: Iterable[tuple[CameraId, datetime]]) -> dict[str, bytes]:
        """Return the rows that are due: of cameras whose stored rows are ten seconds old.

        Args:
            analyzed: camera and time of each analyzed frame.
        """
        rows: dict[str, bytes] = {}
        for camera, at in analyzed:
            time, stored_at = at.timestamp(), self._stored_at.get(camera)
            if camera not in self._camera_states or (stored_at is not None and 0 <= time - stored_at < STORE_SECONDS):
                continue
            self._stored_at[camera] = time
            rows[camera] = self._states.row_to_store(camera, self._camera_states[camera])
        return rows

    def forget(self) -> None:
        """Drop the cached states; they are decoded from the table when next needed."""
        self._states.forget()
