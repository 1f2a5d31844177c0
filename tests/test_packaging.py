"""Pulso is installed as a checkout or an image: a wheel is refused, an editable installation is not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("refuse_wheel", ROOT / "scripts" / "refuse_wheel.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(hook: ModuleType, version: str) -> None:
    hook.RefuseWheel(str(ROOT), {}, None, None, str(ROOT), "wheel").initialize(version, {})


def test_wheel_is_refused_with_advice(hook: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"checkout \(`make setup`.*container image"):
        build(hook, "standard")


def test_editable_installation_is_built(hook: ModuleType) -> None:
    build(hook, "editable")


def test_decision_that_the_refusal_names_exists(hook: ModuleType) -> None:
    assert (ROOT / hook.REFUSAL_MESSAGE.rpartition("See ")[2].rstrip(".")).is_file()
