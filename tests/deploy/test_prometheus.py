"""Tests of Prometheus' configuration and rules with promtool."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.alerts import Severity
from stream.local.ports import Ports
from stream.local.prometheus import prometheus

FOLDER = Path(__file__).parent
DEPLOY = FOLDER.parent.parent / "deploy" / "prometheus"
RULES = sorted((DEPLOY / "rules").glob("*.yml"))
UNIT_TESTS = sorted((FOLDER / "prometheus").glob("*.test.yml"))

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is missing: `make setup`, or install the package prometheus"
)


def promtool(*arguments: str | Path) -> str:
    """Run promtool and return its output; fail the test on an error."""
    result = subprocess.run(
        ["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def alerting_rules() -> list[dict[str, Any]]:
    """Return all alerting rules of all files."""
    groups = [group for file in RULES for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


@needs_promtool
def test_rules_are_valid() -> None:
    assert len(RULES) == 2
    assert "SUCCESS" in promtool("check", "rules", *RULES)


@needs_promtool
@pytest.mark.parametrize("file", UNIT_TESTS, ids=lambda file: file.name.removesuffix(".test.yml"))
def test_prometheus_rules_pass_their_unit_tests(file: Path) -> None:
    promtool("test", "rules", file)


@needs_promtool
def test_compose_configuration_loads_the_rules() -> None:
    assert f"SUCCESS: {len(RULES)} rule files found" in promtool("check", "config", DEPLOY / "compose.yml")


@needs_promtool
@pytest.mark.skipif(shutil.which("prometheus") is None, reason="Prometheus is missing: `make setup`")
def test_local_configuration_loads_the_rules(tmp_path: Path) -> None:
    prometheus(tmp_path, Ports(tmp_path / "ports.json"), {"vision": 9100})
    out = promtool("check", "config", tmp_path / "prometheus" / "prometheus.yml")
    assert f"SUCCESS: {len(RULES)} rule files found" in out


def test_prometheus_alerts_have_a_firing_unit_test() -> None:
    fired = {
        case["alertname"]
        for file in UNIT_TESTS
        for test in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]
        for case in test.get("alert_rule_test", [])
        if case["exp_alerts"]
    }
    assert fired == {rule["alert"] for rule in alerting_rules()}


@pytest.mark.parametrize("rule", alerting_rules(), ids=lambda rule: str(rule["alert"]))
def test_prometheus_alerts_have_english_and_spanish_texts(rule: dict[str, Any]) -> None:
    assert set(rule["annotations"]) - {"runbook_url"} == {"summary", "description", "summary_es", "description_es"}
    for name in ("summary", "description"):
        assert rule["annotations"][name] != rule["annotations"][f"{name}_es"]
    assert rule["labels"]["severity"] in Severity.__args__  # type: ignore[attr-defined]


RUNBOOKS = FOLDER.parent.parent / "docs" / "runbooks"


@pytest.mark.parametrize("rule", alerting_rules(), ids=lambda rule: str(rule["alert"]))
def test_prometheus_alerts_link_to_a_runbook(rule: dict[str, Any]) -> None:
    page = RUNBOOKS / f"{rule['alert']}.md"
    assert rule["annotations"].get("runbook_url") == f"docs/runbooks/{page.name}"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {rule['alert']}\n")
    for part in ("## What it means", "## What to do first", "## If that does not help"):
        assert part in text
