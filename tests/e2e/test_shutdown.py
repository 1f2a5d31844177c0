"""Test that a worker whose broker is gone ends on SIGTERM."""

from __future__ import annotations

import os
import signal
import time

import pytest

from stream.runtime.faust_patches import SHUTDOWN_SECONDS
from tests.e2e.conftest import StackClient


@pytest.mark.stack
@pytest.mark.workers("alerts")
def test_worker_without_broker_ends_on_sigterm(stack_client: StackClient) -> None:
    stack_client.stack.kill("kafka")
    time.sleep(2)  # so that the worker has noticed
    pid = stack_client.stack.children["alerts"].pid
    assert pid is not None
    stack_client.stack._unwatched.add("alerts")
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    while stack_client.stack.children["alerts"].pid is not None:
        assert time.monotonic() - began < SHUTDOWN_SECONDS + 30
        time.sleep(0.1)
