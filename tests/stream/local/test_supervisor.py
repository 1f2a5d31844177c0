"""What the local stack does with a child that ends by itself, or can't be started."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stream.local import LocalStack, stack
from stream.local.child import Child


def until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[LocalStack, Child]:
    """A supervisor and a child that ends after a moment, which has not been started."""
    monkeypatch.setattr(stack, "_RESTART_SECONDS", (0.05, 0.2))
    one = LocalStack(tmp_path / "data", workers=(), with_prometheus=False, with_console=False)
    child = Child(name="brief", command=["sleep", "0.05"], log=tmp_path / "brief.log", healthy=lambda: True)
    return one, one._add(child)


def test_what_ends_is_started_again_and_again(watched: tuple[LocalStack, Child]) -> None:
    one, child = watched
    thread = threading.Thread(target=one._watch)
    thread.start()
    until(lambda: child.starts >= 3)
    one.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_child_that_can_not_be_started_is_tried_again(watched: tuple[LocalStack, Child]) -> None:
    """A full disk refuses a log file, as a folder in its place does."""
    one, child = watched
    child.log.mkdir()
    thread = threading.Thread(target=one._watch)
    thread.start()
    time.sleep(1)
    assert thread.is_alive() and not child.starts
    shutil.rmtree(child.log)
    until(lambda: child.starts >= 1)
    one.stop()
    thread.join(5)
