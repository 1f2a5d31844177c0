"""Test that a worker whose broker is gone ends on SIGTERM."""

from __future__ import annotations

import os
import signal
import time

import pytest

from stream.runtime.faust_patches import SHUTDOWN_SECONDS
from tests.e2e.conftest import Outside


@pytest.mark.stack
@pytest.mark.workers("alerts")
def test_worker_without_broker_ends_on_sigterm(outside: Outside) -> None:
    outside.stack.kill("kafka")
    time.sleep(2)  # so that it has noticed
    pid = outside.stack.children["alerts"].pid
    assert pid is not None
    outside.stack._unwatched.add("alerts")
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    while outside.stack.children["alerts"].pid is not None:
        assert time.monotonic() - began < SHUTDOWN_SECONDS + 30
        time.sleep(0.1)
