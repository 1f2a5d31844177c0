"""The memory of cameras as rows: stored now and then, read again when another worker wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from processors.cameras.camera_state import CameraState
from stream.features.cameras.camera_states import CODEC, CameraStates
from stream.runtime.state import StateTable

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)


def test_a_row_is_stored_every_ten_seconds_of_the_camera() -> None:
    memories: dict[str, CameraState] = {}
    rows = CameraStates(StateTable({}, CODEC), memories)
    rows.load(["gate"])
    stored = [bool(rows.rows_to_store([("gate", AT + timedelta(seconds=second))])) for second in range(25)]
    assert [second for second, one in enumerate(stored) if one] == [0, 10, 20]
    assert rows.rows_to_store([("gate", AT - timedelta(days=1))]), "a clock set back does not stop it"


def test_live_memory_is_kept_until_another_worker_writes() -> None:
    table: dict[bytes, bytes] = {}
    memories: dict[str, CameraState] = {}
    rows = CameraStates(StateTable(table, CODEC), memories)
    rows.load(["gate"])
    memories["gate"].told = 5.0
    live = memories["gate"]
    table[b"gate"] = rows.rows_to_store([("gate", AT)])["gate"]
    rows.load(["gate"])
    assert memories["gate"] is live
    table[b"gate"] = msgspec.json.encode(CameraState(told=7.0))
    rows.load(["gate"])
    assert memories["gate"].told == 7.0
    rows.forget()
    rows.load(["gate"])
    assert memories["gate"] is not live


def test_a_row_of_another_version_begins_afresh() -> None:
    memories: dict[str, CameraState] = {}
    CameraStates(StateTable({b"gate": b'{"usual": 3}'}, CODEC), memories).load(["gate"])
    assert memories["gate"] == CameraState()
