"""Camera states as table rows: stored every ten seconds, read again after another worker wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from processors.cameras.camera_state import CameraState
from stream.features.cameras.camera_states import CODEC, CameraStates
from stream.runtime.state import StateTable

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def test_camera_row_is_stored_every_ten_seconds_of_camera_time() -> None:
    camera_states: dict[str, CameraState] = {}
    rows = CameraStates(StateTable({}, CODEC), camera_states)
    rows.load(["gate"])
    stored = [bool(rows.rows_to_store([("gate", AT + timedelta(seconds=second))])) for second in range(25)]
    assert [second for second, one in enumerate(stored) if one] == [0, 10, 20]
    assert rows.rows_to_store([("gate", AT - timedelta(days=1))]), "rows are stored after the clock was set back"


def test_camera_state_is_cached_until_another_worker_writes() -> None:
    table: dict[bytes, bytes] = {}
    camera_states: dict[str, CameraState] = {}
    rows = CameraStates(StateTable(table, CODEC), camera_states)
    rows.load(["gate"])
    camera_states["gate"].context_time = 5.0
    live = camera_states["gate"]
    table[b"gate"] = rows.rows_to_store([("gate", AT)])["gate"]
    rows.load(["gate"])
    assert camera_states["gate"] is live
    table[b"gate"] = msgspec.json.encode(CameraState(context_time=7.0))
    rows.load(["gate"])
    assert camera_states["gate"].context_time == 7.0
    rows.forget()
    rows.load(["gate"])
    assert camera_states["gate"] is not live


def test_camera_state_of_another_version_is_reset() -> None:
    camera_states: dict[str, CameraState] = {}
    CameraStates(StateTable({b"gate": b'{"usual": 3}'}, CODEC), camera_states).load(["gate"])
    assert camera_states["gate"] == CameraState()
