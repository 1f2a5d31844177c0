"""Tests of a feature in a package of its own, found by its entry point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stream.runtime.settings import ROOT

PACKAGE = Path(__file__).parent / "third_party"

PROBE = """
import asyncio, json
from datetime import UTC, datetime

from console.registry import console_features
from console.server import build
from fastapi.testclient import TestClient
from processors.alerts.evaluator import RuleEvaluator
from processors.alerts.messages import MessageCatalog
from stream.features import registry
from stream.runtime.settings import Settings
from stream.runtime.testing import TestDriver
from stream.runtime.venue_file import read_venue

settings = Settings(kafka="127.0.0.1:1", redis="redis://127.0.0.1:1/0")
venue = read_venue(settings.venue)
feature = registry.feature_named("noise")
readings, levels = feature.inputs[0], feature.results[0]

async def alert():
    reading = readings.record(place="mill", time=datetime(2026, 7, 4, 22, tzinfo=UTC), decibels=80.0)
    (level,) = (await TestDriver(feature, venue).send(readings, "mill", reading)).of(levels)
    catalog = MessageCatalog.read(registry.message_folders(), [rule.name for rule in registry.rules()])
    (found,) = RuleEvaluator(registry.rules(), venue, catalog).observations(level)
    return found

found = asyncio.run(alert())
app = build(settings, open_demo=True)
client = TestClient(app, base_url="http://127.0.0.1")
page = client.get("/noise", headers={"accept": "text/html", "accept-language": "es"})
print(json.dumps({
    "topics": [topic.name for topic in registry.topics() if topic.name.startswith("noise.")],
    "worker": "noise" in registry.workers(),
    "key": found.key, "text": found.text,
    "console": "noise" in [one.name for one in console_features()],
    "status": page.status_code, "page": "Ruido" in page.text,
}))
"""


@pytest.fixture(scope="module")
def package_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder into which the package is installed with pip."""
    folder = tmp_path_factory.mktemp("site-packages")
    install = [
        sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
        "--disable-pip-version-check", "--target", str(folder), str(PACKAGE),
    ]  # fmt: skip
    subprocess.run(install, check=True, capture_output=True, text=True, timeout=300)
    return folder


def test_third_party_feature_is_in_every_layer(package_folder: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(package_folder)])}
    result = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=250,
        check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-3000:]
    assert json.loads(result.stdout.splitlines()[-1]) == {
        "topics": ["noise.readings", "noise.levels"],
        "worker": True,
        "key": "noise-limit/mill",
        "text": {"es": "mill: 80 dB.", "en": "mill: 80 dB."},
        "console": True,
        "status": 200,
        "page": True,
    }


def test_feature_is_absent_without_its_package() -> None:
    from stream.features import registry

    assert "noise" not in [feature.name for feature in registry.features()]
