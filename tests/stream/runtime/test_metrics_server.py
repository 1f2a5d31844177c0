"""Tests of the page that says whether a worker is ready, for probes that read no metrics."""

from __future__ import annotations

from typing import Any

import pytest

from stream.runtime.metrics import READY
from stream.runtime.metrics_server import metrics_app


@pytest.mark.parametrize(("ready", "status"), [(0, "503 Service Unavailable"), (1, "200 OK")])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_ready_page_follows_the_worker(ready: int, status: str, method: str) -> None:
    answered: list[Any] = []
    others = {tuple(one.labels.values()): one.value for family in READY.collect() for one in family.samples}
    for labels in others:  # workers that other tests of this process left ready
        READY.labels(*labels).set(0)
    READY.labels("bars").set(ready)
    try:
        page = metrics_app({"PATH_INFO": "/ready", "REQUEST_METHOD": method}, lambda *answer: answered.append(answer))
    finally:
        READY.remove("bars")
        for labels, value in others.items():
            READY.labels(*labels).set(value)
    assert answered[0][0] == status
    assert bool(list(page)) == (method == "GET")
