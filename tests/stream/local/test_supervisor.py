"""Supervisor of the local stack: a child that ends, and one that can't be started."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stream.local import LocalStack, stack
from stream.local.child import Child


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def supervised_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[LocalStack, Child]:
    """Supervisor with a child that is not started yet and ends after a moment."""
    monkeypatch.setattr(stack, "_RESTART_SECONDS", (0.05, 0.2))
    supervisor = LocalStack(tmp_path / "data", workers=(), with_prometheus=False, with_console=False)
    child = Child(name="brief", command=["sleep", "0.05"], log=tmp_path / "brief.log", healthy=lambda: True)
    return supervisor, supervisor._add(child)


def test_child_that_ends_is_restarted(supervised_child: tuple[LocalStack, Child]) -> None:
    supervisor, child = supervised_child
    thread = threading.Thread(target=supervisor._watch)
    thread.start()
    wait_until(lambda: child.starts >= 3)
    supervisor.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_child_that_fails_to_start_is_retried(supervised_child: tuple[LocalStack, Child]) -> None:
    """A folder in place of the log file fails like a full disk."""
    supervisor, child = supervised_child
    child.log.mkdir()
    thread = threading.Thread(target=supervisor._watch)
    thread.start()
    time.sleep(1)
    assert thread.is_alive() and not child.starts
    shutil.rmtree(child.log)
    wait_until(lambda: child.starts >= 1)
    supervisor.stop()
    thread.join(5)
