"""Imports between layers and between features go in the documented directions only."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("schemas", "processors", "stream", "console", "simulation", "bench", "training", "tests")
ALLOWED_IMPORTS = {
    "schemas": {"schemas"},
    "processors": {"schemas", "processors"},
    "stream": {"schemas", "processors", "stream"},
    "console": {"schemas", "processors", "stream", "console"},
    "simulation": {"schemas", "processors", "stream", "console", "simulation"},
    "training": {"schemas", "processors", "training"},
}
PRODUCTION = ("schemas", "processors", "stream", "console")
# I/O and threads belong in stream/.
FORBIDDEN_IN_PROCESSORS = {
    "faust",
    "confluent_kafka",
    "aiokafka",
    "redis",
    "httpx",
    "socket",
    "threading",
    "subprocess",
}

SHARED_BY_FEATURES = {
    "processors": {"accents", "alerts", "csv_table", "event_time", "festival", "models", "till_tickets", "wilson"},
    "stream/features": {"registry", "models"},
}
"""Modules that every feature may import: letters without accents, alert rules, tables, event time, programme and map,
model files, tickets, intervals of shares, the registry."""
EXTENSION_POINTS = {"processors.cameras.frame_observer"}
"""Modules that features implement: whoever measures something on camera frames imports the observer's interface."""
FEATURE_IMPORTS = {
    "processors": {
        # One pipeline processes a camera's frames: picture → people → density, flow, gates, fights.
        ("attendance", "cameras"),
        ("attendance", "crowd"),
        ("cameras", "attendance"),
        ("cameras", "crowd"),
        ("cameras", "violence"),
        ("crowd", "cameras"),
        ("violence", "cameras"),
        # Mails and posts share the text encoder and the sentiment model.
        ("social", "support"),
        ("support", "social"),
        # Questions of attendees share the encoder, the danger classifier and the masking of personal data with mails.
        ("assistant", "support"),
        # Posts are linked to sets as the social worker reads them.
        ("moments", "social"),
    },
    "stream/features": {("cameras", "crowd"), ("cameras", "violence"), ("social", "support")},
}
"""Imports between features that exist today; a new one needs a reason here."""


def imported_modules(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_packages(path: Path) -> set[str]:
    """Return the top-level packages that a file imports."""
    return {module.split(".")[0] for module in imported_modules(path)}


def feature_imports(folder: str) -> Iterator[tuple[str, str]]:
    """Yield pairs of features, the first of which imports the second."""
    names = {path.stem for path in (ROOT / folder).iterdir() if path.is_dir() or path.suffix == ".py"}
    prefix = folder.replace("/", ".") + "."
    for path in sorted((ROOT / folder).rglob("*.py")):
        importer = path.relative_to(ROOT / folder).parts[0].removesuffix(".py")
        for module in imported_modules(path):
            if any(module.startswith(point) for point in EXTENSION_POINTS):
                continue
            if module.startswith(prefix) and (imported := module.removeprefix(prefix).split(".")[0]) in names:
                yield importer, imported


@pytest.mark.parametrize("package", ALLOWED_IMPORTS)
def test_package_imports_only_layers_below(package: str) -> None:
    for path in sorted((ROOT / package).rglob("*.py")):
        forbidden = (imported_packages(path) & set(PACKAGES)) - ALLOWED_IMPORTS[package]
        assert not forbidden, f"{path.relative_to(ROOT)} imports {forbidden}"


@pytest.mark.parametrize("folder", FEATURE_IMPORTS)
def test_features_import_each_other_only_as_listed(folder: str) -> None:
    shared = SHARED_BY_FEATURES[folder]
    imports = {
        (importer, imported)
        for importer, imported in feature_imports(folder)
        if importer != imported and importer not in shared and imported not in shared
    }
    assert imports <= FEATURE_IMPORTS[folder], "features exchange events; a new import needs a reason in the list"
    assert imports >= FEATURE_IMPORTS[folder], "these no longer exist: remove them from the list"


def test_stream_has_no_modules_beside_its_folders() -> None:
    assert [path.name for path in (ROOT / "stream").glob("*.py")] == ["__init__.py"]


def test_processors_import_no_io() -> None:
    for path in sorted((ROOT / "processors").rglob("*.py")):
        forbidden = imported_packages(path) & FORBIDDEN_IN_PROCESSORS
        assert not forbidden, f"{path.relative_to(ROOT)} imports {forbidden}"


def test_processors_never_read_the_wall_clock() -> None:
    calls = ("datetime.now", "time.time(", "utcnow", "date.today")
    for path in sorted((ROOT / "processors").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not any(call in text for call in calls), path.relative_to(ROOT)


def test_production_packages_never_import_torch() -> None:
    for package in PRODUCTION:
        for path in sorted((ROOT / package).rglob("*.py")):
            forbidden = imported_packages(path) & {"torch", "sentence_transformers", "transformers"}
            assert not forbidden, f"{path.relative_to(ROOT)} imports {forbidden}"


@pytest.mark.parametrize(
    "module",
    ["stream.commands.cli", "stream.features.alerts.agents", "stream.features.cameras.agents", "console.server"],
)
def test_processes_without_bars_do_not_import_river(module: str) -> None:
    """River imports scikit-learn and SciPy's statistics: seconds and tens of megabytes in every process."""
    slow_imports = ("river", "sklearn", "scipy.stats")
    script = f"import sys, {module}; print(*(name for name in {slow_imports!r} if name in sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


def test_command_line_does_not_import_faust_or_network_runtime() -> None:
    """Each command would wait for them; those that need one import it when they run."""
    slow_imports = ("faust", "aiokafka", "cv2", "onnxruntime", "httpx")
    script = f"import sys, stream.commands.cli; print(*(name for name in {slow_imports!r} if name in sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
