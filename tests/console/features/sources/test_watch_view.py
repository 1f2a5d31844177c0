"""Silent sources and the sign of the alerts worker as pages receive them, without a browser."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from msgspec.structs import replace

from console.features.sources.view import WatchView
from schemas.sources import ProcessState, SourceState

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
SILENT = SourceState(event_id="t", source="camera/gate", kind="camera", name="gate", time=AT, silent=True, since=AT)
PROCESS = ProcessState(event_id="t", process="sources", time=AT, silent=False, since=AT)


def test_page_sees_when_the_alerts_worker_last_gave_a_sign() -> None:
    view = WatchView()
    assert abs(view.state()["watched_at"] - time.time() * 1000) < 5_000, "a console that starts waits a moment"
    view.apply(PROCESS, 1_000)
    view.apply(PROCESS, 3_000)
    view.apply(PROCESS, 2_000)
    assert view.state()["watched_at"] == 3_000
    view.apply(SILENT, 9_000)
    assert view.state()["watched_at"] == 3_000


def test_silent_sources_are_listed_until_they_return_or_their_process_speaks_for_them() -> None:
    view = WatchView()
    view.apply(SILENT, 1)
    assert view.state()["silent"] == [{"source": "camera/gate", "since": AT}]
    view.apply(replace(SILENT, covered=True), 2)
    view.apply(replace(PROCESS, silent=True, cause="process"), 2)
    assert (view.state()["silent"], view.state()["processes"]) == ([], [{"source": "sources", "since": AT}])
    view.apply(PROCESS, 3)
    view.apply(replace(SILENT, silent=False), 3)
    assert (view.state()["silent"], view.state()["processes"]) == ([], [])
