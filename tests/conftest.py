"""Fixtures for all tests: the shared data (or a visible reason for skipping), and Redis."""

from __future__ import annotations

import stream.runtime.process_limits  # noqa: F401 - before anything that loads a library

# isort: split

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from stream.local.ports import Ports
from stream.local.redis import redis

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("PULSO_SHARED", ROOT.parent / "shared"))

# How long something takes says nothing on a busy machine.
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked `shared` with a reason where the folder of shared data is missing."""
    if (SHARED / "data").is_dir():
        return
    skip = pytest.mark.skip(reason=f"no shared data beside the project ({SHARED.name}/data)")
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the shared data, for tests marked `shared`."""
    return SHARED / "data"


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real Redis server for the tests of one module."""
    folder = tmp_path_factory.mktemp("redis")
    ports = Ports(folder / "ports.json")
    child = redis(folder, ports)
    child.start()
    try:
        child.wait_healthy()
        yield f"redis://127.0.0.1:{ports.assigned('redis')}/0"
    finally:
        child.stop()
