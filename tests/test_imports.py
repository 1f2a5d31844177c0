"""Imports go one way: schemas ← processors ← stream ← console, and nothing imports training."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("schemas", "processors", "stream", "console", "training", "bench")
MAY_IMPORT = {
    "schemas": {"schemas"},
    "processors": {"schemas", "processors"},
    "stream": {"schemas", "processors", "stream"},
    "console": {"schemas", "processors", "stream", "console"},
    "training": {"schemas", "processors", "training"},
}
# Moving things, and time: both belong in stream/.
NOT_IN_PROCESSORS = {"faust", "confluent_kafka", "aiokafka", "redis", "httpx", "socket", "threading", "subprocess"}


def imports_of(path: Path) -> set[str]:
    """Top-level packages that a file imports, wherever the statement stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    for path in sorted((ROOT / room).rglob("*.py")):
        wrong = (imports_of(path) & set(ROOMS)) - MAY_IMPORT[room]
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_processors_move_nothing() -> None:
    for path in sorted((ROOT / "processors").rglob("*.py")):
        wrong = imports_of(path) & NOT_IN_PROCESSORS
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_processors_never_ask_for_the_time() -> None:
    asked = ("datetime.now", "time.time(", "utcnow", "date.today")
    for path in sorted((ROOT / "processors").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in asked), path.relative_to(ROOT)


def test_what_runs_needs_no_torch() -> None:
    for room in ("schemas", "processors", "stream", "console"):
        for path in sorted((ROOT / room).rglob("*.py")):
            assert not imports_of(path) & {"torch", "sentence_transformers", "transformers"}, path.relative_to(ROOT)


@pytest.mark.parametrize(
    "module",
    ["stream.commands.cli", "stream.features.alerts.agents", "stream.features.cameras.agents", "console.server"],
)
def test_only_the_bars_wait_for_river(module: str) -> None:
    """It brings scikit-learn and SciPy's statistics: seconds, and tens of megabytes in every process."""
    heavy = ("river", "sklearn", "scipy.stats")
    told = f"import sys, {module}; print(*(name for name in {heavy!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
