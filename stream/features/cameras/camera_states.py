"""The memory of cameras as rows of a table: what is usual in their pictures, and the past of their zones."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import datetime

import msgspec

from processors.cameras.camera_memory import CameraMemory

log = logging.getLogger(__name__)

EVERY_SECONDS = 10.0
"""Seconds of the camera's time between two rows. A crash costs a forecast that much of its past, and no more."""


class CameraRows:
    """Keeps the live memories of a `Watch` in step with a table.

    After a rebalance the table holds rows that another worker wrote. Each is a new object, so identity tells.
    """

    def __init__(self, table: Mapping[bytes, bytes], memories: MutableMapping[str, CameraMemory]) -> None:
        self._table, self._memories = table, memories
        self._rows: dict[str, bytes | None] = {}
        self._saved: dict[str, float] = {}

    def load(self, cameras: Iterable[str]) -> None:
        """Bring the memories of cameras up to date, before their frames are looked at."""
        for camera in set(cameras):
            row = self._table.get(camera.encode())
            if camera in self._rows and self._rows[camera] is row:
                continue
            self._rows[camera] = row
            self._memories[camera] = _read(camera, row)

    def due(self, looked: Iterable[tuple[str, datetime]]) -> dict[str, bytes]:
        """Rows to store, of those cameras whose last ones are ten seconds old."""
        rows: dict[str, bytes] = {}
        for camera, at in looked:
            time = at.timestamp()
            if camera not in self._memories or 0 <= time - self._saved.get(camera, -1e18) < EVERY_SECONDS:
                continue
            self._saved[camera] = time
            rows[camera] = self._rows[camera] = msgspec.json.encode(self._memories[camera])
        return rows

    def forget(self) -> None:
        """Read everything from the table again when next asked."""
        self._rows.clear()


def _read(camera: str, row: bytes | None) -> CameraMemory:
    if row is None:
        return CameraMemory()
    try:
        return msgspec.json.decode(row, type=CameraMemory)
    except msgspec.DecodeError as error:
        # Of another version: what is lost is a quarter of an hour of past, which comes again.
        log.warning("what was remembered of camera %s can't be read: %s", camera, error)
        return CameraMemory()
