"""What many tests need: the shared data, or a visible reason for doing without."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("PULSO_SHARED", ROOT.parent / "shared"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `shared` skip, and say so, where that folder is missing."""
    if (SHARED / "data").is_dir():
        return
    skip = pytest.mark.skip(reason=f"no shared data beside the project ({SHARED.name}/data)")
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the shared data; only for tests that are marked `shared`."""
    return SHARED / "data"
